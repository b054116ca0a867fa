// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "fake_model.h"
#include "runtime/serve/scheduler.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <thread>

using namespace llmc::serve;

namespace {

// Takes the likeliest token until it has `most`.
class Greedy : public Request {
public:
  Greedy(Tokens prompt, size_t most)
      : Request(std::move(prompt)), most(most) {}
  void started(int32_t count) override { reused = count; }
  int32_t next(float *logits) override {
    auto token = int32_t(
        std::max_element(logits, logits + FakeModel::kVocab) - logits);
    answer.push_back(token);
    logits[token] = -1; // may be overwritten
    if (answer.size() < most)
      return token;
    done = true;
    return -1;
  }
  void ended(End why) override {
    end = int(why);
    done = true;
  }

  const size_t most;
  Tokens answer;
  std::atomic<int32_t> reused{-1};
  int end = -1;
  std::atomic<bool> done{false};
};

// What a request must get, whatever runs beside it.
Tokens alone(Tokens tokens, size_t most) {
  Tokens answer;
  while (answer.size() < most) {
    std::vector<float> logits = fakeLogits(tokens);
    answer.push_back(int32_t(
        std::max_element(logits.begin(), logits.end()) - logits.begin()));
    tokens.push_back(answer.back());
  }
  return answer;
}

Tokens prompt(size_t length, int32_t step) {
  Tokens tokens;
  for (size_t i = 0; i < length; ++i)
    tokens.push_back(int32_t((i * size_t(step) + 5) % FakeModel::kVocab));
  return tokens;
}

class SchedulerTest : public testing::Test {
protected:
  void open(int32_t slots, int32_t queue) {
    llmc_session_options options = {};
    options.threads = 2;
    options.sequences = slots;
    ASSERT_EQ(llmc_session_open(&fake.model, &options, &session), LLMC_OK);
    scheduler = std::make_unique<Scheduler>(session, slots, queue);
  }
  void TearDown() override { llmc_session_close(session); }
  std::shared_ptr<Greedy> ask(Tokens tokens, size_t most) {
    auto request = std::make_shared<Greedy>(std::move(tokens), most);
    EXPECT_TRUE(scheduler->submit({request}));
    return request;
  }
  void runAll() {
    for (int i = 0; i < 1000 && scheduler->step(); ++i)
      ;
    EXPECT_FALSE(scheduler->step());
  }

  FakeModel fake;
  llmc_session *session = nullptr;
  std::unique_ptr<Scheduler> scheduler;
};

TEST_F(SchedulerTest, AnswersAreThoseOfOneAlone) {
  open(3, 10);
  std::vector<std::shared_ptr<Greedy>> requests;
  for (size_t i = 0; i < 7; ++i)
    requests.push_back(ask(prompt(1 + 5 * i, int32_t(i + 1)), 3 + i));
  runAll();
  for (const auto &request : requests) {
    EXPECT_TRUE(request->done);
    EXPECT_EQ(request->end, -1);
    EXPECT_EQ(request->answer, alone(request->prompt, request->most));
  }
  const SchedulerCounters &counts = scheduler->counters();
  EXPECT_EQ(counts.running, 0);
  EXPECT_EQ(counts.generated_tokens, 3 + 4 + 5 + 6 + 7 + 8 + 9);
  EXPECT_LT(counts.steps, counts.rows); // steps were shared
}

TEST_F(SchedulerTest, LongPromptsDoNotStopOthers) {
  open(2, 10);
  auto quick = ask(prompt(2, 3), 20);
  scheduler->step();
  size_t before = quick->answer.size();
  auto slow = ask(prompt(45, 7), 2);
  for (int i = 0; i < 5; ++i)
    scheduler->step();
  EXPECT_EQ(quick->answer.size(), before + 5);
  EXPECT_TRUE(slow->answer.empty());
  runAll();
  EXPECT_EQ(quick->answer, alone(quick->prompt, 20));
  EXPECT_EQ(slow->answer, alone(slow->prompt, 2));
}

TEST_F(SchedulerTest, ReusesTheLongestCommonPrefix) {
  open(2, 10);
  auto first = ask(prompt(20, 3), 4);
  runAll();
  auto other = ask(prompt(20, 5), 4);
  runAll();
  Tokens longer = first->prompt;
  longer.insert(longer.end(), first->answer.begin(), first->answer.end());
  longer.push_back(9);
  auto second = ask(longer, 4); // the last answer token was never computed
  runAll();
  EXPECT_EQ(second->reused, 20 + 3);
  EXPECT_EQ(second->answer, alone(longer, 4));
  auto again = ask(other->prompt, 4); // its slot was left alone
  runAll();
  EXPECT_EQ(again->reused, 19);
  EXPECT_EQ(again->answer, other->answer);
}

TEST_F(SchedulerTest, RefusesMoreThanTheQueueHolds) {
  open(1, 2);
  ask(prompt(3, 3), 5);
  scheduler->step();
  ask(prompt(3, 4), 5);
  auto a = std::make_shared<Greedy>(prompt(3, 5), 5);
  auto b = std::make_shared<Greedy>(prompt(3, 6), 5);
  EXPECT_FALSE(scheduler->submit({a, b})); // all or none
  EXPECT_EQ(scheduler->counters().waiting, 1);
  EXPECT_TRUE(scheduler->submit({a}));
  EXPECT_FALSE(scheduler->submit({b}));
  runAll();
  EXPECT_FALSE(b->done);
  EXPECT_EQ(a->answer, alone(a->prompt, 5));
}

TEST_F(SchedulerTest, CancelledEndsWithoutAnotherToken) {
  open(1, 2);
  auto running = ask(prompt(3, 3), 40), waiting = ask(prompt(3, 4), 5);
  scheduler->step();
  running->cancelled = waiting->cancelled = true;
  EXPECT_FALSE(scheduler->step());
  EXPECT_EQ(running->answer.size(), 1u);
  EXPECT_EQ(running->end, int(Request::End::Cancelled));
  EXPECT_EQ(waiting->end, int(Request::End::Cancelled));
  EXPECT_TRUE(waiting->answer.empty());
  auto next = ask(prompt(3, 3), 4);
  runAll();
  EXPECT_EQ(next->answer, alone(next->prompt, 4));
}

TEST_F(SchedulerTest, EndsWithTheContext) {
  open(2, 2);
  auto full = ask(prompt(FakeModel::kContext - 1, 3), 9);
  runAll();
  EXPECT_EQ(full->end, int(Request::End::ContextFull));
  EXPECT_EQ(full->answer, alone(full->prompt, 2));
}

TEST_F(SchedulerTest, AWrongTokenEndsItsRequests) {
  open(2, 2);
  auto wrong = ask({1, FakeModel::kVocab}, 3);
  runAll();
  EXPECT_EQ(wrong->end, int(Request::End::Failed));
  auto right = ask(prompt(4, 3), 3);
  runAll();
  EXPECT_EQ(right->answer, alone(right->prompt, 3));
}

TEST_F(SchedulerTest, StopEndsEverything) {
  open(1, 50);
  std::thread thread([&] { scheduler->run(); });
  std::vector<std::shared_ptr<Greedy>> requests;
  for (int32_t i = 0; i < 20; ++i)
    requests.push_back(ask(prompt(5, i + 1), 40));
  while (requests[0]->reused < 0)
    std::this_thread::yield();
  scheduler->stop();
  thread.join();
  for (const auto &request : requests)
    EXPECT_TRUE(request->done);
  EXPECT_FALSE(scheduler->submit(
      {std::make_shared<Greedy>(prompt(2, 1), 2)}));
}

} // namespace
