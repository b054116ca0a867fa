// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "llvm/ADT/Twine.h"
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace llmc;

TEST(Phases, ReadmeShowsTheTable) {
  std::ifstream file(LLMC_SOURCE_DIR "/compiler/README.md");
  std::stringstream text;
  text << file.rdbuf();
  size_t position = 0;
  for (const Phase &phase : phases()) {
    std::string row = ("| `" + llvm::Twine(phase.name) + "` | " + phase.summary + " |").str();
    size_t found = text.str().find(row, position);
    EXPECT_NE(found, std::string::npos) << "expected in this order: " << row;
    position = found == std::string::npos ? position : found;
  }
}

TEST(Phases, AreFoundByName) {
  ASSERT_TRUE(findPhase("plan"));
  EXPECT_TRUE(findPhase("plan")->build);
  EXPECT_FALSE(findPhase("object")->build);
  EXPECT_FALSE(findPhase("optimize"));
}
