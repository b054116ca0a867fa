// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Jinja template as tokens: text between tags (white space already cut as
// trim_blocks, lstrip_blocks and the - and + signs say), and what stands in
// tags.
#ifndef LLMC_TEXT_TEMPLATELEXER_H
#define LLMC_TEXT_TEMPLATELEXER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llmc {

enum class TokenKind {
  Text,
  VariableBegin,
  VariableEnd,
  BlockBegin,
  BlockEnd,
  Name,
  String, ///< `text` is its value
  Integer,
  Float,
  Operator,
  End
};

struct Token {
  TokenKind kind;
  std::string text;
  unsigned line;

  bool isOperator(llvm::StringRef op) const {
    return kind == TokenKind::Operator && text == op;
  }
  bool isName(llvm::StringRef name) const {
    return kind == TokenKind::Name && text == name;
  }
};

/// The last token is End. Errors begin with `where` and the line.
llvm::Expected<std::vector<Token>> lexTemplate(llvm::StringRef source,
                                               llvm::StringRef where);

} // namespace llmc

#endif // LLMC_TEXT_TEMPLATELEXER_H
