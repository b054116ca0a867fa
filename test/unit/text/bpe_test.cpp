// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Merges against a plain quadratic version, the shortcuts against the merges,
// and how the work grows.
#include "compiler/text/Tokenizer.h"
#include "runtime/text/bpe.h"
#include "text_model.h"
#include <cmath>
#include <random>

using namespace llmc;
using namespace llmc::test;

namespace {

/// Joins the pair of lowest rank, the leftmost of several, until none is left.
Ids mergePlainly(const text::Asset &asset, Ids ids) {
  for (;;) {
    size_t best = ids.size();
    const text::MergeSlot *merge = nullptr;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const text::MergeSlot *found =
          asset.findMerge(uint32_t(ids[i]), uint32_t(ids[i + 1]));
      if (found && (!merge || found->rank < merge->rank))
        merge = found, best = i;
    }
    if (!merge)
      return ids;
    ids[best] = int32_t(merge->result);
    ids.erase(ids.begin() + ptrdiff_t(best) + 1);
  }
}

Ids byMerges(const text::Asset &asset, const std::string &string,
             uint64_t *steps = nullptr) {
  text::Array<int32_t> out;
  text::Bpe bpe(asset, out);
  bpe.encodeByMerges(reinterpret_cast<const uint8_t *>(string.data()),
                     string.size());
  if (steps)
    *steps = bpe.steps();
  return Ids(out.begin(), out.end());
}

Ids shortcut(const text::Asset &asset, const std::string &string) {
  text::Array<int32_t> out;
  text::Bpe bpe(asset, out);
  bpe.encode(reinterpret_cast<const uint8_t *>(string.data()), string.size());
  return Ids(out.begin(), out.end());
}

TEST(Bpe, MergesLikeThePlainVersion) {
  TextModel model(modelFolder("llama-odd"));
  const text::Asset &asset = model.text->asset;
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string string;
    Ids ids;
    for (int length = random() % 40; length; --length) {
      string += "etaoin he"[random() % 9];
      ids.push_back(int32_t(asset.byteTokens[uint8_t(string.back())]));
    }
    EXPECT_EQ(byMerges(asset, string), mergePlainly(asset, ids)) << string;
  }
}

TEST(Bpe, ShortcutsChangeNothing) {
  std::mt19937 random(4);
  const char *const parts[] = {"▁", "▁▁", "the", "▁the", "e", "é", "日", "\n",
                               " ", "x", "▁a", "ing", "😀", "ed"};
  for (const char *name : {"llama2-mha", "gemma-2b-like", "llama-odd"}) {
    TextModel model(modelFolder(name));
    const text::Asset &asset = model.text->asset;
    for (int round = 0; round < 2000; ++round) {
      std::string string;
      for (int length = random() % 12; length; --length)
        string += parts[random() % 14];
      EXPECT_EQ(shortcut(asset, string), byMerges(asset, string))
          << name << ": " << string;
    }
  }
  // The cut is what the SentencePiece models rely on for speed.
  EXPECT_TRUE(TextModel(modelFolder("llama2-mha")).text->asset.has(text::kCutAtMarker));
}

TEST(Bpe, WorkGrowsAsNLogN) {
  // One word without a place to cut, so that all of it goes on one heap.
  TextModel model(modelFolder("llama-odd"));
  std::mt19937 random(5);
  std::string string;
  double worst = 0, first = 0;
  for (size_t size = 1 << 10; size <= 1 << 18; size *= 4) {
    while (string.size() < size)
      string += "etaoinshrdl"[random() % 11];
    uint64_t steps;
    byMerges(model.text->asset, string, &steps);
    double perItem = double(steps) / (double(size) * std::log2(double(size)));
    first = first ? first : perItem;
    worst = std::max(worst, perItem);
  }
  EXPECT_LT(worst, 2 * first);
}

TEST(Bpe, LongRunsOfOneCharacter) {
  TextModel model(modelFolder("llama2-mha"));
  for (const char *unit : {" ", "a", "\n", "▁"}) {
    std::string string;
    while (string.size() < 200000)
      string += unit;
    EXPECT_EQ(model.decode(model.encode(string, false), false).size(),
              unit == std::string("▁") ? string.size() / 3 : string.size());
  }
}

} // namespace
