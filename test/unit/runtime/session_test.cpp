// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps of sessions on the fake model: chunks, slots, limits, refusals.
#include "fake_model.h"
#include "mapping_flags.h"

#include "gtest/gtest.h"

#include <numeric>
#include <string.h>

namespace {

using Tokens = std::vector<int32_t>;
using Logits = std::vector<float>;

Tokens someTokens(size_t n) {
  Tokens tokens(n);
  for (size_t i = 0; i < n; ++i)
    tokens[i] = int32_t(i * 11 % FakeModel::kVocab);
  return tokens;
}

class Session : public testing::TestWithParam<int32_t> {
protected:
  FakeModel fake;
  llmc_session *session = nullptr;
  Logits logits = Logits(FakeModel::kVocab);

  void open(int32_t sequences = 1) {
    llmc_session_options options = {};
    options.threads = GetParam();
    options.sequences = sequences;
    ASSERT_EQ(llmc_session_open(&fake.model, &options, &session), LLMC_OK)
        << llmc_last_open_error();
    takeFakeTrace();
  }
  void TearDown() override {
    fakePrefillHook = nullptr;
    llmc_session_close(session);
  }
  llmc_status prefill(const Tokens &tokens, llmc_logits which, float *out) {
    return llmc_prefill(session, tokens.data(), int64_t(tokens.size()), which,
                        out);
  }
};

TEST_P(Session, TellsItsFacts) {
  open(3);
  EXPECT_EQ(llmc_session_model(session), &fake.model);
  EXPECT_EQ(llmc_session_variant(session), &fake.variant);
  EXPECT_EQ(llmc_session_threads(session), GetParam());
  EXPECT_EQ(llmc_session_length(session, 2), 0);
  EXPECT_EQ(llmc_session_length(session, 3), 0);
}

TEST_P(Session, SplitsAPrompt) {
  open();
  Tokens tokens = someTokens(8 * 2 + 3);
  ASSERT_EQ(prefill(tokens, LLMC_LAST_ROW, logits.data()), LLMC_OK);
  EXPECT_EQ(logits, fakeLogits(tokens));
  FakeTrace trace = takeFakeTrace();
  EXPECT_EQ(trace.prefills, 3);
  EXPECT_EQ(trace.largest, 8);
  EXPECT_EQ(trace.decodes, 0);
  EXPECT_EQ(llmc_session_length(session, 0), 19);
}

TEST_P(Session, GivesAllRows) {
  open();
  Tokens tokens = someTokens(19);
  Logits all(tokens.size() * FakeModel::kVocab);
  ASSERT_EQ(prefill(tokens, LLMC_ALL_ROWS, all.data()), LLMC_OK);
  for (size_t i = 0; i < tokens.size(); ++i) {
    Logits want = fakeLogits(Tokens(tokens.begin(), tokens.begin() + i + 1));
    EXPECT_EQ(memcmp(&all[i * FakeModel::kVocab], want.data(),
                     want.size() * sizeof(float)), 0) << "row " << i;
  }
}

TEST_P(Session, GivesNoLogits) {
  open();
  EXPECT_EQ(prefill(someTokens(9), LLMC_NO_LOGITS, nullptr), LLMC_OK);
  EXPECT_EQ(llmc_session_length(session, 0), 9);
  EXPECT_EQ(prefill({}, LLMC_NO_LOGITS, nullptr), LLMC_OK);
}

TEST_P(Session, DecodesAfterPrefill) {
  open();
  Tokens tokens = someTokens(5);
  ASSERT_EQ(prefill(tokens, LLMC_NO_LOGITS, nullptr), LLMC_OK);
  for (int32_t token : {4, 3, 2}) {
    tokens.push_back(token);
    ASSERT_EQ(llmc_decode(session, token, logits.data()), LLMC_OK);
    EXPECT_EQ(logits, fakeLogits(tokens));
  }
  ASSERT_EQ(llmc_decode(session, 1, nullptr), LLMC_OK);
  EXPECT_EQ(takeFakeTrace().decodes, 4);
}

TEST_P(Session, Truncates) {
  open();
  Tokens tokens = someTokens(10);
  ASSERT_EQ(prefill(tokens, LLMC_NO_LOGITS, nullptr), LLMC_OK);
  EXPECT_EQ(llmc_session_truncate(session, 0, 11), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_session_truncate(session, 0, -1), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_session_truncate(session, 1, 0), LLMC_INVALID_ARGUMENT);
  ASSERT_EQ(llmc_session_truncate(session, 0, 4), LLMC_OK);
  tokens.resize(4);
  tokens.push_back(30);
  ASSERT_EQ(llmc_decode(session, 30, logits.data()), LLMC_OK);
  EXPECT_EQ(logits, fakeLogits(tokens));
  ASSERT_EQ(llmc_session_truncate(session, 0, 0), LLMC_OK);
  ASSERT_EQ(llmc_decode(session, 7, logits.data()), LLMC_OK);
  EXPECT_EQ(logits, fakeLogits({7}));
}

TEST_P(Session, FillsTheContextExactly) {
  open();
  Tokens tokens = someTokens(FakeModel::kContext);
  tokens.push_back(0);
  EXPECT_EQ(prefill(tokens, LLMC_NO_LOGITS, nullptr), LLMC_CONTEXT_FULL);
  EXPECT_EQ(llmc_session_length(session, 0), 0);
  EXPECT_EQ(takeFakeTrace().prefills, 0);
  tokens.pop_back();
  EXPECT_EQ(prefill(tokens, LLMC_LAST_ROW, logits.data()), LLMC_OK);
  EXPECT_EQ(logits, fakeLogits(tokens));
  EXPECT_EQ(llmc_decode(session, 1, nullptr), LLMC_CONTEXT_FULL);
  llmc_row row = {1, 0, 0};
  EXPECT_EQ(llmc_step_rows(session, &row, 1, nullptr), LLMC_CONTEXT_FULL);
  EXPECT_EQ(llmc_session_length(session, 0), FakeModel::kContext);
}

TEST_P(Session, RefusesBadArguments) {
  open();
  Tokens good = {1};
  float *out = logits.data();
  EXPECT_EQ(prefill({1, -1}, LLMC_NO_LOGITS, nullptr), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(prefill({FakeModel::kVocab}, LLMC_LAST_ROW, out),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(prefill(good, LLMC_LAST_ROW, nullptr), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(prefill({}, LLMC_LAST_ROW, out), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(prefill(good, llmc_logits(3), out), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_prefill(session, nullptr, 1, LLMC_NO_LOGITS, nullptr),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_prefill(session, good.data(), -1, LLMC_NO_LOGITS, nullptr),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_decode(session, FakeModel::kVocab, out),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_decode(nullptr, 1, out), LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_session_length(session, 0), 0);
}

TEST_P(Session, StepsRowsOfSeveralSequences) {
  open(3);
  const llmc_row rows[] = {{5, 2, 0}, {6, 0, 1}, {7, 2, 1}, {8, 2, 0},
                           {9, 0, 1}};
  Logits got(3 * FakeModel::kVocab);
  ASSERT_EQ(llmc_step_rows(session, rows, 5, got.data()), LLMC_OK);
  Logits want;
  for (const Tokens &tokens : {Tokens{6}, Tokens{5, 7}, Tokens{6, 9}}) {
    Logits part = fakeLogits(tokens);
    want.insert(want.end(), part.begin(), part.end());
  }
  EXPECT_EQ(got, want);
  EXPECT_EQ(llmc_session_length(session, 0), 2);
  EXPECT_EQ(llmc_session_length(session, 1), 0);
  EXPECT_EQ(llmc_session_length(session, 2), 3);
}

TEST_P(Session, RefusedRowsAppendNothing) {
  open(2);
  const llmc_row badSlot[] = {{5, 1, 0}, {5, 0, 0}, {6, 2, 0}};
  EXPECT_EQ(llmc_step_rows(session, badSlot, 3, nullptr),
            LLMC_INVALID_ARGUMENT);
  const llmc_row noPlace[] = {{5, 1, 0}, {6, 0, 1}};
  EXPECT_EQ(llmc_step_rows(session, noPlace, 2, nullptr),
            LLMC_INVALID_ARGUMENT);
  std::vector<llmc_row> many(FakeModel::kRowsMax + 1, llmc_row{1, 0, 0});
  EXPECT_EQ(llmc_step_rows(session, many.data(), int64_t(many.size()), nullptr),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_step_rows(session, many.data(), 0, nullptr),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_session_length(session, 0), 0);
  EXPECT_EQ(llmc_session_length(session, 1), 0);
  EXPECT_EQ(takeFakeTrace().prefills, 0);
}

llmc_session *hooked;

TEST_P(Session, IsInterruptedBetweenSteps) {
  open();
  hooked = session;
  fakePrefillHook = [] { llmc_session_interrupt(hooked); };
  EXPECT_EQ(prefill(someTokens(20), LLMC_NO_LOGITS, nullptr),
            LLMC_INTERRUPTED);
  EXPECT_EQ(llmc_session_length(session, 0), FakeModel::kRowsMax);
  fakePrefillHook = nullptr; // an interrupt does not outlive its call
  EXPECT_EQ(prefill(someTokens(20), LLMC_NO_LOGITS, nullptr), LLMC_OK);
  EXPECT_EQ(llmc_session_length(session, 0), FakeModel::kRowsMax + 20);
}

llmc_status nested[4];

TEST_P(Session, RefusesASecondCallMeanwhile) {
  open();
  hooked = session;
  fakePrefillHook = [] {
    const int32_t token = 1;
    const llmc_row row = {1, 0, 0};
    nested[0] = llmc_prefill(hooked, &token, 1, LLMC_NO_LOGITS, nullptr);
    nested[1] = llmc_decode(hooked, token, nullptr);
    nested[2] = llmc_step_rows(hooked, &row, 1, nullptr);
    nested[3] = llmc_session_truncate(hooked, 0, 0);
  };
  EXPECT_EQ(prefill({1, 2}, LLMC_LAST_ROW, logits.data()), LLMC_OK);
  for (llmc_status status : nested)
    EXPECT_EQ(status, LLMC_BUSY);
  EXPECT_EQ(logits, fakeLogits({1, 2}));
}

INSTANTIATE_TEST_SUITE_P(Threads, Session, testing::Values(1, 2, 3, 5, 8));

// Arena, KV cache and all else lie in one mapping with the session.
TEST(SessionMemory, AsksForHugePages) {
  if (!hugePagesAreTold())
    GTEST_SKIP() << "no huge pages here, or an emulator hides them";
  FakeModel fake;
  llmc_session *session = nullptr;
  ASSERT_EQ(llmc_session_open(&fake.model, nullptr, &session), LLMC_OK);
  EXPECT_TRUE(wantsHugePages(session)) << mappingFlags(session);
  llmc_session_close(session);
}

TEST(SessionMemory, MayBeTheCallers) {
  FakeModel fake;
  llmc_session_options options = {};
  options.threads = 2;
  options.sequences = 2;
  size_t bytes = 0;
  ASSERT_EQ(llmc_session_memory(&fake.model, &options, &bytes), LLMC_OK);
  // Twice: at the least and at the most favourable multiple of 64.
  for (size_t shift : {size_t(64), size_t(128)}) {
    std::vector<uint8_t> block(bytes + 512, 0xff);
    size_t place = -reinterpret_cast<uintptr_t>(block.data()) % 128 + shift;
    options.memory = block.data() + place;
    options.memory_bytes = bytes;
    llmc_session *session;
    ASSERT_EQ(llmc_session_open(&fake.model, &options, &session), LLMC_OK)
        << llmc_last_open_error();
    Logits logits(FakeModel::kVocab);
    EXPECT_EQ(llmc_decode(session, 3, logits.data()), LLMC_OK);
    EXPECT_EQ(logits, fakeLogits({3}));
    llmc_session_close(session);
    for (size_t i = place + bytes; i < block.size(); ++i)
      ASSERT_EQ(block[i], 0xff);
    for (size_t i = 0; i < place; ++i)
      ASSERT_EQ(block[i], 0xff);
  }
}

TEST(SessionMemory, RefusesTooLittleOrUnaligned) {
  FakeModel fake;
  llmc_session_options options = {};
  options.threads = 1;
  size_t bytes = 0;
  ASSERT_EQ(llmc_session_memory(&fake.model, &options, &bytes), LLMC_OK);
  std::vector<uint8_t> block(bytes + 128);
  uint8_t *aligned =
      block.data() + -reinterpret_cast<uintptr_t>(block.data()) % 64;
  llmc_session *session;
  options.memory = aligned;
  options.memory_bytes = bytes - 1;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_INVALID_ARGUMENT);
  EXPECT_TRUE(strstr(llmc_last_open_error(), "bytes"));
  options.memory = aligned + 8;
  options.memory_bytes = bytes;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_INVALID_ARGUMENT);
  EXPECT_TRUE(strstr(llmc_last_open_error(), "aligned"));
}

TEST(SessionOptions, AreChecked) {
  FakeModel fake;
  llmc_session *session = nullptr;
  llmc_session_options options = {};
  options.threads = -1;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_INVALID_ARGUMENT);
  options.threads = 100000;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_INVALID_ARGUMENT);
  options.threads = 0;
  options.sequences = -1;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_INVALID_ARGUMENT);
  EXPECT_EQ(llmc_session_open(&fake.model, nullptr, nullptr),
            LLMC_INVALID_ARGUMENT);
  ASSERT_EQ(llmc_session_open(&fake.model, nullptr, &session), LLMC_OK);
  EXPECT_STREQ(llmc_last_open_error(), "");
  EXPECT_GE(llmc_session_threads(session), 1);
  llmc_session_close(session);
  llmc_session_close(nullptr);
}

TEST(SessionOptions, AbsurdSizesAreRefused) {
  FakeModel fake;
  fake.model.private_bytes = INT64_MAX / 2;
  llmc_session_options options = {};
  options.threads = 8;
  size_t bytes;
  EXPECT_EQ(llmc_session_memory(&fake.model, &options, &bytes),
            LLMC_BAD_MODEL);
  fake.model.private_bytes = 0;
  fake.model.arena_bytes = INT64_MAX / 2;
  llmc_session *session;
  EXPECT_EQ(llmc_session_open(&fake.model, &options, &session),
            LLMC_OUT_OF_MEMORY);
}

} // namespace
