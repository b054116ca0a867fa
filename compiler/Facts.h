// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a compilation tells about itself: in, the module between phases; out,
// the fields of CompileReport and the info JSON of the object.
#ifndef LLMC_COMPILER_FACTS_H
#define LLMC_COMPILER_FACTS_H

#include "compiler/Compiler.h"
#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace llmc {

/// The scheme of all weights that no pattern names: "int4".
std::string baseScheme(llvm::ArrayRef<QuantRule> rules);
/// The base scheme, then the rules with a pattern: "int4,lm_head=int8". The
/// base is `own`, where the model brings codes, unless a rule says other.
std::string schemeText(llvm::ArrayRef<QuantRule> rules,
                       llvm::StringRef own = "");
/// The schemes of the codes that a packed module brings: "block4:group=32", or
/// "" where there are none.
std::string ownSchemes(mlir::ModuleOp module);

/// Call after `pack`: the kernel of each operation, and why.
void reportPacked(mlir::ModuleOp module, const Target &target,
                  CompileReport &report);
/// Call after `plan`: everything that the planned module tells, so that a plan
/// read back in tells the same: weights, work of one token, arena, KV, steps.
void reportPlanned(mlir::ModuleOp module, CompileReport &report);
/// Sets report.configJson, and gives the object's info: one JSON object.
std::string infoJson(CompileReport &report);

/// --print-kernels: a line per operation of a graph with the kernel taken and
/// the rows that the target refused.
void printKernels(const CompileReport &report, llvm::raw_ostream &os);

} // namespace llmc

#endif
