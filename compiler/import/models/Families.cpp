// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/models/Families.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace llmc {

static constexpr const Family *kFamilies[] = {&kLlama, &kGemma};

ArrayRef<const Family *> families() { return kFamilies; }

const Family *findFamily(StringRef modelType) {
  const auto *found = find_if(kFamilies, [&](const Family *family) {
    return family->modelType == modelType;
  });
  return found == std::end(kFamilies) ? nullptr : *found;
}

bool isIgnoredTensor(StringRef name) {
  // A buffer that old exports saved; it follows from config.json.
  return name.ends_with(".rotary_emb.inv_freq");
}

} // namespace llmc
