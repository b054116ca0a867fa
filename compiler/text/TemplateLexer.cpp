// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/TemplateLexer.h"
#include "compiler/text/Unsupported.h"
#include "runtime/text/unicode.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace llmc {
namespace {

constexpr char kSpaces[] = " \t\n\r\f\v";

class Lexer {
public:
  Lexer(std::string source, llvm::StringRef where)
      : source(std::move(source)), where(where) {}

  Expected<std::vector<Token>> run();

private:
  Error fail(const Twine &what) const {
    return malformed(where + ": line " + Twine(line) + ": " + what);
  }
  llvm::StringRef rest() const {
    return llvm::StringRef(source).drop_front(at);
  }
  void advance(size_t count) {
    line += unsigned(rest().take_front(count).count('\n'));
    at += count;
  }
  void add(TokenKind kind, std::string text = "") {
    tokens.push_back({kind, std::move(text), line});
  }
  void addText(size_t end, char tag);
  void afterTag(bool trimsNewline, size_t endLength);
  Error comment();
  Expected<bool> raw();
  Error tag(bool isBlock);
  Expected<bool> tagEnd(bool isBlock);
  Error tokenInTag();
  Error string();
  void number();

  std::string source;
  llvm::StringRef where;
  size_t at = 0;
  unsigned line = 1;
  bool lineStart = true; ///< nothing of this line has been seen
  std::string open;      ///< brackets open inside the tag
  std::vector<Token> tokens;
};

/// The text up to a tag at `end`, whose second character is `tag`.
void Lexer::addText(size_t end, char tag) {
  llvm::StringRef text = llvm::StringRef(source).slice(at, end);
  char sign = tag && end + 2 < source.size() ? source[end + 2] : 0;
  if (sign == '-') {
    text = text.rtrim(kSpaces);
  } else if (sign != '+' && (tag == '%' || tag == '#')) {
    // lstrip_blocks: white space between a line's start and a tag.
    size_t lastLine = text.rfind('\n');
    size_t begin = lastLine == llvm::StringRef::npos ? 0 : lastLine + 1;
    if ((begin > 0 || lineStart) && text.drop_front(begin).trim(kSpaces).empty())
      text = text.take_front(begin);
  }
  if (!text.empty())
    add(TokenKind::Text, text.str());
  advance(end - at);
}

/// Skips the end of a tag, `endLength` characters with its sign, and the white
/// space after it that the sign or trim_blocks removes.
void Lexer::afterTag(bool trimsNewline, size_t endLength) {
  char sign = source[at];
  size_t begin = at;
  advance(endLength);
  if (sign == '-')
    advance(rest().size() - rest().ltrim(kSpaces).size());
  else if (trimsNewline && sign != '+' && rest().starts_with("\n"))
    advance(1);
  lineStart = at > begin && source[at - 1] == '\n';
}

Error Lexer::comment() {
  size_t end = source.find("#}", at + 2);
  if (end == std::string::npos)
    return fail("the comment is not closed");
  char sign = source[end - 1];
  bool hasSign = end > at + 2 && (sign == '-' || sign == '+');
  advance(end - hasSign - at);
  afterTag(true, 2 + hasSign);
  return Error::success();
}

/// {% raw %}...{% endraw %}: text as it stands. False where another tag stands.
Expected<bool> Lexer::raw() {
  llvm::StringRef tag = rest().drop_front(2);
  tag = tag.drop_front(tag.starts_with("-") || tag.starts_with("+"));
  tag = tag.ltrim(kSpaces);
  if (!tag.consume_front("raw"))
    return false;
  tag = tag.ltrim(kSpaces);
  llvm::StringRef end = tag.drop_front(tag.starts_with("-") || tag.starts_with("+"));
  if (!end.starts_with("%}"))
    return false;
  advance(size_t(tag.data() - rest().data()));
  afterTag(true, tag.starts_with("%") ? 2 : 3);
  for (size_t from = at;;) {
    size_t close = source.find("{%", from);
    if (close == std::string::npos)
      return fail("raw is not closed");
    llvm::StringRef name = llvm::StringRef(source).drop_front(close + 2);
    name = name.drop_front(name.starts_with("-") || name.starts_with("+"));
    name = name.ltrim(kSpaces);
    if (name.consume_front("endraw")) {
      addText(close, '%');
      name = name.ltrim(kSpaces);
      advance(size_t(name.data() - rest().data()));
      bool hasSign = name.starts_with("-") || name.starts_with("+");
      if (!name.drop_front(hasSign).starts_with("%}"))
        return fail("endraw takes nothing");
      afterTag(true, 2 + hasSign);
      return true;
    }
    from = close + 2;
  }
}

/// The end of the tag here, with a sign or without.
Expected<bool> Lexer::tagEnd(bool isBlock) {
  llvm::StringRef text = rest();
  bool hasSign = text.starts_with("-") || (isBlock && text.starts_with("+"));
  if (!text.drop_front(hasSign).starts_with(isBlock ? "%}" : "}}"))
    return false;
  add(isBlock ? TokenKind::BlockEnd : TokenKind::VariableEnd);
  afterTag(isBlock, 2 + hasSign);
  return true;
}

Error Lexer::string() {
  char quote = source[at];
  unsigned begin = line;
  std::string value;
  for (advance(1); at < source.size() && source[at] != quote; advance(1)) {
    if (source[at] != '\\' || at + 1 == source.size()) {
      value += source[at];
      continue;
    }
    advance(1);
    char c = source[at];
    llvm::StringRef names = "ntrabfv0\\'\"", values("\n\t\r\a\b\f\v\0\\'\"", 11);
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    unsigned code;
    if (size_t name = names.find(c); name != llvm::StringRef::npos) {
      value += values[name];
    } else if (llvm::StringRef hex = rest().substr(1, digits);
               digits && hex.size() == digits && all_of(hex, isHexDigit) &&
               !hex.getAsInteger(16, code) && code < 0x110000 &&
               (code < 0xD800 || code > 0xDFFF)) {
      uint8_t bytes[4];
      value.append(reinterpret_cast<char *>(bytes),
                   text::encodeUtf8(code, bytes));
      advance(digits);
    } else if (c != '\n') { // an escaped line break stands for nothing
      value += '\\';
      value += c;
    }
  }
  if (at >= source.size()) {
    line = begin;
    return fail("the string is not closed");
  }
  advance(1);
  add(TokenKind::String, value);
  return Error::success();
}

void Lexer::number() {
  llvm::StringRef text = rest();
  auto isPart = [](char c) { return isAlnum(c) || c == '_'; };
  size_t size = text.find_if_not(isPart);
  size = size == llvm::StringRef::npos ? text.size() : size;
  bool isFloat = false;
  bool afterDot = at > 0 && source[at - 1] == '.';
  if (!afterDot && text.drop_front(size).starts_with(".") &&
      size + 1 < text.size() && isDigit(text[size + 1])) {
    isFloat = true;
    size = text.find_if_not(isPart, size + 1);
    size = size == llvm::StringRef::npos ? text.size() : size;
  }
  llvm::StringRef digits = text.take_front(size);
  bool isHex = digits.starts_with("0x") || digits.starts_with("0X");
  if (!isHex && (digits.ends_with("e") || digits.ends_with("E")) &&
      size + 1 < text.size() && (text[size] == '+' || text[size] == '-')) {
    size = text.find_if_not(isPart, size + 1);
    size = size == llvm::StringRef::npos ? text.size() : size;
  }
  if (!isHex && text.take_front(size).find_first_of("eE") != llvm::StringRef::npos)
    isFloat = true;
  std::string clean;
  for (char c : text.take_front(size))
    if (c != '_')
      clean += c;
  add(isFloat ? TokenKind::Float : TokenKind::Integer, clean);
  advance(size);
}

Error Lexer::tokenInTag() {
  char c = source[at];
  auto isName = [](char c) {
    return isAlnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (c == '"' || c == '\'')
    return string();
  if (isDigit(c)) {
    number();
    return Error::success();
  }
  if (isName(c)) {
    size_t size = rest().find_if_not(isName);
    llvm::StringRef name = rest().take_front(size);
    add(TokenKind::Name, name.str());
    advance(name.size());
    return Error::success();
  }
  for (llvm::StringRef op : {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                             "*", "%", "~", "[", "]", "(", ")", "{", "}", ">",
                             "<", "=", ".", ":", "|", ",", ";"}) {
    if (!rest().starts_with(op))
      continue;
    if (op == "(" || op == "[" || op == "{")
      open += op == "(" ? ')' : op == "[" ? ']' : '}';
    if (op == ")" || op == "]" || op == "}") {
      if (open.empty() || open.back() != op[0])
        return fail("'" + op + "' closes nothing");
      open.pop_back();
    }
    add(TokenKind::Operator, op.str());
    advance(op.size());
    return Error::success();
  }
  return fail(Twine("the character '") + Twine(c) + "' has no meaning here");
}

Error Lexer::tag(bool isBlock) {
  unsigned begin = line;
  add(isBlock ? TokenKind::BlockBegin : TokenKind::VariableBegin);
  advance(2);
  if (rest().starts_with("-") || rest().starts_with("+"))
    advance(1);
  open.clear();
  while (at < source.size()) {
    size_t space = rest().size() - rest().ltrim(kSpaces).size();
    if (space) {
      advance(space);
      continue;
    }
    if (open.empty()) {
      Expected<bool> ended = tagEnd(isBlock);
      if (!ended)
        return ended.takeError();
      if (*ended)
        return Error::success();
    }
    if (Error error = tokenInTag())
      return error;
  }
  line = begin;
  return fail("the tag is not closed");
}

Expected<std::vector<Token>> Lexer::run() {
  while (at < source.size()) {
    size_t next = at;
    do
      next = source.find('{', next);
    while (next != std::string::npos &&
           (next + 1 == source.size() ||
            llvm::StringRef("{%#").find(source[next + 1]) == llvm::StringRef::npos) &&
           ++next);
    if (next == std::string::npos) {
      addText(source.size(), 0);
      break;
    }
    char kind = source[next + 1];
    addText(next, kind);
    if (kind == '#') {
      if (Error error = comment())
        return std::move(error);
      continue;
    }
    Expected<bool> isRaw = kind == '%' ? raw() : Expected<bool>(false);
    if (!isRaw)
      return isRaw.takeError();
    if (*isRaw)
      continue;
    if (Error error = tag(kind == '%'))
      return std::move(error);
  }
  add(TokenKind::End);
  return std::move(tokens);
}

} // namespace

Expected<std::vector<Token>> lexTemplate(llvm::StringRef source,
                                         llvm::StringRef where) {
  if (size_t valid = text::validUtf8(source.bytes_begin(), source.size());
      valid < source.size())
    return malformed(where + ": the template is not UTF-8 (byte " +
                     Twine(valid) + ")");
  std::string plain; // line breaks as \n, and none at the end
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      plain += '\n';
      i += i + 1 < source.size() && source[i + 1] == '\n';
    } else {
      plain += source[i];
    }
  }
  if (!plain.empty() && plain.back() == '\n')
    plain.pop_back();
  return Lexer(std::move(plain), where).run();
}

} // namespace llmc
