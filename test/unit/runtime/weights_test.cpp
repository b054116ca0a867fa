// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a weights file is looked for and when it is refused.
#include "fake_model.h"
#include "mapping_flags.h"
#include "runtime/weights.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <stdlib.h>
#include <string.h>

using namespace llmc::rt;

namespace {

class WeightsFile : public testing::Test {
protected:
  FakeModel fake;
  std::string folder, path;
  Weights weights = {};

  void SetUp() override {
    std::string pattern = testing::TempDir() + "/llmc_weights_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    fake.model.weights = nullptr;
    fake.model.weights_file = "fake_model_test.weights";
    memset(fake.model.weights_id, 0xab, LLMC_WEIGHTS_ID_BYTES);
    path = folder + "/" + fake.model.weights_file;
    unsetenv("LLMC_WEIGHTS");
  }
  void TearDown() override {
    weights.close();
    unsetenv("LLMC_WEIGHTS");
    std::filesystem::remove_all(folder);
  }

  void write(const std::string &file, uint8_t id = 0xab, int64_t bytes = 64,
             int64_t stated = 64) {
    llmc_weights_header header = {{'L', 'L', 'M', 'C', 'W', 'G', 'T', '1'},
                                  {}, stated};
    memset(header.id, id, sizeof(header.id));
    std::string content(size_t(LLMC_WEIGHTS_OFFSET + bytes), '\x5a');
    memcpy(content.data(), &header, sizeof(header));
    std::ofstream(file, std::ios::binary) << content;
  }

  void expectRefused(const char *place, const char *words) {
    EXPECT_EQ(weights.open(fake.model, place), LLMC_NO_WEIGHTS);
    EXPECT_EQ(weights.data, nullptr);
    EXPECT_TRUE(strstr(llmc_last_open_error(), words))
        << llmc_last_open_error();
  }
};

TEST_F(WeightsFile, EmbeddedNeedsNoFile) {
  FakeModel embedded;
  EXPECT_EQ(weights.open(embedded.model, nullptr), LLMC_OK);
  EXPECT_EQ(weights.data, embedded.weights.data());
}

TEST_F(WeightsFile, OpensAFileOrItsFolder) {
  write(path);
  for (const std::string &place : {path, folder}) {
    ASSERT_EQ(weights.open(fake.model, place.c_str()), LLMC_OK)
        << llmc_last_open_error();
    EXPECT_EQ(weights.data[0], 0x5a);
    EXPECT_EQ(weights.data[63], 0x5a);
    weights.close();
  }
}

TEST_F(WeightsFile, MappedWithHugePages) {
  if (!hugePagesAreTold())
    GTEST_SKIP() << "no huge pages here, or an emulator hides them";
  const int64_t bytes = 1 << 16;
  write(path, 0xab, bytes, bytes);
  fake.model.weights_bytes = bytes;
  ASSERT_EQ(weights.open(fake.model, path.c_str()), LLMC_OK)
      << llmc_last_open_error();
  EXPECT_TRUE(wantsHugePages(weights.data + bytes / 2));
}

TEST_F(WeightsFile, ByVariable) {
  write(path);
  setenv("LLMC_WEIGHTS", folder.c_str(), 1);
  EXPECT_EQ(weights.open(fake.model, nullptr), LLMC_OK);
  weights.close();
  setenv("LLMC_WEIGHTS", path.c_str(), 1);
  EXPECT_EQ(weights.open(fake.model, nullptr), LLMC_OK);
}

TEST_F(WeightsFile, BesideTheProgramComesFirst) {
  std::string beside =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() /
      fake.model.weights_file;
  write(beside);
  setenv("LLMC_WEIGHTS", "/nowhere", 1);
  EXPECT_EQ(weights.open(fake.model, nullptr), LLMC_OK)
      << llmc_last_open_error();
  std::filesystem::remove(beside);
}

TEST_F(WeightsFile, SaysWhereItLooked) {
  expectRefused(nullptr, "LLMC_WEIGHTS");
  expectRefused(nullptr, fake.model.weights_file);
  expectRefused("/nowhere/x", "'/nowhere/x': No such file");
  expectRefused("/dev/null", "not a regular file");
}

TEST_F(WeightsFile, RefusesAnotherModels) {
  write(path, 0xcd);
  expectRefused(path.c_str(), "belongs to another model");
  expectRefused(path.c_str(), "cdcdcdcd");
}

TEST_F(WeightsFile, RefusesDamage) {
  write(path, 0xab, 63);
  expectRefused(path.c_str(), "63 bytes");
  write(path, 0xab, 65);
  expectRefused(path.c_str(), "65 bytes");
  write(path, 0xab, 64, 63);
  expectRefused(path.c_str(), "damaged");
  std::ofstream(path) << "LLMCWGT1";
  expectRefused(path.c_str(), "not a weights file");
  std::ofstream(path) << std::string(8192, 'x');
  expectRefused(path.c_str(), "not a weights file");
}

TEST_F(WeightsFile, ASessionReadsIt) {
  write(path, 0xab);
  llmc_session_options options = {};
  options.weights_path = path.c_str();
  llmc_session *session;
  ASSERT_EQ(llmc_session_open(&fake.model, &options, &session), LLMC_OK);
  llmc_session_close(session);
  options.weights_path = "/nowhere/x";
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_NO_WEIGHTS);
  EXPECT_EQ(session, nullptr);
}

} // namespace
