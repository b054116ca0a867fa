// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens of a chat template -> a program, in one pass: expressions are emitted
// as they are parsed, and a piece of code that Jinja puts before its condition
// is moved behind it, which relative jumps allow.
#ifndef LLMC_TEXT_TEMPLATECOMPILER_H
#define LLMC_TEXT_TEMPLATECOMPILER_H

#include "compiler/text/Section.h"
#include "compiler/text/TemplateLexer.h"
#include <initializer_list>
#include <map>

namespace llmc {

class TemplateCompiler {
public:
  TemplateCompiler(std::vector<Token> tokens, llvm::StringRef where,
                   TextSection &section)
      : tokens(std::move(tokens)), where(where), section(section) {}

  llvm::Error run();

private:
  using Names = std::initializer_list<llvm::StringRef>;
  struct Loop {
    std::vector<size_t> breaks, continues; ///< jumps to be aimed
  };

  // Tokens.
  const Token &peek(size_t ahead = 0) const;
  Token next() { return tokens[at < tokens.size() - 1 ? at++ : at]; }
  bool accept(llvm::StringRef op);
  bool acceptName(llvm::StringRef name);
  llvm::Error expect(llvm::StringRef op);
  llvm::Error expectEnd(TokenKind kind);
  llvm::Expected<std::string> expectName(llvm::StringRef what);
  llvm::Error fail(const llvm::Twine &what) const;
  llvm::Error unsupportedHere(const llvm::Twine &what) const;
  llvm::Error unexpected(llvm::StringRef expected) const;

  // Code.
  void emit(text::Opcode op, uint32_t b = 0, uint16_t a = 0);
  size_t emitJump(text::Opcode op);
  void aim(size_t jump, size_t target);
  void aimHere(size_t jump) { aim(jump, code.size()); }
  uint32_t nameConstant(llvm::StringRef name);
  uint32_t addConstant(const text::Constant &constant);
  void emitString(llvm::StringRef value);
  void emitKind(text::ConstantKind kind);

  // Statements (TemplateStatements.cpp).
  llvm::Error body(Names ends);
  llvm::Error statement(const std::string &name);
  llvm::Error ifStatement();
  llvm::Error forStatement();
  llvm::Error filterItems(const std::vector<std::string> &targets);
  llvm::Error setStatement();
  llvm::Error capture(llvm::StringRef end, bool barFirst);
  llvm::Error filterStatement();
  llvm::Error withStatement();
  llvm::Error macroStatement();
  llvm::Error parameters(std::vector<uint32_t> &names);
  llvm::Error loopJump(bool isBreak);
  llvm::Expected<std::vector<std::string>> targets();
  void storeTargets(const std::vector<std::string> &names);

  // Expressions (TemplateExpressions.cpp).
  llvm::Error tuple(); ///< an expression, or several with commas
  llvm::Error expression();
  llvm::Error orExpression();
  llvm::Error andExpression();
  llvm::Error notExpression();
  llvm::Error comparison();
  llvm::Error binary(unsigned level);
  llvm::Error power();
  llvm::Error unary(bool withFilters);
  llvm::Error postfix();
  llvm::Error subscript();
  llvm::Error filters();
  llvm::Error filter();
  llvm::Error test();

  // Values (TemplateValues.cpp).
  llvm::Error primary();
  llvm::Error number(const Token &token);
  llvm::Error parenthesized();
  llvm::Error listLiteral();
  llvm::Error mapLiteral();
  llvm::Error arguments(uint16_t &positional, uint32_t &named);

  std::vector<Token> tokens;
  llvm::StringRef where;
  TextSection &section;
  size_t at = 0;
  unsigned depth = 0;
  std::vector<text::Instruction> code; ///< of the function being compiled
  std::vector<std::vector<text::Instruction>> macros; ///< done; functions 1...
  std::map<std::string, uint32_t> names;
  std::vector<Loop *> loops;
};

} // namespace llmc

#endif // LLMC_TEXT_TEMPLATECOMPILER_H
