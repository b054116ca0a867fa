// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The error of what is well formed but not supported: buildTextAsset turns it
// into a warning, where any other error ends the compilation.
#ifndef LLMC_TEXT_UNSUPPORTED_H
#define LLMC_TEXT_UNSUPPORTED_H

#include "compiler/support/Json.h"

namespace llmc {

class Unsupported : public llvm::ErrorInfo<Unsupported> {
public:
  static char ID;
  explicit Unsupported(std::string text) : text(std::move(text)) {}
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }

private:
  std::string text;
};

inline llvm::Error unsupported(const llvm::Twine &text) {
  return llvm::make_error<Unsupported>(oneLine(text));
}

inline llvm::Error malformed(const llvm::Twine &text) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), oneLine(text));
}

} // namespace llmc

#endif // LLMC_TEXT_UNSUPPORTED_H
