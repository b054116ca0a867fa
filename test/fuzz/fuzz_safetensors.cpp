// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a .safetensors file: refused with a message, or every tensor
// lies inside the file and the tensors cover its data.
#include "compiler/import/SafetensorsFile.h"
#include <cstdlib>

using namespace llmc;

static void check(bool holds) {
  if (!holds)
    std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto tensors = parseSafetensors({data, size}, "fuzz");
  if (!tensors) {
    std::string message = llvm::toString(tensors.takeError());
    check(llvm::StringRef(message).starts_with("fuzz: "));
    return 0;
  }
  uint64_t end = tensors->empty() ? size : tensors->front().offset;
  check(end >= 8);
  for (const SafetensorsTensor &tensor : *tensors) {
    check(tensor.offset == end && tensor.bytes <= size - end);
    end += tensor.bytes;
    for (int64_t dimension : tensor.shape)
      check(dimension >= 0);
  }
  check(end == size);
  return 0;
}
