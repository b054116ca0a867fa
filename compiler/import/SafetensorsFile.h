// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The header of one .safetensors file: bytes in, the list of tensors out, or an
// error that names the file, the tensor and what is wrong. Every tensor that is
// returned lies inside the file; no byte of tensor data is read. The format is
// that of https://huggingface.co/docs/safetensors: an 8-byte little-endian
// header length, a JSON object, then the data without overlap and without
// holes.
#ifndef LLMC_IMPORT_SAFETENSORSFILE_H
#define LLMC_IMPORT_SAFETENSORSFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

/// What a header may hold at most; a file beyond it is refused.
struct SafetensorsLimits {
  static constexpr uint64_t headerBytes = 100'000'000;
  static constexpr size_t tensors = 200'000;
  static constexpr size_t rank = 8;
};

struct SafetensorsTensor {
  std::string name;
  std::string dtype;                   ///< as the file spells it: "BF16"
  llvm::SmallVector<int64_t, 2> shape; ///< every dimension 0 or more
  uint64_t offset = 0; ///< of the first byte in the file; any alignment
  uint64_t bytes = 0;
};

/// The tensors of the file whose bytes are `file`, in the order of their data.
/// `name` begins every error message.
llvm::Expected<std::vector<SafetensorsTensor>>
parseSafetensors(llvm::ArrayRef<uint8_t> file, llvm::StringRef name);

/// parseSafetensors() of the file at `path`, mapped for that time only.
llvm::Expected<std::vector<SafetensorsTensor>>
readSafetensors(llvm::StringRef path);

/// `name` for a message: on one line, printable, at most 120 bytes.
std::string printableName(llvm::StringRef name);

/// `shape` for a message: "[16, 24]".
std::string describeShape(llvm::ArrayRef<int64_t> shape);

} // namespace llmc

#endif // LLMC_IMPORT_SAFETENSORSFILE_H
