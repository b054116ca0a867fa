// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text sections with wrong bytes: an error at open, or wrong text, but no step
// outside the section (the sanitizers watch) and no endless run.
#include "text_model.h"
#include <random>

using namespace llmc;
using namespace llmc::test;

namespace {

/// Does everything with a section, if it opens; whether it did.
bool useAll(const std::vector<uint8_t> &bytes) {
  // A copy of its own, so that reading past its end is noticed.
  std::vector<uint8_t> copy(bytes);
  TextModel model(copy);
  if (!model.text) {
    EXPECT_EQ(model.status, LLMC_TEXT_DAMAGED);
    EXPECT_STRNE(model.message.text, "");
    return false;
  }
  Ids ids = model.encode("Hello  wörld, it's\n\n 12345 <s>日本 e\u0301", true);
  ids.push_back(0);
  ids.push_back(300);
  model.decode(ids, false);
  model.decode(ids, true);
  Json messages = Json::array({{{"role", "user"}, {"content", " hi "}},
                               {{"role", "assistant"}, {"content", "ho"}}});
  llmc_template_limits limits = {20000, 1 << 16, 1 << 20, 1};
  model.render({{"messages", messages}, {"add_generation_prompt", true}},
               &limits);
  return true;
}

class Damaged : public testing::TestWithParam<const char *> {
protected:
  std::vector<uint8_t> bytes = TextModel(modelFolder(GetParam())).asset.bytes;
};

TEST_P(Damaged, CutShort) {
  EXPECT_TRUE(useAll(bytes));
  for (size_t size = 0; size < bytes.size(); size += size < 300 ? 1 : 97)
    EXPECT_FALSE(useAll({bytes.begin(), bytes.begin() + size})) << size;
}

TEST_P(Damaged, WrongBytes) {
  std::mt19937 random(7);
  // The header and the tables' places one by one, the rest by chance.
  for (size_t at = 0; at < 300; ++at)
    for (uint8_t flip : {0x01, 0x80, 0xFF}) {
      std::vector<uint8_t> wrong = bytes;
      wrong[at] ^= flip;
      useAll(wrong);
    }
  for (int round = 0; round < 800; ++round) {
    std::vector<uint8_t> wrong = bytes;
    for (int i = 0; i <= round % 4; ++i)
      wrong[random() % wrong.size()] = uint8_t(random());
    useAll(wrong);
  }
}

TEST_P(Damaged, WrongWords) {
  // Small and huge numbers where offsets, counts and jumps stand.
  std::mt19937 random(8);
  for (int round = 0; round < 800; ++round) {
    std::vector<uint8_t> wrong = bytes;
    uint32_t value = random() % 3 ? random() % 64 : 0xFFFFFFF0u + random() % 16;
    std::memcpy(&wrong[random() % (wrong.size() / 4) * 4], &value, 4);
    useAll(wrong);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Damaged,
                         testing::Values("llama2-mha", "llama-odd"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Damaged, Misaligned) {
  std::vector<uint8_t> bytes =
      TextModel(modelFolder("llama-odd")).asset.bytes;
  bytes.insert(bytes.begin(), 0);
  llmc_text *text;
  EXPECT_EQ(llmc_text_open(bytes.data() + 1, bytes.size() - 1, &text, nullptr),
            LLMC_TEXT_DAMAGED);
}

} // namespace
