// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The packed weights of a model: embedded in the program, or a file mapped
// read-only after its id and size are found to be the model's. Nothing is
// copied or parsed. A file that shrinks while mapped ends the process by the
// system's SIGBUS, as with any mapping.
#ifndef LLMC_RUNTIME_WEIGHTS_H
#define LLMC_RUNTIME_WEIGHTS_H

#include "llmc/model_abi.h"
#include "runtime/error.h"

namespace llmc::rt {

struct Weights {
  const uint8_t *data; // llmc_model.weights_bytes
  void *mapping;       // null: embedded
  size_t mapping_bytes;

  /// `path` (a file, or a folder with the model's file name): the only place
  /// where given. Else beside the program, then LLMC_WEIGHTS (file or folder).
  /// LLMC_NO_WEIGHTS names the file and what is wrong with it.
  llmc_status open(const llmc_model &model, const char *path);
  void close();
};

} // namespace llmc::rt

#endif
