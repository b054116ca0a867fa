// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jinja's literals and the arguments of calls.
#include "compiler/text/TemplateCompiler.h"
#include "compiler/text/Unsupported.h"
#include <cmath>

using namespace llvm;
using namespace llmc::text;

namespace llmc {

Error TemplateCompiler::primary() {
  const Token &token = peek();
  switch (token.kind) {
  case TokenKind::Name: {
    std::string name = next().text;
    if (name == "true" || name == "True")
      emitKind(kConstTrue);
    else if (name == "false" || name == "False")
      emitKind(kConstFalse);
    else if (name == "none" || name == "None")
      emitKind(kConstNone);
    else
      emit(kOpLoad, nameConstant(name));
    return Error::success();
  }
  case TokenKind::String: {
    std::string value;
    while (peek().kind == TokenKind::String)
      value += next().text;
    emitString(value);
    return Error::success();
  }
  case TokenKind::Integer:
  case TokenKind::Float:
    ++at;
    return number(token);
  default:
    break;
  }
  if (accept("("))
    return parenthesized();
  if (accept("["))
    return listLiteral();
  if (accept("{"))
    return mapLiteral();
  return unexpected("a value");
}

Error TemplateCompiler::number(const Token &token) {
  Constant constant = {};
  llvm::StringRef text = token.text;
  if (token.kind == TokenKind::Float) {
    constant.kind = kConstDouble;
    if (text.getAsDouble(constant.real) || !std::isfinite(constant.real))
      return fail("the number " + text + " is out of range");
  } else {
    constant.kind = kConstInt;
    bool bad = text.starts_with_insensitive("0x")
                   ? text.drop_front(2).getAsInteger(16, constant.integer)
                   : text.getAsInteger(10, constant.integer);
    if (bad)
      return fail("'" + text + "' is no integer of 64 bits");
  }
  emit(kOpConstant, addConstant(constant));
  return Error::success();
}

Error TemplateCompiler::parenthesized() {
  if (accept(")")) {
    emit(kOpTuple, 0);
    return Error::success();
  }
  if (Error error = tuple())
    return error;
  return expect(")");
}

Error TemplateCompiler::listLiteral() {
  uint32_t count = 0;
  while (!accept("]")) {
    if (count)
      if (Error error = expect(","))
        return error;
    if (count && accept("]"))
      break;
    if (Error error = expression())
      return error;
    ++count;
  }
  if (count > 0xFFFF)
    return unsupportedHere("so long a list");
  emit(kOpList, count);
  return Error::success();
}

Error TemplateCompiler::mapLiteral() {
  uint32_t count = 0;
  while (!accept("}")) {
    if (count)
      if (Error error = expect(","))
        return error;
    if (count && accept("}"))
      break;
    if (Error error = expression())
      return error;
    if (Error error = expect(":"))
      return error;
    if (Error error = expression())
      return error;
    ++count;
  }
  if (count > 0xFFFF)
    return unsupportedHere("so long a dict");
  emit(kOpMap, count);
  return Error::success();
}

/// (a, b, name=c): the values, then pairs of name and value.
Error TemplateCompiler::arguments(uint16_t &positional, uint32_t &named) {
  if (Error error = expect("("))
    return error;
  bool first = true;
  while (!accept(")")) {
    if (!first)
      if (Error error = expect(","))
        return error;
    if (!first && accept(")"))
      break;
    first = false;
    if (peek().isOperator("*") || peek().isOperator("**"))
      return unsupportedHere("an unpacked argument");
    if (peek().kind == TokenKind::Name && peek(1).isOperator("=")) {
      emitString(next().text);
      ++at;
      ++named;
    } else if (named) {
      return fail("a positional argument after a named one");
    } else {
      ++positional;
    }
    if (positional + named > 1000)
      return unsupportedHere("so long a call");
    if (Error error = expression())
      return error;
  }
  return Error::success();
}

} // namespace llmc
