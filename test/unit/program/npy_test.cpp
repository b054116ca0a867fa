// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/program/npy.h"
#include "tools/program/model_session.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <string.h>

using namespace llmc::program;
namespace fs = std::filesystem;

namespace {

class Npy : public testing::Test {
protected:
  fs::path folder;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "/llmc_npy_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { fs::remove_all(folder); }
  int64_t files() {
    return std::distance(fs::directory_iterator(folder), {});
  }
};

TEST_F(Npy, WritesHeaderAndRows) {
  std::string path = folder / "a.npy";
  const float values[6] = {1, 2, 3, 4, 5, 6};
  {
    NpyWriter writer(path, 3, 2);
    writer.write(values, 1);
    writer.write(values + 2, 2);
    EXPECT_FALSE(fs::exists(path)) << "visible before it is complete";
    writer.finish();
  }
  EXPECT_EQ(files(), 1);
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  size_t header = size_t(uint8_t(text[8])) + 256 * size_t(uint8_t(text[9]));
  EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_EQ(text[10 + header - 1], '\n');
  EXPECT_NE(text.find("'descr': '<f4', 'fortran_order': False, 'shape': (3, "
                      "2)"), std::string::npos);
  ASSERT_EQ(text.size(), 10 + header + sizeof(values));
  EXPECT_EQ(memcmp(text.data() + 10 + header, values, sizeof(values)), 0);
}

TEST_F(Npy, LeavesNothingWhenUnfinished) {
  const float value = 1;
  {
    NpyWriter writer(folder / "a.npy", 2, 1);
    writer.write(&value, 1);
  }
  EXPECT_EQ(files(), 0);
}

TEST_F(Npy, NamesTheFile) {
  try {
    NpyWriter writer(folder / "none" / "a.npy", 1, 1);
    FAIL();
  } catch (const Failure &failure) {
    EXPECT_NE(std::string(failure.what()).find("none/a.npy"),
              std::string::npos);
  }
}

TEST_F(Npy, FailsOnAFullDisk) {
  if (!fs::exists("/dev/full"))
    GTEST_SKIP();
  std::string path = folder / "a.npy";
  fs::create_symlink("/dev/full", path + ".tmp" + std::to_string(getpid()));
  std::vector<float> values(100000);
  EXPECT_THROW(
      {
        NpyWriter writer(path, 1, 100000);
        writer.write(values.data(), 1);
        writer.finish();
      },
      Failure);
  EXPECT_EQ(files(), 0);
}

} // namespace
