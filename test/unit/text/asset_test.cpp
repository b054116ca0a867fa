// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What buildTextAsset takes, warns about and refuses.
#include "text_model.h"

using namespace llmc;
using namespace llmc::test;

namespace {

Json smallTokenizer() {
  return readTestJson(modelFolder("bad/tok-ok") + "/tokenizer.json");
}

/// The tokenizer of tok-ok after `change`, as an error or warnings.
std::string answerTo(void (*change)(Json &)) {
  Json json = smallTokenizer();
  change(json);
  Folder folder;
  folder.put("tokenizer.json", json.dump());
  auto asset = buildTextAsset(folder.path);
  if (!asset)
    return "error: " + llvm::toString(asset.takeError());
  return asset->hasTokenizer ? "ok" : "warning: " + asset->warnings.at(0);
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(Asset, DamagedTokenizersAreRefused) {
  struct Row {
    const char *folder, *part;
  };
  for (Row row : {Row{"tok-truncated", "line 1, column 854"},
                  Row{"tok-merge-unknown", "merge 3 names \"zz\\u00ffq\""},
                  Row{"tok-unknown-model", "model.type is \"Telepathy\""},
                  Row{"tok-bad-regex", "does not parse at character 10"}}) {
    auto asset = buildTextAsset(modelFolder("bad/") + row.folder);
    ASSERT_FALSE(bool(asset)) << row.folder;
    std::string why = llvm::toString(asset.takeError());
    EXPECT_TRUE(contains(why, row.folder)) << why;
    EXPECT_TRUE(contains(why, "tokenizer.json: ")) << why;
    EXPECT_TRUE(contains(why, row.part)) << why;
    EXPECT_FALSE(contains(why, "\n")) << why;
  }
}

TEST(Asset, WhatIsAbsentIsOneWarning) {
  TextModel without(modelFolder("bad/st-ok"));
  ASSERT_EQ(without.asset.warnings.size(), 1u);
  EXPECT_TRUE(contains(without.asset.warnings[0], "no tokenizer.json"));
  EXPECT_FALSE(llmc_text_has_tokenizer(without.text));
  without.encode("a", false);
  EXPECT_EQ(without.status, LLMC_TEXT_ABSENT);
  EXPECT_EQ(without.render(Json::object()),
            "ERROR the model has no chat template");

  TextModel plain(modelFolder("bad/tok-ok"));
  ASSERT_EQ(plain.asset.warnings.size(), 1u);
  EXPECT_TRUE(contains(plain.asset.warnings[0], "no chat template"));
  EXPECT_EQ(plain.decode(plain.encode("the cat", true), true), "the cat");
}

TEST(Asset, EndTokensWithoutTokenizer) {
  Folder folder;
  folder.put("config.json", R"({"eos_token_id": [5, 7], "bos_token_id": 1})");
  TextModel model{std::string(folder.path)};
  EXPECT_EQ(model.asset.eos, (Ids{5, 7}));
  EXPECT_EQ(llmc_text_bos(model.text), 1);
  // The generation configuration goes first.
  folder.put("generation_config.json", R"({"eos_token_id": 9})");
  EXPECT_EQ(TextModel{std::string(folder.path)}.asset.eos, Ids{9});
  folder.put("generation_config.json", R"({"eos_token_id": "x"})");
  EXPECT_TRUE(contains(folder.error(), "eos_token_id is \"x\""));
}

TEST(Asset, WellFormedButUnsupportedIsAWarning) {
  auto answer = answerTo([](Json &j) { j["model"]["type"] = "Unigram"; });
  EXPECT_TRUE(contains(answer, "warning: ")) << answer;
  EXPECT_TRUE(contains(answer, "Unigram"));
  answer = answerTo([](Json &j) { j["normalizer"] = {{"type", "Lowercase"}}; });
  EXPECT_TRUE(contains(answer, "warning: ")) << answer;
  answer = answerTo([](Json &j) {
    j["pre_tokenizer"] = {{"type", "Split"},
                          {"pattern", {{"Regex", "[aeiou]+"}}},
                          {"behavior", "Isolated"},
                          {"invert", false}};
  });
  EXPECT_TRUE(contains(answer, "[aeiou]+")) << answer;
  answer = answerTo([](Json &j) { j["decoder"] = nullptr; });
  EXPECT_TRUE(contains(answer, "without decoder")) << answer;
}

TEST(Asset, MalformedIsAnError) {
  EXPECT_EQ(answerTo([](Json &) {}), "ok");
  using Change = void (*)(Json &);
  for (Change change : std::initializer_list<Change>{
           [](Json &j) { j.erase("model"); },
           [](Json &j) { j["model"].erase("vocab"); },
           [](Json &j) { j["model"]["vocab"]["a"] = "4"; },
           [](Json &j) { j["model"]["vocab"]["a"] = -1; },
           [](Json &j) { j["model"]["vocab"]["a"] = 5; },
           [](Json &j) { j["model"]["vocab"]["a"] = 1LL << 40; },
           [](Json &j) { j["model"]["merges"][0] = "abc"; },
           [](Json &j) { j["model"]["merges"][0] = {"a"}; },
           [](Json &j) { j["model"]["merges"][0] = {"a", "the"}; },
           [](Json &j) { j["added_tokens"][0].erase("id"); },
           [](Json &j) { j["added_tokens"][0]["content"] = ""; },
           [](Json &j) { j["added_tokens"] = 3; },
           [](Json &j) { j["normalizer"] = {{"type", "Wobble"}}; },
           [](Json &j) { j["pre_tokenizer"]["prepend_scheme"] = "maybe"; },
           [](Json &j) { j["decoder"]["type"] = 4; },
           [](Json &j) { j["post_processor"]["single"][0] = 1; },
           [](Json &j) { j["post_processor"]["special_tokens"].clear(); },
           [](Json &j) {
             j["post_processor"]["special_tokens"]["<s>"]["ids"][0] = 400;
           }}) {
    std::string answer = answerTo(change);
    EXPECT_TRUE(contains(answer, "error: ")) << answer;
    EXPECT_TRUE(contains(answer, "tokenizer.json: ")) << answer;
  }
}

TEST(Asset, TemplatesThatDoNotParse) {
  Folder folder;
  folder.put("tokenizer.json", smallTokenizer().dump());
  folder.put("chat_template.jinja", "a\n{% if x %}");
  EXPECT_TRUE(contains(folder.error(), "chat_template.jinja: line 2: "));
  folder.put("chat_template.jinja", "{{ x | batch(3) }}");
  TextModel model{std::string(folder.path)};
  ASSERT_EQ(model.asset.warnings.size(), 1u);
  EXPECT_TRUE(contains(model.asset.warnings[0], "the filter 'batch'"));
  EXPECT_TRUE(model.asset.hasTokenizer);
  EXPECT_FALSE(model.asset.hasTemplate);
}

TEST(Asset, TheTemplateIsChosen) {
  Folder folder;
  folder.put("tokenizer.json", smallTokenizer().dump());
  folder.put("tokenizer_config.json", R"({"bos_token": {"content": "<s>"},
    "chat_template": [{"name": "tool_use", "template": "tools"},
                      {"name": "default", "template": "plain{{ bos_token }}"}]})");
  EXPECT_EQ(TextModel{std::string(folder.path)}.render(Json::object()),
            "plain<s>");
  folder.put("chat_template.jinja", "file"); // goes first
  EXPECT_EQ(TextModel{std::string(folder.path)}.render(Json::object()), "file");
}

} // namespace
