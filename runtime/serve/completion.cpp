// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/completion.h"

#include <boost/asio/post.hpp>

#include <random>
#include <string.h>
#include <time.h>

namespace llmc::serve {

static std::string newId(const char *prefix) {
  std::random_device device;
  char digits[25];
  snprintf(digits, sizeof digits, "%08x%08x%08x", device(), device(),
           device());
  return std::string(prefix) + digits;
}

Completion::Completion(boost::asio::io_context &io, const ModelText &text,
                       CompletionRequest given,
                       std::shared_ptr<Exchange> exchange, OnAnswer onAnswer)
    : io(io), text(text), request(std::move(given)),
      exchange(std::move(exchange)), onAnswer(std::move(onAnswer)),
      id(newId(request.chat ? "chatcmpl-" : "cmpl-")), created(time(nullptr)),
      choices(request.prompts.size() * size_t(request.n)),
      left(choices.size()) {
  if (!request.tools.empty())
    for (Choice &choice : choices)
      choice.reader.emplace(request.tools);
}

void Completion::start(Scheduler &scheduler) {
  auto self = shared_from_this();
  std::vector<std::shared_ptr<Request>> requests;
  for (size_t i = 0; i < choices.size(); ++i) {
    AnswerOptions options = request.options;
    options.sampling.seed += i % size_t(request.n);
    auto receive = [self, i](Delta delta) {
      boost::asio::post(self->io, [self, i, delta = std::move(delta)]() mutable {
        self->receive(i, std::move(delta));
      });
    };
    answers.push_back(std::make_shared<Answer>(
        text, request.prompts[i / size_t(request.n)], std::move(options),
        receive));
    requests.push_back(answers.back());
  }
  if (!scheduler.submit(requests)) {
    answers.clear();
    throw HttpError(429, "too many requests wait already; come back later", "",
                    "queue_full");
  }
  exchange->gone = [self, &scheduler] {
    for (const auto &answer : self->answers)
      answer->cancelled = true;
    scheduler.wake();
  };
  if (!request.stream)
    return;
  exchange->openStream();
  if (request.chat)
    for (size_t i = 0; i < choices.size(); ++i)
      event({{"index", i},
             {"delta", {{"role", "assistant"}, {"content", ""}}},
             {"logprobs", nullptr},
             {"finish_reason", nullptr}});
}

// Takes tool calls out of the text; they end the answer.
void Completion::readCalls(Choice &choice, Delta &delta) const {
  delta.text = choice.reader->push(delta.text);
  if (!delta.finish)
    return;
  std::string rest;
  for (ToolCall &call : choice.reader->finish(rest))
    choice.calls.push_back(
        {{"id", newId("call_")},
         {"type", "function"},
         {"function",
          {{"name", call.name}, {"arguments", dump(call.arguments)}}}});
  delta.text += rest;
  if (!choice.calls.is_null() && !strcmp(delta.finish, "stop"))
    delta.finish = "tool_calls";
}

void Completion::receive(size_t index, Delta delta) {
  Choice &choice = choices[index];
  if (choice.reader)
    readCalls(choice, delta);
  if (request.stream)
    stream(index, delta);
  choice.text += delta.text;
  for (TokenInfo &info : delta.tokens)
    choice.tokens.push_back(std::move(info));
  if (!delta.finish)
    return;
  choice.finish = delta.finish;
  choice.timing = delta.timing;
  onAnswer(delta.timing);
  if (--left)
    return;
  end();
  answers.clear();
  exchange->gone = nullptr;
}

static bool isFailure(const char *finish) {
  return finish && (!strcmp(finish, "error") || !strcmp(finish, "cancelled"));
}

static HttpError failure(const char *finish) {
  return strcmp(finish, "error") ? HttpError(503, "the server is stopping")
                                 : HttpError(500, "the model failed");
}

void Completion::stream(size_t index, const Delta &delta) {
  if (delta.finish && choices[index].reader) {
    // Text held back and calls come before the end.
    if (!delta.text.empty())
      event({{"index", index},
             {"delta", {{"content", delta.text}}},
             {"logprobs", nullptr},
             {"finish_reason", nullptr}});
    Json calls = choices[index].calls;
    for (size_t i = 0; i < calls.size(); ++i)
      calls[i]["index"] = i;
    if (!calls.is_null())
      event({{"index", index},
             {"delta", {{"tool_calls", calls}}},
             {"logprobs", nullptr},
             {"finish_reason", nullptr}});
  } else if (!delta.finish && delta.text.empty() && delta.tokens.empty()) {
    return;
  }
  Json probs = request.options.logprobs >= 0 && !delta.tokens.empty()
                   ? logprobs(delta.tokens)
                   : Json();
  Json choice = {{"index", index}};
  if (request.chat)
    choice["delta"] =
        delta.finish ? Json::object() : Json{{"content", delta.text}};
  else
    choice["text"] = delta.text;
  choice["logprobs"] = std::move(probs);
  if (isFailure(delta.finish))
    return exchange->write("data: " + errorBody(failure(delta.finish)) +
                           "\n\n");
  choice["finish_reason"] = delta.finish ? Json(delta.finish) : Json();
  event(std::move(choice));
}

void Completion::event(Json choice) {
  event(Json::array({std::move(choice)}), nullptr);
}

void Completion::event(const Json &list, const Json &usage) {
  Json json = envelope(request.chat ? "chat.completion.chunk"
                                    : "text_completion");
  json["choices"] = list;
  if (request.include_usage)
    json["usage"] = usage;
  if (list.empty())
    json["timings"] = timings();
  exchange->write("data: " + dump(json) + "\n\n");
}

void Completion::end() {
  if (request.stream) {
    if (request.include_usage)
      event(Json::array(), usage());
    exchange->write("data: [DONE]\n\n");
    return exchange->finish();
  }
  Json json = envelope(request.chat ? "chat.completion" : "text_completion");
  json["choices"] = Json::array();
  for (size_t i = 0; i < choices.size(); ++i) {
    const Choice &choice = choices[i];
    if (isFailure(choice.finish))
      return respondError(*exchange, failure(choice.finish));
    Json item = {{"index", i}};
    if (request.chat) {
      item["message"] = {{"role", "assistant"},
                         {"content", choice.text},
                         {"refusal", nullptr}};
      if (!choice.calls.is_null()) {
        if (choice.text.empty())
          item["message"]["content"] = nullptr;
        item["message"]["tool_calls"] = choice.calls;
      }
    } else {
      item["text"] = choice.text;
    }
    item["logprobs"] =
        request.options.logprobs >= 0 ? logprobs(choice.tokens) : Json();
    item["finish_reason"] = choice.finish;
    json["choices"].push_back(std::move(item));
  }
  json["usage"] = usage();
  json["timings"] = timings();
  exchange->respond(200, "application/json", dump(json));
}

Json Completion::envelope(const char *object) const {
  return {{"id", id},
          {"object", object},
          {"created", created},
          {"model", text.name()}};
}

Json Completion::usage() const {
  int64_t prompt = 0, reused = 0, generated = 0;
  for (size_t i = 0; i < choices.size(); ++i) {
    generated += choices[i].timing.generated_tokens;
    if (i % size_t(request.n) == 0) {
      prompt += choices[i].timing.prompt_tokens;
      reused += choices[i].timing.reused_tokens;
    }
  }
  return {{"prompt_tokens", prompt},
          {"completion_tokens", generated},
          {"total_tokens", prompt + generated},
          {"prompt_tokens_details", {{"cached_tokens", reused}}}};
}

// Ours: of the first answer, in seconds.
Json Completion::timings() const {
  const Timing &timing = choices[0].timing;
  double rate = timing.generated_tokens > 1 && timing.decode_seconds > 0
                    ? (timing.generated_tokens - 1) / timing.decode_seconds
                    : 0;
  return {{"first_token_seconds", timing.first_token_seconds},
          {"decode_seconds", timing.decode_seconds},
          {"tokens_per_second", rate}};
}

Json Completion::tokenJson(int32_t token, float logprob) const {
  std::string piece = text.decode({token});
  Json bytes = Json::array();
  for (char byte : piece)
    bytes.push_back(uint8_t(byte));
  return {{"token", piece},
          {"logprob", std::max(logprob, -9999.0f)},
          {"bytes", bytes}};
}

Json Completion::chatLogprobs(const std::vector<TokenInfo> &tokens) const {
  Json content = Json::array();
  for (const TokenInfo &info : tokens) {
    Json entry = tokenJson(info.id, info.logprob);
    entry["top_logprobs"] = Json::array();
    for (auto [token, logprob] : info.top)
      entry["top_logprobs"].push_back(tokenJson(token, logprob));
    content.push_back(std::move(entry));
  }
  return {{"content", content}, {"refusal", nullptr}};
}

Json Completion::logprobs(const std::vector<TokenInfo> &tokens) const {
  if (request.chat)
    return chatLogprobs(tokens);
  Json json = {{"tokens", Json::array()},
               {"token_logprobs", Json::array()},
               {"top_logprobs", Json::array()},
               {"text_offset", Json::array()}};
  for (const TokenInfo &info : tokens) {
    Json top = Json::object();
    for (auto [token, logprob] : info.top)
      top[text.decode({token})] = std::max(logprob, -9999.0f);
    json["tokens"].push_back(text.decode({info.id}));
    json["token_logprobs"].push_back(std::max(info.logprob, -9999.0f));
    json["top_logprobs"].push_back(std::move(top));
    json["text_offset"].push_back(info.offset);
  }
  return json;
}

} // namespace llmc::serve
