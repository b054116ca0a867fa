// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Continuous batching: requests go in, each step of the model computes the
// next token of every running answer together with a bounded number of prompt
// rows of those that start. What a slot's KV cache holds of a prompt is not
// computed again. An answer has the bits it has alone, because a row's logits
// do not depend on the other rows of a step.
#ifndef LLMC_RUNTIME_SERVE_SCHEDULER_H
#define LLMC_RUNTIME_SERVE_SCHEDULER_H

#include "llmc/runtime.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace llmc::serve {

using Tokens = std::vector<int32_t>;

/// One answer to compute. The calls come from the scheduler's thread.
class Request {
public:
  enum class End { ContextFull, Cancelled, Failed };

  explicit Request(Tokens prompt) : prompt(std::move(prompt)) {}
  virtual ~Request() = default;

  /// It has a slot; `reused` tokens of the prompt are in the cache already.
  virtual void started(int32_t reused) = 0;
  /// Chooses the next token by logits [vocab], which may be overwritten;
  /// negative: the answer is complete and the slot is free.
  virtual int32_t next(float *logits) = 0;
  /// It ends without next() having said so.
  virtual void ended(End why) = 0;

  const Tokens prompt; // not empty, shorter than the context
  std::atomic<bool> cancelled{false};
};

/// Counters since the start; may be read from any thread.
struct SchedulerCounters {
  std::atomic<int64_t> steps{0}, rows{0}, prompt_tokens{0}, reused_tokens{0},
      generated_tokens{0}, running{0}, waiting{0};
};

class Scheduler {
public:
  /// `session` has `slots` sequences and is used by step() alone.
  Scheduler(llmc_session *session, int32_t slots, int32_t queue);
  ~Scheduler();

  /// Takes all or none; false: the queue is full. From any thread.
  bool submit(const std::vector<std::shared_ptr<Request>> &requests);
  /// Computes one step; false: there was nothing to do.
  bool step();
  /// Steps until stop() and waits where nothing is to do.
  void run();
  /// Ends run() and, from there, every request. From any thread.
  void stop();
  /// Makes run() look at `cancelled` again.
  void wake();

  const SchedulerCounters &counters() const { return counts; }

private:
  struct Slot {
    std::shared_ptr<Request> request; // null: free
    Tokens held;                      // tokens in the KV cache
    int32_t token = -1;               // to decode next; -1: prompt not done
    int64_t last_used = 0;
    int64_t logits_row = -1; // of the running step
  };

  void admit();
  size_t slotFor(const Tokens &prompt) const;
  void start(size_t slot, std::shared_ptr<Request> request);
  void end(Slot &slot, Request::End why);
  void endCancelled();
  void addDecodeRows();
  void addPromptRows();
  void addRow(size_t slot, int32_t token, bool wants_logits);
  void takeLogits(Slot &slot, float *logits);

  llmc_session *session;
  const llmc_config &config;
  const size_t most_waiting;
  std::vector<Slot> slots;
  std::vector<llmc_row> rows;
  std::vector<float> logits; // [slots, vocab]
  int64_t logit_rows = 0, clock = 0;
  SchedulerCounters counts;

  std::mutex mutex; // guards what follows
  std::condition_variable changed;
  std::deque<std::shared_ptr<Request>> waiting;
  bool stopping = false, woken = false;
};

} // namespace llmc::serve

#endif
