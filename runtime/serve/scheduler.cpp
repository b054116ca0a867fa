// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/scheduler.h"

#include <algorithm>
#include <new>

namespace llmc::serve {

// Prompt rows of a step in which other answers wait for their next token.
static const int64_t kPromptRowsBesideDecode = 64;

static size_t commonPrefix(const Tokens &held, const Tokens &prompt) {
  // At least the last token is computed, for its logits.
  size_t most = std::min(held.size(), prompt.size() - 1);
  return size_t(std::mismatch(held.begin(), held.begin() + long(most),
                              prompt.begin())
                    .first -
                held.begin());
}

Scheduler::Scheduler(llmc_session *session, int32_t slots, int32_t queue)
    : session(session), config(*llmc_session_model(session)->config),
      most_waiting(size_t(queue)), slots(size_t(slots)),
      logits(size_t(slots) * size_t(config.vocab)) {}

Scheduler::~Scheduler() = default;

bool Scheduler::submit(const std::vector<std::shared_ptr<Request>> &requests) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    // An idle slot takes a request at once, so it does not count as waiting.
    size_t busy = size_t(counts.running);
    size_t idle = slots.size() - std::min(busy, slots.size());
    if (stopping || waiting.size() + requests.size() > most_waiting + idle)
      return false;
    waiting.insert(waiting.end(), requests.begin(), requests.end());
    counts.waiting = int64_t(waiting.size());
  }
  changed.notify_one();
  return true;
}

// The free slot that holds most of the prompt; where that is little of both,
// the one unused for longest, so that other conversations keep their caches.
size_t Scheduler::slotFor(const Tokens &prompt) const {
  size_t best = slots.size(), oldest = slots.size(), most = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].request)
      continue;
    size_t common = commonPrefix(slots[i].held, prompt);
    if (best == slots.size() || common > most) {
      best = i;
      most = common;
    }
    if (oldest == slots.size() ||
        slots[i].last_used < slots[oldest].last_used)
      oldest = i;
  }
  bool worthIt = best != slots.size() && (2 * most >= prompt.size() ||
                                          2 * most >= slots[best].held.size());
  return worthIt ? best : oldest;
}

void Scheduler::start(size_t index, std::shared_ptr<Request> request) {
  Slot &slot = slots[index];
  size_t common = commonPrefix(slot.held, request->prompt);
  slot.held.resize(common);
  llmc_session_truncate(session, int32_t(index), int32_t(common));
  slot.request = std::move(request);
  slot.token = -1;
  ++counts.running;
  counts.reused_tokens += int64_t(common);
  slot.request->started(int32_t(common));
}

void Scheduler::admit() {
  while (size_t(counts.running) < slots.size()) {
    std::shared_ptr<Request> request;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (waiting.empty())
        return;
      request = std::move(waiting.front());
      waiting.pop_front();
      counts.waiting = int64_t(waiting.size());
    }
    start(slotFor(request->prompt), std::move(request));
  }
}

void Scheduler::end(Slot &slot, Request::End why) {
  std::shared_ptr<Request> request = std::move(slot.request);
  slot.last_used = ++clock;
  --counts.running;
  request->ended(why);
}

void Scheduler::endCancelled() {
  std::vector<std::shared_ptr<Request>> left;
  {
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto &request : waiting)
      if (request->cancelled)
        left.push_back(request);
    auto isCancelled = [&left](const auto &request) {
      return std::count(left.begin(), left.end(), request) > 0;
    };
    waiting.erase(std::remove_if(waiting.begin(), waiting.end(), isCancelled),
                  waiting.end());
    counts.waiting = int64_t(waiting.size());
  }
  for (const auto &request : left)
    request->ended(Request::End::Cancelled);
  for (Slot &slot : slots)
    if (slot.request && slot.request->cancelled)
      end(slot, Request::End::Cancelled);
}

void Scheduler::addRow(size_t index, int32_t token, bool wants_logits) {
  Slot &slot = slots[index];
  rows.push_back({token, int32_t(index), wants_logits});
  slot.held.push_back(token);
  if (wants_logits)
    slot.logits_row = logit_rows++;
}

void Scheduler::addDecodeRows() {
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i].request && slots[i].token >= 0 &&
        int64_t(rows.size()) < config.rows_max)
      addRow(i, slots[i].token, true);
}

// Equal shares to all prompts, what one does not need going to the next; the
// first to get one changes from step to step.
void Scheduler::addPromptRows() {
  std::vector<size_t> starting;
  for (size_t i = 0; i < slots.size(); ++i) {
    size_t at = (i + size_t(clock)) % slots.size();
    if (slots[at].request && slots[at].token < 0)
      starting.push_back(at);
  }
  int64_t left = config.rows_max - int64_t(rows.size());
  if (!rows.empty())
    left = std::min(left, kPromptRowsBesideDecode);
  for (size_t n = starting.size(); n > 0 && left > 0; --n) {
    size_t index = starting[starting.size() - n];
    const Tokens &prompt = slots[index].request->prompt;
    size_t begin = slots[index].held.size();
    size_t share = (size_t(left) + n - 1) / n;
    size_t end = std::min(prompt.size(), begin + share);
    for (size_t i = begin; i < end; ++i)
      addRow(index, prompt[i], i + 1 == prompt.size());
    counts.prompt_tokens += int64_t(end - begin);
    left -= int64_t(end - begin);
  }
}

void Scheduler::takeLogits(Slot &slot, float *row) {
  slot.logits_row = -1;
  ++counts.generated_tokens;
  try {
    slot.token = slot.request->next(row);
  } catch (const std::bad_alloc &) {
    return end(slot, Request::End::Failed);
  }
  if (slot.token < 0) {
    slot.request.reset();
    slot.last_used = ++clock;
    --counts.running;
  } else if (slot.held.size() == size_t(config.context)) {
    end(slot, Request::End::ContextFull);
  }
}

bool Scheduler::step() {
  endCancelled();
  admit();
  rows.clear();
  logit_rows = 0;
  addDecodeRows();
  addPromptRows();
  if (rows.empty())
    return false;
  ++clock;
  ++counts.steps;
  counts.rows += int64_t(rows.size());
  llmc_status status =
      llmc_step_rows(session, rows.data(), int64_t(rows.size()), logits.data());
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot &slot = slots[i];
    if (status != LLMC_OK && slot.request) { // nothing was appended
      slot.held.resize(size_t(llmc_session_length(session, int32_t(i))));
      end(slot, Request::End::Failed);
    } else if (slot.logits_row >= 0) {
      takeLogits(slot, logits.data() + slot.logits_row * config.vocab);
    }
    slot.logits_row = -1;
  }
  return true;
}

void Scheduler::run() {
  while (true) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (stopping)
        break;
    }
    if (step())
      continue;
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return stopping || woken || !waiting.empty(); });
    woken = false;
  }
  std::deque<std::shared_ptr<Request>> left;
  {
    std::lock_guard<std::mutex> lock(mutex);
    left.swap(waiting);
    counts.waiting = 0;
  }
  for (const auto &request : left)
    request->ended(Request::End::Cancelled);
  for (Slot &slot : slots)
    if (slot.request)
      end(slot, Request::End::Cancelled);
}

void Scheduler::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  changed.notify_one();
}

void Scheduler::wake() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    woken = true;
  }
  changed.notify_one();
}

} // namespace llmc::serve
