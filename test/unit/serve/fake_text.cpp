// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/TextAsset.h"

namespace llmc::serve {

std::vector<uint8_t> fakeText() {
  return llvm::cantFail(buildTextAsset(LLMC_SOURCE_DIR "/test/unit/serve/text"))
      .bytes;
}

} // namespace llmc::serve
