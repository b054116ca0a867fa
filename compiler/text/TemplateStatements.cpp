// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/TemplateCompiler.h"
#include "compiler/text/Unsupported.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace llvm;
using namespace llmc::text;

namespace llmc {

static constexpr unsigned kMaxNesting = 60;

/// Text, output and statements up to a block tag named in `ends`, whose name is
/// then the next token; up to the end of the template where `ends` is empty.
Error TemplateCompiler::body(Names ends) {
  SaveAndRestore nesting(depth, depth + 1);
  if (depth > kMaxNesting)
    return fail("blocks are nested deeper than " + Twine(kMaxNesting));
  for (;;) {
    Token token = peek();
    if (token.kind == TokenKind::End) {
      if (ends.size() == 0)
        return Error::success();
      return unexpected("{% " + std::prev(ends.end())->str() + " %}");
    }
    ++at;
    if (token.kind == TokenKind::Text) {
      emit(kOpText, nameConstant(token.text));
    } else if (token.kind == TokenKind::VariableBegin) {
      if (Error error = tuple())
        return error;
      emit(kOpEmit);
      if (Error error = expectEnd(TokenKind::VariableEnd))
        return error;
    } else {
      if (peek().kind == TokenKind::Name && is_contained(ends, peek().text))
        return Error::success();
      Expected<std::string> name = expectName("a statement");
      if (!name)
        return name.takeError();
      if (Error error = statement(*name))
        return error;
    }
  }
}

Error TemplateCompiler::statement(const std::string &name) {
  if (name == "if")
    return ifStatement();
  if (name == "for")
    return forStatement();
  if (name == "set")
    return setStatement();
  if (name == "macro")
    return macroStatement();
  if (name == "with")
    return withStatement();
  if (name == "filter")
    return filterStatement();
  if (name == "break" || name == "continue")
    return loopJump(name == "break");
  if (name == "generation") { // marks what was generated, for training
    if (Error error = expectEnd(TokenKind::BlockEnd))
      return error;
    if (Error error = body({"endgeneration"}))
      return error;
    ++at;
    return expectEnd(TokenKind::BlockEnd);
  }
  --at; // errors name the statement's line
  for (llvm::StringRef known :
       {"autoescape", "block", "call", "do", "extends", "from", "import",
        "include", "trans"})
    if (name == known)
      return unsupportedHere("the statement '" + name + "'");
  return fail("there is no statement '" + name + "'");
}

Error TemplateCompiler::ifStatement() {
  std::vector<size_t> ends;
  for (bool more = true; more;) {
    if (Error error = tuple())
      return error;
    if (Error error = expectEnd(TokenKind::BlockEnd))
      return error;
    size_t skip = emitJump(kOpJumpIfFalse);
    if (Error error = body({"elif", "else", "endif"}))
      return error;
    std::string name = next().text;
    more = name == "elif";
    if (name != "endif")
      ends.push_back(emitJump(kOpJump));
    aimHere(skip);
    if (name != "else")
      continue;
    if (Error error = expectEnd(TokenKind::BlockEnd))
      return error;
    if (Error error = body({"endif"}))
      return error;
    ++at;
  }
  for (size_t jump : ends)
    aimHere(jump);
  return expectEnd(TokenKind::BlockEnd);
}

/// Names between commas, in parentheses or not.
Expected<std::vector<std::string>> TemplateCompiler::targets() {
  std::vector<std::string> names;
  bool inParentheses = accept("(");
  do {
    if (!names.empty() && peek().kind != TokenKind::Name)
      break; // a comma at the end
    Expected<std::string> name = expectName("a variable");
    if (!name)
      return name.takeError();
    names.push_back(*name);
  } while (accept(","));
  if (inParentheses)
    if (Error error = expect(")"))
      return std::move(error);
  return names;
}

/// Pops the value on top into the names.
void TemplateCompiler::storeTargets(const std::vector<std::string> &names) {
  if (names.size() > 1)
    emit(kOpUnpack, uint32_t(names.size()));
  for (const std::string &name : names)
    emit(kOpStore, nameConstant(name));
}

/// The list on top becomes those of its items for which the condition holds;
/// an empty list for them lies below it.
Error TemplateCompiler::filterItems(const std::vector<std::string> &names) {
  size_t begin = emitJump(kOpForBegin);
  size_t top = code.size();
  emit(kOpForItem);
  storeTargets(names);
  if (Error error = expression())
    return error;
  size_t skip = emitJump(kOpJumpIfFalse);
  emit(kOpForItem);
  emit(kOpAppend);
  aimHere(skip);
  aim(emitJump(kOpForNext), top);
  aimHere(begin);
  return Error::success();
}

Error TemplateCompiler::forStatement() {
  Expected<std::vector<std::string>> names = targets();
  if (!names)
    return names.takeError();
  if (!acceptName("in"))
    return unexpected("'in'");
  size_t iterable = code.size();
  if (Error error = orExpression())
    return error;
  if (acceptName("if")) {
    code.insert(code.begin() + iterable, Instruction{kOpList, 0, 0});
    if (Error error = filterItems(*names))
      return error;
  }
  if (peek().isName("recursive"))
    return unsupportedHere("a recursive loop");
  if (Error error = expectEnd(TokenKind::BlockEnd))
    return error;
  size_t begin = emitJump(kOpForBegin), top = code.size();
  emit(kOpForItem);
  storeTargets(*names);
  emit(kOpForLoop);
  emit(kOpStore, nameConstant("loop"));
  Loop loop;
  loops.push_back(&loop);
  if (Error error = body({"else", "endfor"}))
    return error;
  loops.pop_back();
  for (size_t jump : loop.continues)
    aimHere(jump);
  aim(emitJump(kOpForNext), top);
  std::vector<size_t> ends;
  if (!loop.breaks.empty()) {
    ends.push_back(emitJump(kOpJump));
    for (size_t jump : loop.breaks)
      aimHere(jump);
    emit(kOpForEnd);
  }
  bool hasElse = next().text == "else";
  if (hasElse)
    ends.push_back(emitJump(kOpJump));
  else if (!ends.empty()) // an empty sequence must not reach ForEnd
    ends.push_back(emitJump(kOpJump));
  aimHere(begin);
  if (hasElse) {
    if (Error error = expectEnd(TokenKind::BlockEnd))
      return error;
    if (Error error = body({"endfor"}))
      return error;
    ++at;
  }
  for (size_t jump : ends)
    aimHere(jump);
  return expectEnd(TokenKind::BlockEnd);
}

Error TemplateCompiler::loopJump(bool isBreak) {
  if (loops.empty())
    return fail(isBreak ? "break outside a loop" : "continue outside a loop");
  (isBreak ? loops.back()->breaks : loops.back()->continues)
      .push_back(emitJump(kOpJump));
  return expectEnd(TokenKind::BlockEnd);
}

/// A block up to the tag `end` as a string, to which the filters that stand
/// here are applied.
Error TemplateCompiler::capture(llvm::StringRef end, bool barFirst) {
  size_t begin = code.size();
  emitKind(kConstUndefined); // a place for the filters' value
  if (!barFirst)
    if (Error error = filter())
      return error;
  if (Error error = filters())
    return error;
  std::vector<Instruction> after(code.begin() + begin + 1, code.end());
  code.resize(begin);
  if (Error error = expectEnd(TokenKind::BlockEnd))
    return error;
  emit(kOpCaptureBegin);
  emit(kOpScopeBegin);
  if (Error error = body({end}))
    return error;
  ++at;
  emit(kOpScopeEnd);
  emit(kOpCaptureEnd);
  code.insert(code.end(), after.begin(), after.end());
  return Error::success();
}

/// {% filter name %}...{% endfilter %}
Error TemplateCompiler::filterStatement() {
  if (Error error = capture("endfilter", /*barFirst=*/false))
    return error;
  emit(kOpEmit);
  return expectEnd(TokenKind::BlockEnd);
}

/// {% with a = 1, b = 2 %}...{% endwith %}: the values are those outside.
Error TemplateCompiler::withStatement() {
  std::vector<std::string> names;
  while (peek().kind == TokenKind::Name) {
    names.push_back(next().text);
    if (Error error = expect("="))
      return error;
    if (Error error = expression())
      return error;
    if (!accept(","))
      break;
  }
  if (Error error = expectEnd(TokenKind::BlockEnd))
    return error;
  emit(kOpScopeBegin);
  for (size_t i = names.size(); i-- > 0;)
    emit(kOpStore, nameConstant(names[i]));
  if (Error error = body({"endwith"}))
    return error;
  ++at;
  emit(kOpScopeEnd);
  return expectEnd(TokenKind::BlockEnd);
}

Error TemplateCompiler::setStatement() {
  if (peek().kind == TokenKind::Name && peek(1).isOperator(".")) {
    std::string object = next().text;
    ++at;
    Expected<std::string> attribute = expectName("an attribute");
    if (!attribute)
      return attribute.takeError();
    if (Error error = expect("="))
      return error;
    emit(kOpLoad, nameConstant(object));
    if (Error error = tuple())
      return error;
    emit(kOpStoreAttr, nameConstant(*attribute));
    return expectEnd(TokenKind::BlockEnd);
  }
  Expected<std::vector<std::string>> names = targets();
  if (!names)
    return names.takeError();
  if (!accept("=")) {
    if (names->size() > 1)
      return unexpected("'='");
    if (Error error = capture("endset", /*barFirst=*/true))
      return error;
    storeTargets(*names);
    return expectEnd(TokenKind::BlockEnd);
  }
  if (Error error = tuple())
    return error;
  storeTargets(*names);
  return expectEnd(TokenKind::BlockEnd);
}

/// (a, b=default...) -> the names, and code that sets defaults.
Error TemplateCompiler::parameters(std::vector<uint32_t> &parameterNames) {
  if (Error error = expect("("))
    return error;
  while (!accept(")")) {
    if (!parameterNames.empty())
      if (Error error = expect(","))
        return error;
    Expected<std::string> name = expectName("a parameter");
    if (!name)
      return name.takeError();
    parameterNames.push_back(nameConstant(*name));
    bool hasDefault = accept("=");
    size_t begin = code.size();
    emit(kOpJumpIfBound, parameterNames.back());
    if (!hasDefault)
      emitKind(kConstUndefined);
    else if (Error error = expression())
      return error;
    emit(kOpStore, parameterNames.back());
    size_t skip = code.size() - begin - 1;
    if (skip > 0xFFFF)
      return unsupportedHere("so long a default");
    code[begin].a = uint16_t(skip);
  }
  return Error::success();
}

Error TemplateCompiler::macroStatement() {
  Expected<std::string> name = expectName("a macro's name");
  if (!name)
    return name.takeError();
  std::vector<Instruction> outer;
  std::swap(outer, code);
  std::vector<Loop *> outerLoops;
  std::swap(outerLoops, loops);
  uint32_t index = uint32_t(section.functions.size());
  section.functions.push_back({0, nameConstant(*name), 0, 0});
  macros.emplace_back();
  std::vector<uint32_t> parameterNames;
  if (Error error = parameters(parameterNames))
    return error;
  if (Error error = expectEnd(TokenKind::BlockEnd))
    return error;
  if (Error error = body({"endmacro"}))
    return error;
  ++at;
  emit(kOpReturn);
  Function &function = section.functions[index];
  function.parameters = uint32_t(parameterNames.size());
  function.firstParameter = uint32_t(section.constants.size());
  for (uint32_t parameter : parameterNames) {
    Constant constant = {};
    constant.kind = kConstInt;
    constant.integer = parameter;
    addConstant(constant);
  }
  macros[index - 1] = std::move(code);
  code = std::move(outer);
  loops = std::move(outerLoops);
  emit(kOpMacro, index);
  emit(kOpStore, nameConstant(*name));
  return expectEnd(TokenKind::BlockEnd);
}

} // namespace llmc
