// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every string, id list and conversation that the reference software has
// answered for the test models (test/models/README.md).
#include "runtime/text/unicode.h"
#include "text_model.h"

using namespace llmc;
using namespace llmc::test;

namespace {

class Golden : public testing::TestWithParam<const char *> {
protected:
  std::string folder = modelFolder(GetParam());
  TextModel model{folder};
};

/// `key`, which stands in the file only where it differs from `otherwise`.
const Json &field(const Json &record, const char *key, const char *otherwise) {
  return record.contains(key) ? record[key] : record[otherwise];
}

TEST_P(Golden, Encode) {
  Json golden = readTestJson(folder + "/tokenizer_golden.json");
  EXPECT_GT(golden["cases"].size(), 200u);
  for (const Json &record : golden["cases"]) {
    EXPECT_EQ(Json(model.encode(record["text"], true)), record["ids"])
        << record["text"];
    EXPECT_EQ(Json(model.encode(record["text"], false)),
              field(record, "ids_plain", "ids"))
        << record["text"];
  }
  EXPECT_EQ(llmc_text_vocab_size(model.text), golden["vocab_size_with_added"]);
}

TEST_P(Golden, Decode) {
  Json golden = readTestJson(folder + "/tokenizer_golden.json");
  for (const char *list : {"cases", "decode_cases"})
    for (const Json &record : golden[list]) {
      EXPECT_EQ(model.decode(record["ids"], false), record["decoded"]);
      EXPECT_EQ(model.decode(record["ids"], true),
                field(record, "decoded_skip_special", "decoded"));
    }
}

TEST_P(Golden, DecodeByPieces) {
  Json golden = readTestJson(folder + "/tokenizer_golden.json");
  llmc_text_stream *stream = nullptr;
  ASSERT_EQ(llmc_text_stream_open(model.text, 1, &stream), LLMC_TEXT_OK);
  for (const char *list : {"cases", "decode_cases"})
    for (const Json &record : golden[list]) {
      std::string joined; // one stream for all: finish starts it anew
      const char *piece;
      size_t length;
      auto add = [&] {
        joined.append(piece, length);
        EXPECT_EQ(text::validUtf8(reinterpret_cast<const uint8_t *>(piece),
                                  length),
                  length)
            << "a piece ends inside a character";
      };
      for (int32_t id : record["ids"].get<Ids>()) {
        ASSERT_EQ(llmc_text_stream_push(stream, id, &piece, &length),
                  LLMC_TEXT_OK);
        add();
      }
      ASSERT_EQ(llmc_text_stream_finish(stream, &piece, &length), LLMC_TEXT_OK);
      add();
      EXPECT_EQ(joined, field(record, "decoded_skip_special", "decoded"));
    }
  llmc_text_stream_close(stream);
}

/// The text of `ids` from `begin` on, those before being followed.
std::string continued(const llmc_text *text, const Ids &ids, size_t begin) {
  llmc_text_stream *stream = nullptr;
  EXPECT_EQ(llmc_text_stream_open(text, 1, &stream), LLMC_TEXT_OK);
  EXPECT_EQ(llmc_text_stream_follow(stream, ids.data(), begin), LLMC_TEXT_OK);
  std::string joined;
  const char *piece;
  size_t length;
  for (size_t i = begin; i < ids.size(); ++i) {
    llmc_text_stream_push(stream, ids[i], &piece, &length);
    joined.append(piece, length);
  }
  llmc_text_stream_finish(stream, &piece, &length);
  joined.append(piece, length);
  llmc_text_stream_close(stream);
  return joined;
}

TEST_P(Golden, ContinueAText) {
  Json golden = readTestJson(folder + "/tokenizer_golden.json");
  size_t checked = 0;
  for (const Json &record : golden["cases"]) {
    Ids ids = record["ids"];
    std::string whole = model.decode(ids, true);
    for (size_t i = 0; i < ids.size() && i < 12; ++i) {
      std::string head = model.decode(Ids(ids.begin(), ids.begin() + long(i)), true);
      bool broken = head.size() >= 3 && !head.compare(head.size() - 3, 3, "\uFFFD");
      if (broken || whole.compare(0, head.size(), head) != 0)
        continue; // cut inside a character
      EXPECT_EQ(head + continued(model.text, ids, i), whole) << i;
      ++checked;
    }
  }
  EXPECT_GT(checked, 1000u);
  // The prompt's last bytes are not the answer's, but what they begin is.
  Ids fox = model.encode("x \U0001F98A", false), both = fox;
  Ids more = model.encode("b", false);
  both.insert(both.end(), more.back());
  std::string last = continued(model.text, {more.back(), more.back()}, 1);
  EXPECT_EQ(continued(model.text, both, fox.size()), last);
  EXPECT_EQ(continued(model.text, both, fox.size() - 1), "\U0001F98A" + last);
  EXPECT_EQ(continued(model.text, fox, fox.size()), "");
}

TEST_P(Golden, Template) {
  Json golden = readTestJson(folder + "/chat_golden.json");
  EXPECT_EQ(golden["cases"].size(), 10u);
  for (const Json &record : golden["cases"]) {
    Json variables = record;
    std::string got = model.render(variables);
    if (record.contains("error")) {
      EXPECT_EQ(got, "ERROR " + record["error"].get<std::string>());
      EXPECT_EQ(model.status, LLMC_TEXT_REFUSED);
      continue;
    }
    EXPECT_EQ(got, record["text"]);
    EXPECT_EQ(Json(model.encode(got, false)), record["ids"]);
  }
}

TEST_P(Golden, IdsOutsideTheVocabulary) {
  EXPECT_EQ(model.decode({int32_t(llmc_text_vocab_size(model.text)), INT32_MAX},
                         false),
            "");
  EXPECT_EQ(model.status, LLMC_TEXT_OK);
  model.decode({-1}, false);
  EXPECT_EQ(model.status, LLMC_TEXT_BAD_INPUT);
}

TEST_P(Golden, TextThatIsNotUtf8) {
  EXPECT_EQ(model.encode("ab\xC3", true), Ids());
  EXPECT_EQ(model.status, LLMC_TEXT_BAD_INPUT);
  EXPECT_STREQ(model.message.text, "the text is not UTF-8 (byte 2)");
}

INSTANTIATE_TEST_SUITE_P(Models, Golden,
                         testing::Values("llama2-mha", "llama3-gqa",
                                         "llama-odd", "gemma-2b-like"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(SpecialTokens, ComeFromTheConfigurations) {
  TextModel llama3(modelFolder("llama3-gqa"));
  size_t count = 0;
  const int32_t *eos = llmc_text_eos(llama3.text, &count);
  EXPECT_EQ(Ids(eos, eos + count), (Ids{760, 765, 766}));
  EXPECT_EQ(llmc_text_bos(llama3.text), 759);
  EXPECT_EQ(llama3.asset.eos, (Ids{760, 765, 766}));
}

} // namespace
