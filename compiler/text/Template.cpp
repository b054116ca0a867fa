// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Template.h"
#include "compiler/text/TemplateCompiler.h"
#include "compiler/text/Unsupported.h"
#include "runtime/text/asset.h"

using namespace llvm;
using namespace llmc::text;

namespace llmc {

const Token &TemplateCompiler::peek(size_t ahead) const {
  return tokens[std::min(at + ahead, tokens.size() - 1)];
}

bool TemplateCompiler::accept(llvm::StringRef op) {
  bool found = peek().isOperator(op);
  at += found;
  return found;
}

bool TemplateCompiler::acceptName(llvm::StringRef name) {
  bool found = peek().isName(name);
  at += found;
  return found;
}

Error TemplateCompiler::fail(const Twine &what) const {
  return malformed(where + ": line " + Twine(peek().line) + ": " + what);
}

Error TemplateCompiler::unsupportedHere(const Twine &what) const {
  return unsupported(where + ": line " + Twine(peek().line) + ": " + what +
                     " is not supported");
}

Error TemplateCompiler::unexpected(llvm::StringRef expected) const {
  const Token &token = peek();
  std::string found;
  switch (token.kind) {
  case TokenKind::End:
    found = "the end of the template";
    break;
  case TokenKind::VariableEnd:
  case TokenKind::BlockEnd:
    found = "the end of the tag";
    break;
  case TokenKind::Text:
  case TokenKind::VariableBegin:
  case TokenKind::BlockBegin:
    found = "text";
    break;
  default:
    found = "'" + token.text.substr(0, 40) + "'";
  }
  return fail(found + " where " + expected + " is expected");
}

Error TemplateCompiler::expect(llvm::StringRef op) {
  if (accept(op))
    return Error::success();
  return unexpected("'" + op.str() + "'");
}

Error TemplateCompiler::expectEnd(TokenKind kind) {
  if (peek().kind != kind)
    return unexpected("the end of the tag");
  ++at;
  return Error::success();
}

Expected<std::string> TemplateCompiler::expectName(llvm::StringRef what) {
  if (peek().kind != TokenKind::Name)
    return unexpected(what);
  return next().text;
}

void TemplateCompiler::emit(Opcode op, uint32_t b, uint16_t a) {
  code.push_back({op, a, b});
}

size_t TemplateCompiler::emitJump(Opcode op) {
  emit(op);
  return code.size() - 1;
}

void TemplateCompiler::aim(size_t jump, size_t target) {
  code[jump].b = uint32_t(int32_t(int64_t(target) - int64_t(jump)));
}

uint32_t TemplateCompiler::addConstant(const Constant &constant) {
  section.constants.push_back(constant);
  return uint32_t(section.constants.size() - 1);
}

uint32_t TemplateCompiler::nameConstant(llvm::StringRef name) {
  auto [at, isNew] = names.try_emplace(name.str());
  if (isNew) {
    Constant constant = {};
    constant.kind = kConstString;
    constant.string = section.addString(name);
    at->second = addConstant(constant);
  }
  return at->second;
}

void TemplateCompiler::emitString(llvm::StringRef value) {
  emit(kOpConstant, nameConstant(value));
}

void TemplateCompiler::emitKind(ConstantKind kind) {
  Constant constant = {};
  constant.kind = kind;
  emit(kOpConstant, addConstant(constant));
}

Error TemplateCompiler::run() {
  section.functions.push_back({0, nameConstant("template"), 0, 0});
  if (Error error = body({}))
    return error;
  emit(kOpReturn);
  section.code = std::move(code);
  for (size_t i = 0; i < macros.size(); ++i) {
    section.functions[i + 1].entry = uint32_t(section.code.size());
    section.code.insert(section.code.end(), macros[i].begin(), macros[i].end());
  }
  section.model.flags |= kHasTemplate;
  return Error::success();
}

Error compileTemplate(llvm::StringRef source, llvm::StringRef where,
                      TextSection &section) {
  Expected<std::vector<Token>> tokens = lexTemplate(source, where);
  if (!tokens)
    return tokens.takeError();
  TextSection built = section;
  TemplateCompiler compiler(std::move(*tokens), where, built);
  if (Error error = compiler.run())
    return error;
  section = std::move(built);
  return Error::success();
}

} // namespace llmc
