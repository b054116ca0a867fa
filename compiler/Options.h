// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a compilation is asked to do: plain structs, filled by tools/ (the only
// place that parses a command line) and by tests. Defaults are the contract's.
#ifndef LLMC_COMPILER_OPTIONS_H
#define LLMC_COMPILER_OPTIONS_H

#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

/// One `--quantize` value: a scheme for the weights whose name matches
/// `pattern` (shell-style; empty: all). Later rules win.
struct QuantRule {
  std::string pattern;
  std::string scheme; // f32 f16 bf16 int8 int4
  int64_t group = 0;  // 0: the scheme's default
  bool asymmetric = false;
};

enum class WeightsMode { Auto, Embed, File }; // Auto: embed up to 1 GiB
enum class KvType { Auto, F32, F16, I8 };     // Auto: f32 with f32, else f16

struct CompileOptions {
  std::string model;     // folder or .onnx
  std::string output;    // X.o; empty with --emit to stdout
  std::string tokenizer; // folder with the text files; empty: the model's
  std::string target = "native";
  std::string machine; // row of Machines.def, empty: none
  std::vector<QuantRule> quantize; // empty: int4, or the model's own codes
  std::string only; // pattern: the other weights are f32; empty: none is
  int64_t context = 0;  // 0: min(model, 4096)
  int64_t rows = 512;   // most rows in one prefill step
  KvType kv = KvType::Auto;
  WeightsMode weights = WeightsMode::Auto;
  std::string name;     // C identifier; empty: from the output's name
  std::string emit;     // phase to stop after, or "asm", "llvm"; empty: all
  std::string from;     // phase whose IR `model` holds; empty: a model
  std::string dumpPhases; // folder, or empty
  std::string report;     // .json or .html, or empty
  bool printPlan = false;
  bool printKernels = false;
  bool progress = false; // progress bar on stderr
  unsigned threads = 0;  // for the weight jobs; 0: all cores
};

} // namespace llmc

#endif
