// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizers, pre-tokenizers and added tokens one by one. Each tokenizer here
// knows the expected pieces whole and otherwise only single characters, so that
// its tokens are the pieces.
#include "text_model.h"

using namespace llmc;
using namespace llmc::test;

namespace {

using Pieces = std::vector<std::string>;

struct Pipeline {
  Json normalizer = nullptr, preTokenizer = nullptr;
  Json added = Json::array();
};

Json addedToken(int id, const char *content, const char *flag = "special") {
  Json token = {{"id", id},          {"content", content}, {"special", true},
                {"lstrip", false},   {"rstrip", false},    {"normalized", false},
                {"single_word", false}};
  token[flag] = true;
  return token;
}

/// The pieces that `string` is cut into; all of `expected` are in the
/// vocabulary, and ASCII.
Pieces piecesOf(const std::string &string, const Pieces &expected,
                const Pipeline &setup) {
  Json vocab;
  for (const Json &token : setup.added)
    vocab[token["content"].get<std::string>()] = token["id"];
  auto add = [&](const std::string &piece) {
    if (!vocab.contains(piece))
      vocab[piece] = vocab.size();
  };
  for (const std::string &piece : expected)
    add(piece);
  for (char c = 33; c < 127; ++c)
    add(std::string(1, c));
  for (const char *c : {"▁", " ", "Ġ", "é", "e\u0301"})
    add(c);
  Json json = {{"added_tokens", setup.added},
               {"normalizer", setup.normalizer},
               {"pre_tokenizer", setup.preTokenizer},
               {"decoder", {{"type", "Fuse"}}},
               {"model",
                {{"type", "BPE"},
                 {"vocab", vocab},
                 {"merges", Json::array()},
                 {"ignore_merges", true}}}};
  Folder folder;
  folder.put("tokenizer.json", json.dump());
  TextModel model{std::string(folder.path)};
  EXPECT_TRUE(model.asset.hasTokenizer)
      << testing::PrintToString(model.asset.warnings);
  Pieces pieces;
  for (int32_t id : model.encode(string, false))
    pieces.push_back(model.decode({id}, false));
  return pieces;
}

#define EXPECT_PIECES(string, setup, ...)                                      \
  EXPECT_EQ(piecesOf(string, Pieces{__VA_ARGS__}, setup), (Pieces{__VA_ARGS__}))

Pipeline metaspace(const char *scheme, bool split) {
  Pipeline setup;
  setup.preTokenizer = {{"type", "Metaspace"},
                        {"replacement", "▁"},
                        {"prepend_scheme", scheme},
                        {"split", split}};
  return setup;
}

TEST(Stages, Metaspace) {
  EXPECT_PIECES("Hey friend!", metaspace("always", true), "▁Hey", "▁friend!");
  EXPECT_PIECES("Hey   friend!", metaspace("always", true), "▁Hey", "▁", "▁",
                "▁friend!");
  EXPECT_PIECES(" Hey", metaspace("always", true), "▁Hey");
  EXPECT_PIECES("Hey friend", metaspace("never", true), "Hey", "▁friend");
  EXPECT_PIECES("Hey friend", metaspace("always", false), "▁Hey▁friend");
  // "first" is the text's first character, not the first after a token.
  Pipeline first = metaspace("first", true);
  first.added = Json::array({addedToken(0, "<s>")});
  EXPECT_PIECES("Hey <s>how", first, "▁Hey", "▁", "<s>", "how");
  EXPECT_PIECES("<s>how are", first, "<s>", "how", "▁are");
  Pipeline always = metaspace("always", true);
  always.added = first.added;
  EXPECT_PIECES("<s>how are", always, "<s>", "▁how", "▁are");
}

TEST(Stages, Digits) {
  Pipeline setup;
  setup.preTokenizer = {{"type", "Digits"}, {"individual_digits", true}};
  EXPECT_PIECES("ab12c", setup, "ab", "1", "2", "c");
  setup.preTokenizer["individual_digits"] = false;
  EXPECT_PIECES("ab12c", setup, "ab", "12", "c");
}

TEST(Stages, SplitBehaviors) {
  Pipeline setup;
  setup.preTokenizer = {{"type", "Split"},
                        {"pattern", {{"String", "-"}}},
                        {"behavior", "Removed"},
                        {"invert", false}};
  EXPECT_PIECES("the-final--countdown", setup, "the", "final", "countdown");
  setup.preTokenizer["behavior"] = "Isolated";
  EXPECT_PIECES("the-final--countdown", setup, "the", "-", "final", "-", "-",
                "countdown");
  setup.preTokenizer["behavior"] = "MergedWithPrevious";
  EXPECT_PIECES("the-final--countdown", setup, "the-", "final-", "-",
                "countdown");
  setup.preTokenizer["behavior"] = "MergedWithNext";
  EXPECT_PIECES("the-final--countdown", setup, "the", "-final", "-",
                "-countdown");
  setup.preTokenizer["behavior"] = "Contiguous";
  EXPECT_PIECES("the-final--countdown", setup, "the", "-", "final", "--",
                "countdown");
  EXPECT_PIECES("--", setup, "--");
}

TEST(Stages, Sequences) {
  Pipeline setup;
  setup.preTokenizer = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Digits"}, {"individual_digits", true}},
        {{"type", "Split"},
         {"pattern", {{"String", "-"}}},
         {"behavior", "MergedWithNext"},
         {"invert", false}}}}};
  EXPECT_PIECES("a-b12-3", setup, "a", "-b", "1", "2", "-", "3");
}

TEST(Stages, ByteLevelPrefix) {
  Pipeline setup;
  setup.preTokenizer = {{"type", "ByteLevel"},
                        {"add_prefix_space", true},
                        {"use_regex", true}};
  EXPECT_PIECES("Hey you", setup, "ĠHey", "Ġyou");
  EXPECT_PIECES(" Hey", setup, "ĠHey");
  setup.preTokenizer["use_regex"] = false;
  EXPECT_PIECES("Hey you", setup, "ĠHeyĠyou");
}

TEST(Stages, Normalizers) {
  Pipeline setup;
  setup.normalizer = {{"type", "Sequence"},
                      {"normalizers",
                       {{{"type", "Prepend"}, {"prepend", "_"}},
                        {{"type", "Replace"},
                         {"pattern", {{"String", "ab"}}},
                         {"content", "X"}}}}};
  EXPECT_PIECES("abcab", setup, "_XcX");
  EXPECT_PIECES("", setup, );
  setup.normalizer = {{"type", "NFC"}};
  EXPECT_PIECES("e\u0301", setup, "é");
}

TEST(Stages, AddedTokens) {
  Pipeline setup;
  setup.added = {addedToken(0, "<a>"), addedToken(1, "<ab>"),
                 addedToken(2, "<a>x")};
  EXPECT_PIECES("q<a>xy<ab><a", setup, "q", "<a>x", "y", "<ab>", "<a");
  setup.added = Json::array({addedToken(0, "<m>", "lstrip")});
  EXPECT_PIECES("a \n <m> b", setup, "a", "<m>", " b");
  setup.added = Json::array({addedToken(0, "<m>", "rstrip")});
  EXPECT_PIECES("a <m> \n b", setup, "a ", "<m>", "b");
  setup.added = Json::array({addedToken(0, "ing", "single_word")});
  EXPECT_PIECES("going ing", setup, "going ", "ing");
  EXPECT_PIECES("ing-ings", setup, "ing", "-ings");
}

TEST(Stages, AddedTokensInNormalizedText) {
  Pipeline setup;
  setup.normalizer = {{"type", "Replace"},
                      {"pattern", {{"String", "A"}}},
                      {"content", "b"}};
  setup.added = Json::array({addedToken(0, "<A>", "normalized")});
  // Looked for as "<b>" in text whose A have become b.
  EXPECT_PIECES("x<A>y", setup, "x", "<A>", "y");
  EXPECT_PIECES("x<b>y", setup, "x", "<A>", "y");
  setup.added = Json::array({addedToken(0, "<A>")});
  EXPECT_PIECES("x<A>y", setup, "x", "<A>", "y");
  EXPECT_PIECES("x<b>y", setup, "x<b>y");
}

} // namespace
