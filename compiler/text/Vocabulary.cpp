// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"

using namespace llvm;
using namespace llmc::text;

namespace llmc {

/// More tokens than any model has, few enough to be allocated.
static constexpr int64_t kMaxTokens = int64_t(1) << 23;

uint32_t Vocabulary::find(const std::string &token) const {
  if (auto at = added.find(token); at != added.end())
    return at->second;
  auto at = model.find(token);
  return at == model.end() ? kNone : at->second;
}

static std::string inQuotes(llvm::StringRef token) {
  return describeJson(Json(token.str()));
}

static Error place(const JsonObject &root, Vocabulary &vocabulary,
                   const std::string &token, int64_t id) {
  if (id >= int64_t(vocabulary.tokens.size())) {
    vocabulary.tokens.resize(size_t(id) + 1);
    vocabulary.present.resize(size_t(id) + 1);
  }
  if (vocabulary.present[id] && vocabulary.tokens[id] != token)
    return malformed(root.file() + ": the tokens " +
                     inQuotes(vocabulary.tokens[id]) + " and " + inQuotes(token) +
                     " share the id " + Twine(id));
  vocabulary.present[id] = true;
  vocabulary.tokens[id] = token;
  return Error::success();
}

static Error readAdded(const JsonObject &token, Vocabulary &vocabulary,
                       std::vector<AddedToken> &added,
                       std::vector<std::pair<uint32_t, uint16_t>> &flags,
                       const JsonObject &root) {
  Expected<std::string> content = token.string("content");
  if (!content)
    return content.takeError();
  Expected<int64_t> id = token.integer("id", 0, kMaxTokens);
  if (!id)
    return id.takeError();
  if (content->empty())
    return token.error("content", "at least one character");
  // A piece of the model keeps its id; the reference does the same.
  if (auto at = vocabulary.model.find(*content); at != vocabulary.model.end())
    *id = at->second;
  uint16_t flag = 0;
  bool normalized = true;
  struct Row {
    const char *key;
    uint16_t flag;
  };
  for (Row row : {Row{"special", kTokenSpecial},
                  {"single_word", kTokenSingleWord},
                  {"lstrip", kTokenLeftStrip},
                  {"rstrip", kTokenRightStrip},
                  {"normalized", 0}}) {
    Expected<bool> set = token.booleanOr(row.key, row.flag == 0);
    if (!set)
      return set.takeError();
    if (row.flag == 0)
      normalized = *set;
    else if (*set)
      flag |= row.flag;
  }
  if (Error error = place(root, vocabulary, *content, *id))
    return error;
  vocabulary.added[*content] = uint32_t(*id);
  added.push_back({*content, uint32_t(*id), normalized});
  flags.push_back({uint32_t(*id), flag});
  return Error::success();
}

Error readVocabulary(const JsonObject &root, const JsonObject &model,
                     Vocabulary &vocabulary, std::vector<AddedToken> &added,
                     TextSection &section) {
  Expected<JsonObject> vocab = model.object("vocab");
  if (!vocab)
    return vocab.takeError();
  for (auto &[piece, id] : vocab->json().items()) {
    Expected<int64_t> value = vocab->integer(piece, 0, kMaxTokens);
    if (!value)
      return value.takeError();
    if (Error error = place(root, vocabulary, piece, *value))
      return error;
    vocabulary.model.emplace(piece, uint32_t(*value));
  }
  std::vector<std::pair<uint32_t, uint16_t>> flags;
  if (root.has("added_tokens")) {
    Expected<const Json *> list = root.array("added_tokens");
    if (!list)
      return list.takeError();
    for (const Json &entry : **list) {
      Expected<JsonObject> token =
          JsonObject::get(entry, root.file(), "added_tokens");
      if (!token)
        return token.takeError();
      if (Error error = readAdded(*token, vocabulary, added, flags, root))
        return error;
    }
  }
  if (vocabulary.tokens.empty())
    return model.error("vocab", "at least one piece");
  section.model.vocabSize = uint32_t(vocabulary.tokens.size());
  section.tokenFlags.assign(vocabulary.tokens.size(), 0);
  for (size_t i = 0; i < vocabulary.tokens.size(); ++i)
    if (!vocabulary.present[i])
      section.tokenFlags[i] = kTokenAbsent;
  for (auto [id, flag] : flags)
    section.tokenFlags[id] |= flag;
  return Error::success();
}

/// The two pieces of one entry of model.merges: "a b" or ["a", "b"].
static bool splitMerge(const Json &entry, std::string &left,
                       std::string &right) {
  if (entry.is_array()) {
    if (entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string())
      return false;
    left = entry[0].get<std::string>();
    right = entry[1].get<std::string>();
    return true;
  }
  if (!entry.is_string())
    return false;
  auto [a, b] = llvm::StringRef(entry.get_ref<const std::string &>()).split(' ');
  left = a.str();
  right = b.str();
  return !b.empty() && !b.contains(' ');
}

static void insertMerge(std::vector<MergeSlot> &slots, const MergeSlot &merge) {
  uint32_t i = slotOf(hashPair(merge.left, merge.right), uint32_t(slots.size()));
  while (slots[i].left != kNone &&
         (slots[i].left != merge.left || slots[i].right != merge.right))
    i = i + 1 == slots.size() ? 0 : i + 1;
  slots[i] = merge; // the last of two equal ones counts
}

Error readMerges(const JsonObject &model, const Vocabulary &vocabulary,
                 TextSection &section) {
  Expected<const Json *> list = model.array("merges");
  if (!list)
    return list.takeError();
  size_t count = (*list)->size();
  if (count > size_t(kMaxTokens))
    return model.error("merges", "at most " + Twine(kMaxTokens) + " entries");
  section.merges.assign(count + count / 3 + 2, {kNone, kNone, kNone, kNone});
  std::string left, right;
  for (size_t rank = 0; rank < count; ++rank) {
    auto bad = [&](const Twine &what) {
      return malformed(model.file() + ": merge " + Twine(rank) + " " + what);
    };
    if (!splitMerge((**list)[rank], left, right))
      return bad("is " + describeJson((**list)[rank]) +
                 ", expected two pieces as \"a b\" or [\"a\", \"b\"]");
    uint32_t ids[3];
    const std::string *pieces[] = {&left, &right, nullptr};
    std::string joined = left + right;
    pieces[2] = &joined;
    for (int i = 0; i < 3; ++i) {
      auto at = vocabulary.model.find(*pieces[i]);
      if (at == vocabulary.model.end())
        return bad((i < 2 ? "names " : "makes ") + inQuotes(*pieces[i]) +
                   ", which is not in the vocabulary");
      ids[i] = at->second;
    }
    insertMerge(section.merges, {ids[0], ids[1], uint32_t(rank), ids[2]});
  }
  return Error::success();
}

} // namespace llmc
