// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One request of /v1/chat/completions or /v1/completions on its way: its
// answers are computed by the scheduler, what becomes certain crosses to the
// server's thread and leaves as OpenAI's JSON, whole or in events.
#ifndef LLMC_RUNTIME_SERVE_COMPLETION_H
#define LLMC_RUNTIME_SERVE_COMPLETION_H

#include "runtime/serve/http/http.h"
#include "runtime/serve/request.h"
#include "runtime/serve/tool_calls.h"

#include <optional>

namespace llmc::serve {

/// What a finished answer adds to the metrics.
using OnAnswer = std::function<void(const Timing &)>;

class Completion : public std::enable_shared_from_this<Completion> {
public:
  Completion(boost::asio::io_context &io, const ModelText &text,
             CompletionRequest request, std::shared_ptr<Exchange> exchange,
             OnAnswer onAnswer);
  /// Throws HttpError 429 where the queue is full.
  void start(Scheduler &scheduler);

private:
  struct Choice {
    std::string text;
    std::vector<TokenInfo> tokens;
    const char *finish = nullptr;
    Timing timing;
    std::optional<ToolCallReader> reader; // where there are tools
    Json calls;                           // null: none
  };

  void receive(size_t index, Delta delta);
  void readCalls(Choice &choice, Delta &delta) const;
  void stream(size_t index, const Delta &delta);
  void event(Json choice);
  void event(const Json &choices, const Json &usage);
  void end();
  Json envelope(const char *object) const;
  Json usage() const;
  Json timings() const;
  Json logprobs(const std::vector<TokenInfo> &tokens) const;
  Json chatLogprobs(const std::vector<TokenInfo> &tokens) const;
  Json tokenJson(int32_t token, float logprob) const;

  boost::asio::io_context &io;
  const ModelText &text;
  const CompletionRequest request;
  std::shared_ptr<Exchange> exchange;
  OnAnswer onAnswer;
  std::string id;
  int64_t created;
  std::vector<Choice> choices;
  std::vector<std::shared_ptr<Answer>> answers; // until all are done
  size_t left = 0;
};

} // namespace llmc::serve

#endif
