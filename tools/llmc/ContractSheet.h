// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contract sheet of `llmc compile`: what was compiled, in; text for the
// terminal, JSON or HTML for --report, out. Predicted figures are labelled
// modelled in each of them.
#ifndef LLMC_TOOLS_LLMC_CONTRACTSHEET_H
#define LLMC_TOOLS_LLMC_CONTRACTSHEET_H

#include "SpeedModel.h"
#include "llvm/Support/raw_ostream.h"

namespace llmc {

struct ContractSheet {
  CompileReport report;
  std::optional<Machine> machine;
  std::optional<Prediction> prediction;
  std::string unpredicted; // why there is none
};

/// "12.3 MiB".
std::string bytesText(int64_t bytes);

void printSheet(const ContractSheet &sheet, llvm::raw_ostream &out);
/// Writes FILE.json or FILE.html, by temporary and rename.
llvm::Error writeReport(const ContractSheet &sheet, const std::string &file);

} // namespace llmc

#endif
