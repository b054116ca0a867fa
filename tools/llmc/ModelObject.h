// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the model descriptor (llmc_model of model_abi.h) out of a compiled
// object or a linked static program of any architecture, without running it.
// In: an ELF file. Out: the facts that `inspect` and `link` need.
#ifndef LLMC_TOOLS_LLMC_MODELOBJECT_H
#define LLMC_TOOLS_LLMC_MODELOBJECT_H

#include "llmc/model_abi.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llmc {

struct ModelObject {
  struct Variant {
    std::string target;
    uint64_t isa = 0; // bit set of kernels/isa_features.def
    int32_t sveBits = 0;
  };
  std::string arch;   // "aarch64" or "x86_64"
  bool isObject = false; // X.o, not a program
  std::string symbol; // of the descriptor
  std::string name, scheme, weightsFile, infoJson;
  llmc_config config = {};
  std::vector<Variant> variants;
  int64_t arenaBytes = 0, privateBytes = 0, kvBytesPerSequence = 0;
  int64_t weightsBytes = 0, textBytes = 0;
  bool weightsEmbedded = false;
  std::string weightsId;   // hexadecimal
  std::string weightsHash; // of the embedded weights, where asked for
};

/// Reads the first model of an ELF file; an error where there is none, where
/// there are several, or where its ABI version is another. `hash` reads the
/// embedded weights too.
llvm::Expected<ModelObject> readModelObject(llvm::StringRef file,
                                            bool hash = false);

/// Reads all weights, embedded or beside `file`, and compares their hash with
/// the id in the descriptor.
llvm::Error verifyWeights(llvm::StringRef file);

/// Names of the ISA features in a bit set, separated by spaces.
std::string isaFeatureNames(uint64_t isa);

} // namespace llmc

#endif
