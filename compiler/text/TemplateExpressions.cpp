// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jinja's operators, from the loosest to the tightest; filters and tests.
#include "compiler/text/TemplateCompiler.h"
#include "compiler/text/Unsupported.h"
#include "llvm/Support/SaveAndRestore.h"
#include <algorithm>

using namespace llvm;
using namespace llmc::text;

namespace llmc {

static constexpr unsigned kMaxDepth = 100;

Error TemplateCompiler::tuple() {
  if (Error error = expression())
    return error;
  if (!peek().isOperator(","))
    return Error::success();
  uint32_t count = 1;
  while (accept(",")) {
    TokenKind kind = peek().kind;
    if (kind == TokenKind::VariableEnd || kind == TokenKind::BlockEnd ||
        peek().isOperator(")"))
      break;
    if (Error error = expression())
      return error;
    ++count;
  }
  emit(kOpTuple, count);
  return Error::success();
}

/// a if condition else b
Error TemplateCompiler::expression() {
  SaveAndRestore nesting(depth, depth + 1);
  if (depth > kMaxDepth)
    return fail("expressions are nested deeper than " + Twine(kMaxDepth));
  size_t begin = code.size();
  if (Error error = orExpression())
    return error;
  while (acceptName("if")) {
    std::vector<Instruction> whenTrue(code.begin() + begin, code.end());
    code.resize(begin);
    if (Error error = orExpression())
      return error;
    size_t skip = emitJump(kOpJumpIfFalse);
    code.insert(code.end(), whenTrue.begin(), whenTrue.end());
    size_t end = emitJump(kOpJump);
    aimHere(skip);
    if (!acceptName("else"))
      emitKind(kConstUndefined);
    else if (Error error = expression())
      return error;
    aimHere(end);
  }
  return Error::success();
}

Error TemplateCompiler::orExpression() {
  if (Error error = andExpression())
    return error;
  std::vector<size_t> jumps;
  while (acceptName("or")) {
    jumps.push_back(emitJump(kOpOrJump));
    if (Error error = andExpression())
      return error;
  }
  for (size_t jump : jumps)
    aimHere(jump);
  return Error::success();
}

Error TemplateCompiler::andExpression() {
  if (Error error = notExpression())
    return error;
  std::vector<size_t> jumps;
  while (acceptName("and")) {
    jumps.push_back(emitJump(kOpAndJump));
    if (Error error = notExpression())
      return error;
  }
  for (size_t jump : jumps)
    aimHere(jump);
  return Error::success();
}

Error TemplateCompiler::notExpression() {
  unsigned count = 0;
  while (acceptName("not"))
    ++count;
  if (Error error = comparison())
    return error;
  for (; count; --count)
    emit(kOpNot);
  return Error::success();
}

Error TemplateCompiler::comparison() {
  if (Error error = binary(0))
    return error;
  struct Row {
    const char *sign;
    Operator op;
  };
  static const Row rows[] = {{"==", kEqual},        {"!=", kNotEqual},
                             {"<=", kLessEqual},    {"<", kLess},
                             {">=", kGreaterEqual}, {">", kGreater}};
  for (unsigned count = 0;; ++count) {
    int op = -1;
    for (const Row &row : rows)
      if (op < 0 && accept(row.sign))
        op = row.op;
    if (op < 0 && acceptName("in"))
      op = kIn;
    if (op < 0 && peek().isName("not") && peek(1).isName("in")) {
      at += 2;
      op = kNotIn;
    }
    if (op < 0)
      return Error::success();
    if (count)
      return unsupportedHere("a chain of comparisons");
    if (Error error = binary(0))
      return error;
    emit(kOpBinary, 0, uint16_t(op));
  }
}

/// Level 0: + and -; 1: ~; 2: * / // %.
Error TemplateCompiler::binary(unsigned level) {
  struct Row {
    const char *sign;
    unsigned level;
    Operator op;
  };
  static const Row rows[] = {
      {"+", 0, kAdd},      {"-", 0, kSubtract}, {"~", 1, kConcat},
      {"*", 2, kMultiply}, {"/", 2, kDivide},   {"//", 2, kFloorDivide},
      {"%", 2, kModulo}};
  auto operand = [&] { return level == 2 ? power() : binary(level + 1); };
  if (Error error = operand())
    return error;
  for (;;) {
    const Row *found = nullptr;
    for (const Row &row : rows)
      if (row.level == level && accept(row.sign)) {
        found = &row;
        break;
      }
    if (!found)
      return Error::success();
    if (Error error = operand())
      return error;
    emit(kOpBinary, 0, found->op);
  }
}

Error TemplateCompiler::power() {
  if (Error error = unary(true))
    return error;
  while (accept("**")) {
    if (Error error = unary(true))
      return error;
    emit(kOpBinary, 0, kPower);
  }
  return Error::success();
}

Error TemplateCompiler::unary(bool withFilters) {
  SaveAndRestore nesting(depth, depth + 1);
  if (depth > kMaxDepth)
    return fail("expressions are nested deeper than " + Twine(kMaxDepth));
  bool minus = accept("-");
  if (minus || accept("+")) {
    if (Error error = unary(false))
      return error;
    emit(minus ? kOpNegate : kOpPlus);
  } else if (Error error = primary()) {
    return error;
  }
  if (Error error = postfix())
    return error;
  return withFilters ? filters() : Error::success();
}

/// .name, .0, [index], [slice] and calls
Error TemplateCompiler::postfix() {
  for (;;) {
    if (accept(".")) {
      if (peek().kind == TokenKind::Integer) {
        if (Error error = number(next()))
          return error;
        emit(kOpItem);
        continue;
      }
      Expected<std::string> name = expectName("an attribute");
      if (!name)
        return name.takeError();
      emit(kOpAttr, nameConstant(*name));
    } else if (accept("[")) {
      if (Error error = subscript())
        return error;
    } else if (peek().isOperator("(")) {
      uint16_t positional = 0;
      uint32_t named = 0;
      if (Error error = arguments(positional, named))
        return error;
      emit(kOpCall, named, positional);
    } else {
      return Error::success();
    }
  }
}

Error TemplateCompiler::subscript() {
  unsigned colons = 0;
  for (;;) {
    if (peek().isOperator(":") || peek().isOperator("]"))
      emitKind(kConstNone); // a part of a slice that is left out
    else if (Error error = tuple())
      return error;
    if (colons < 2 && accept(":"))
      ++colons;
    else
      break;
  }
  if (colons == 1)
    emitKind(kConstNone);
  emit(colons ? kOpSlice : kOpItem);
  return expect("]");
}

/// | filters, tests with `is`, and calls of what they give
Error TemplateCompiler::filters() {
  for (;;) {
    if (accept("|")) {
      if (Error error = filter())
        return error;
    } else if (acceptName("is")) {
      if (Error error = test())
        return error;
    } else if (peek().isOperator("(")) {
      if (Error error = postfix())
        return error;
    } else {
      return Error::success();
    }
  }
}

/// The row of `name`, or `count`.
static uint32_t findRow(const char *const *names, uint32_t count,
                        llvm::StringRef name) {
  return uint32_t(std::find(names, names + count, name) - names);
}

Error TemplateCompiler::filter() {
  Expected<std::string> name = expectName("a filter");
  if (!name)
    return name.takeError();
  uint32_t row = findRow(kFilterNames, kFilterCount, *name);
  if (row == kFilterCount)
    return unsupportedHere("the filter '" + *name + "'");
  uint16_t positional = 0;
  uint32_t named = 0;
  if (peek().isOperator("("))
    if (Error error = arguments(positional, named))
      return error;
  emit(kOpFilter, named << 16 | row, positional);
  return Error::success();
}

Error TemplateCompiler::test() {
  bool negated = acceptName("not");
  Expected<std::string> name = expectName("a test");
  if (!name)
    return name.takeError();
  uint32_t row = findRow(kTestNames, kTestCount, *name);
  if (row == kTestCount)
    return unsupportedHere("the test '" + *name + "'");
  uint16_t positional = 0;
  uint32_t named = 0;
  const Token &token = peek();
  bool argumentFollows =
      token.kind == TokenKind::String || token.kind == TokenKind::Integer ||
      token.kind == TokenKind::Float || token.isOperator("[") ||
      token.isOperator("{") ||
      (token.kind == TokenKind::Name && !token.isName("else") &&
       !token.isName("or") && !token.isName("and") && !token.isName("is") &&
       !token.isName("if") && !token.isName("not") && !token.isName("in"));
  if (token.isOperator("(")) {
    if (Error error = arguments(positional, named))
      return error;
  } else if (argumentFollows) { // x is equalto 3
    if (Error error = primary())
      return error;
    if (Error error = postfix())
      return error;
    positional = 1;
  }
  emit(kOpTest, named << 16 | row, positional);
  if (negated)
    emit(kOpNot);
  return Error::success();
}

} // namespace llmc
