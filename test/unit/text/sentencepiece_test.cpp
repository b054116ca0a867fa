// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tokenizer.model: files written here from the test models' vocabularies give
// the ids of their tokenizer.json, and damaged ones are refused.
#include "llvm/Support/LEB128.h"
#include "llvm/Support/MemoryBuffer.h"
#include "text_model.h"
#include <map>

using namespace llmc;
using namespace llmc::test;

namespace {

/// A protobuf message, field by field.
class Message {
public:
  Message &varint(unsigned number, uint64_t value) {
    put(number << 3);
    put(value);
    return *this;
  }
  Message &bytes(unsigned number, const std::string &content) {
    put(number << 3 | 2);
    put(content.size());
    text += content;
    return *this;
  }
  Message &number(unsigned number, float value) {
    put(number << 3 | 5);
    text.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  std::string text;

private:
  void put(uint64_t value) {
    uint8_t out[10];
    text.append(reinterpret_cast<char *>(out), llvm::encodeULEB128(value, out));
  }
};

struct Piece {
  std::string text;
  float score;
  unsigned type;
};

enum { kNormal = 1, kUnknown, kControl, kUserDefined, kByte = 6 };

std::string model(const std::vector<Piece> &pieces, bool dummyPrefix,
                  unsigned unk, unsigned bos, unsigned kind = 2) {
  Message made;
  for (const Piece &piece : pieces)
    made.bytes(1, Message()
                      .bytes(1, piece.text)
                      .number(2, piece.score)
                      .varint(3, piece.type)
                      .text);
  made.bytes(2, Message()
                    .varint(3, kind)
                    .varint(35, 1)
                    .varint(40, unk)
                    .varint(41, bos)
                    .text);
  made.bytes(3, Message()
                    .bytes(1, "identity")
                    .varint(3, dummyPrefix)
                    .varint(4, 0)
                    .text);
  return made.text;
}

/// The pieces of a tokenizer.json, a piece's score falling with its first merge.
std::vector<Piece> piecesOf(const Json &tokenizer) {
  std::vector<Piece> pieces(tokenizer["model"]["vocab"].size());
  for (const auto &[text, id] : tokenizer["model"]["vocab"].items()) {
    bool isByte = text.size() == 6 && text.rfind("<0x", 0) == 0;
    pieces[id.get<size_t>()] = {text, -1e6f, isByte ? unsigned(kByte) : kNormal};
  }
  std::map<std::string, float> scores;
  float rank = 0;
  for (const Json &merge : tokenizer["model"]["merges"]) {
    std::string joined;
    if (merge.is_array())
      joined = merge[0].get<std::string>() + merge[1].get<std::string>();
    else
      for (char c : merge.get<std::string>())
        joined.append(c == ' ' ? 0 : 1, c);
    scores.emplace(joined, -rank++);
  }
  for (Piece &piece : pieces)
    if (scores.count(piece.text))
      piece.score = scores[piece.text];
  for (const Json &token : tokenizer["added_tokens"]) {
    Piece &piece = pieces[token["id"].get<size_t>()];
    piece.type = piece.text == "<unk>" ? kUnknown
                 : token["special"]    ? kControl
                                       : kUserDefined;
  }
  return pieces;
}

std::string fileText(const std::string &path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : "";
}

class SentencePiece : public testing::TestWithParam<const char *> {};

TEST_P(SentencePiece, GivesTheIdsOfTheTokenizerJson) {
  std::string folder = modelFolder(GetParam());
  Json tokenizer = readTestJson(folder + "/tokenizer.json");
  bool prefix = std::string(GetParam()) == "llama2-mha";
  Folder made;
  made.put("tokenizer.model", model(piecesOf(tokenizer), prefix,
                                    prefix ? 0 : 3, prefix ? 1 : 2));
  made.put("tokenizer_config.json", fileText(folder + "/tokenizer_config.json"));
  TextModel want(folder), got(made.path.str().str());
  EXPECT_EQ(llmc_text_vocab_size(got.text), llmc_text_vocab_size(want.text));
  EXPECT_TRUE(llmc_text_has_template(got.text));
  Json golden = readTestJson(folder + "/tokenizer_golden.json");
  size_t compared = 0;
  for (const Json &record : golden["cases"]) {
    // The merges of the Gemma sample do not make runs of three, which those of
    // a SentencePiece model would.
    std::string string = record["text"];
    if (!prefix && (string.find("   ") != std::string::npos ||
                    string.find("\n\n\n") != std::string::npos ||
                    string.find("\u2581\u2581") != std::string::npos))
      continue;
    ++compared;
    EXPECT_EQ(Json(got.encode(record["text"], true)), record["ids"])
        << record["text"];
    EXPECT_EQ(got.decode(record["ids"], false), record["decoded"]);
  }
  EXPECT_GT(compared, 180u);
  for (const Json &record : golden["decode_cases"])
    EXPECT_EQ(got.decode(record["ids"], false), record["decoded"]);
}

INSTANTIATE_TEST_SUITE_P(Models, SentencePiece,
                         testing::Values("llama2-mha", "gemma-2b-like"),
                         [](const auto &info) {
                           return std::string(info.param).substr(0, 5);
                         });

const std::vector<Piece> kSmall = {
    {"<unk>", 0, kUnknown}, {"<s>", 0, kControl}, {"a", -3, kNormal},
    {"b", -4, kNormal},     {"ab", -1, kNormal},  {"aba", -2, kNormal},
    {"ba", -1.5, kNormal}};

TEST(SentencePieceFile, MergesByScore) {
  Folder folder;
  folder.put("tokenizer.model", model(kSmall, false, 0, 1));
  TextModel text(folder.path.str().str());
  EXPECT_EQ(text.encode("aba", false), (Ids{5})); // ab, then ab+a
  EXPECT_EQ(text.encode("baab", true), (Ids{1, 6, 4}));
  EXPECT_EQ(text.encode("babb", false), (Ids{3, 4, 3}));
  EXPECT_EQ(text.decode({1, 5, 3}, true), "abab");
}

TEST(SentencePieceFile, SaysWhatItCannotRead) {
  auto errorOf = [](const std::string &bytes) {
    return Folder().put("tokenizer.model", bytes).error();
  };
  std::string good = model(kSmall, false, 0, 1);
  EXPECT_EQ(errorOf(good), "");
  for (size_t size : {good.size() - 1, size_t(9), size_t(1)})
    EXPECT_NE(errorOf(good.substr(0, size)).find("cut off"), std::string::npos);
  EXPECT_NE(errorOf("").find("has no pieces"), std::string::npos);
  std::vector<Piece> twice = kSmall;
  twice[3].text = "a";
  EXPECT_NE(errorOf(model(twice, false, 0, 1)).find("pieces 2 and 3"),
            std::string::npos);
  twice[3].text = "\xff";
  EXPECT_NE(errorOf(model(twice, false, 0, 1)).find("piece 3"),
            std::string::npos);
  twice[3].text = std::string(1025, 'b');
  EXPECT_NE(errorOf(model(twice, false, 0, 1)).find("piece 3 has 1025 bytes"),
            std::string::npos);
  EXPECT_NE(errorOf(model(kSmall, false, 7, 1)).find("unk_id is 7"),
            std::string::npos);
}

TEST(SentencePieceFile, WarnsOfOtherKinds) {
  auto warningOf = [](const std::string &bytes) {
    Folder folder;
    folder.put("tokenizer.model", bytes);
    auto asset = llvm::cantFail(buildTextAsset(folder.path));
    EXPECT_FALSE(asset.hasTokenizer);
    return asset.warnings.empty() ? "" : asset.warnings[0];
  };
  EXPECT_NE(warningOf(model(kSmall, false, 0, 1, 1)).find("no BPE model"),
            std::string::npos);
  EXPECT_NE(warningOf(model(kSmall, false, 0, 1) +
                      Message().bytes(3, Message().varint(4, 1).text).text)
                .find("normalization"),
            std::string::npos);
  EXPECT_NE(warningOf("IQ== 0\nIg== 1\n").find("no SentencePiece model"),
            std::string::npos);
}

} // namespace
