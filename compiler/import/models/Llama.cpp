// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Llama 1 to 3.x and what is trained in its form: the defaults of Family.
#include "compiler/import/models/Families.h"

namespace llmc {

static constexpr Family llama() {
  Family family;
  family.modelType = "llama";
  return family;
}

constexpr Family kLlama = llama();

} // namespace llmc
