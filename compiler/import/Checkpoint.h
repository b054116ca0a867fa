// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tensors of a Hugging Face folder: model.safetensors, or the shards that
// model.safetensors.index.json names. A folder in, a table from tensor name to
// file and position out, or an error that names file and tensor. Shards outside
// the folder are refused before they are opened.
#ifndef LLMC_IMPORT_CHECKPOINT_H
#define LLMC_IMPORT_CHECKPOINT_H

#include "compiler/import/SafetensorsFile.h"
#include <map>
#include <string>

namespace llmc {

struct CheckpointTensor {
  std::string file; ///< relative to the folder
  SafetensorsTensor tensor;
};

struct Checkpoint {
  std::string folder;
  std::string source; ///< path of what lists the tensors: the file or the index
  std::map<std::string, CheckpointTensor, std::less<>> tensors;

  /// The tensor called `name`, or null.
  const CheckpointTensor *find(llvm::StringRef name) const;
};

llvm::Expected<Checkpoint> openCheckpoint(llvm::StringRef folder);

} // namespace llmc

#endif // LLMC_IMPORT_CHECKPOINT_H
