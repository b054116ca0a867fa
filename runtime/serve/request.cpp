// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/request.h"
#include "runtime/serve/grammar/json_schema.h"

#include <random>

namespace llmc::serve {

static const size_t kMaxStops = 16, kMaxStopBytes = 256;

[[noreturn]] static void refuse(const std::string &field,
                                const std::string &accepted) {
  throw HttpError(400, "'" + field + "': " + accepted + " is accepted", field,
                  "invalid_value");
}

// A field that is there and not null.
static const Json *find(const Json &body, const char *field) {
  auto at = body.find(field);
  return at == body.end() || at->is_null() ? nullptr : &*at;
}

static bool flag(const Json &body, const char *field) {
  const Json *value = find(body, field);
  if (value && !value->is_boolean())
    refuse(field, "true or false");
  return value && value->get<bool>();
}

static int64_t integer(const Json &body, const char *field, int64_t low,
                       int64_t high, int64_t otherwise) {
  const Json *value = find(body, field);
  if (!value)
    return otherwise;
  bool fits = value->is_number_integer() &&
              !(value->is_number_unsigned() &&
                value->get<uint64_t>() > uint64_t(INT64_MAX));
  if (!fits || value->get<int64_t>() < low || value->get<int64_t>() > high)
    refuse(field, "an integer from " + std::to_string(low) + " to " +
                      std::to_string(high));
  return value->get<int64_t>();
}

static float number(const Json &body, const char *field, int low, int high,
                    double otherwise) {
  const Json *value = find(body, field);
  if (!value)
    return float(otherwise);
  if (!value->is_number() || !(value->get<double>() >= low) ||
      !(value->get<double>() <= high))
    refuse(field, "a number from " + std::to_string(low) + " to " +
                      std::to_string(high));
  return value->get<float>();
}

static std::vector<std::string> stops(const Json &body) {
  const Json *value = find(body, "stop");
  std::vector<std::string> words;
  if (!value)
    return words;
  const Json list = value->is_array() ? *value : Json::array({*value});
  for (const Json &word : list) {
    if (!word.is_string() || word.get_ref<const std::string &>().empty() ||
        word.get_ref<const std::string &>().size() > kMaxStopBytes ||
        list.size() > kMaxStops)
      refuse("stop", "a text of 1 to 256 bytes, or a list of at most 16,");
    words.push_back(word.get<std::string>());
  }
  return words;
}

static std::vector<std::pair<int32_t, float>> bias(const Json &body,
                                                   int32_t vocab) {
  const Json *value = find(body, "logit_bias");
  std::vector<std::pair<int32_t, float>> result;
  if (!value)
    return result;
  const char *accepted = "an object from token ids to numbers from -100 to 100";
  if (!value->is_object())
    refuse("logit_bias", accepted);
  for (const auto &[key, item] : value->items()) {
    char *end = nullptr;
    long id = strtol(key.c_str(), &end, 10);
    if (key.empty() || *end || id < 0 || id >= vocab || !item.is_number() ||
        !(std::abs(item.get<double>()) <= 100))
      refuse("logit_bias", accepted);
    // -100 bans, as OpenAI says.
    float amount = item.get<float>();
    result.emplace_back(int32_t(id), amount <= -100 ? -1e30f : amount);
  }
  return result;
}

static uint64_t randomSeed() {
  std::random_device device;
  return uint64_t(device()) << 32 | device();
}

static std::shared_ptr<const Grammar> grammar(const Json &body) {
  const Json *format = find(body, "response_format");
  if (!format)
    return nullptr;
  const char *accepted =
      "{\"type\": \"text\"}, {\"type\": \"json_object\"} or {\"type\": "
      "\"json_schema\", \"json_schema\": {\"schema\": ...}}";
  if (!format->is_object() || !format->contains("type"))
    refuse("response_format", accepted);
  const Json &type = (*format)["type"];
  if (type == "text")
    return nullptr;
  if (type == "json_object")
    return anyObjectGrammar();
  const Json *wrapped = find(*format, "json_schema");
  if (type != "json_schema" || !wrapped || !wrapped->is_object() ||
      !wrapped->contains("schema"))
    refuse("response_format", accepted);
  return compileSchema((*wrapped)["schema"]);
}

static AnswerOptions answerOptions(const Json &body, bool chat,
                                   const ModelText &text) {
  AnswerOptions options;
  llmc_sampler_options &sampling = options.sampling;
  sampling.temperature = number(body, "temperature", 0, 2, 1);
  sampling.top_p = number(body, "top_p", 0, 1, 1);
  sampling.min_p = number(body, "min_p", 0, 1, 0);
  sampling.top_k = int32_t(integer(body, "top_k", -1, INT32_MAX, 0));
  sampling.repeat_penalty = number(body, "repetition_penalty", 0, 10, 0);
  const Json *seed = find(body, "seed");
  sampling.seed = seed ? uint64_t(integer(body, "seed", INT64_MIN, INT64_MAX, 0))
                       : randomSeed();
  options.frequency_penalty = number(body, "frequency_penalty", -2, 2, 0);
  options.presence_penalty = number(body, "presence_penalty", -2, 2, 0);
  options.bias = bias(body, text.vocab());
  options.stops = stops(body);
  options.grammar = grammar(body);
  int64_t most = integer(body, "max_tokens", 1, INT32_MAX, chat ? 0 : 16);
  if (chat)
    most = integer(body, "max_completion_tokens", 1, INT32_MAX, most);
  options.max_tokens = int32_t(most);
  if (chat && flag(body, "logprobs"))
    options.logprobs = int32_t(integer(body, "top_logprobs", 0, 20, 0));
  else if (chat && find(body, "top_logprobs"))
    refuse("top_logprobs", "a number only with \"logprobs\": true");
  if (!chat)
    options.logprobs = int32_t(integer(body, "logprobs", 0, 5, -1));
  return options;
}

// A message's content as one text; parts other than text are refused.
static Json textOf(const Json &content) {
  if (content.is_string() || content.is_null())
    return content;
  if (!content.is_array())
    refuse("messages", "content that is a text or a list of text parts");
  std::string text;
  for (const Json &part : content) {
    const Json *string = part.is_object() ? find(part, "text") : nullptr;
    if (!string || !string->is_string() || part.value("type", "") != "text")
      refuse("messages", "content that is a text or a list of text parts");
    text += string->get<std::string>();
  }
  return text;
}

// A client's conversation may not hold the server up for long.
static const llmc_template_limits kTemplateLimits = {20000000, 4 << 20, 0, 0};

// Clients send a call's arguments as JSON in a text, templates read an object.
static void openArguments(Json &message) {
  Json *calls = message.contains("tool_calls") ? &message["tool_calls"] : nullptr;
  if (!calls || calls->is_null())
    return;
  if (!calls->is_array())
    refuse("messages", "tool_calls that is a list");
  for (Json &call : *calls) {
    const Json *function = call.is_object() ? find(call, "function") : nullptr;
    if (!function || !function->is_object() || !function->contains("name"))
      refuse("messages", "tool_calls of objects with a function");
    Json &arguments = call["function"]["arguments"];
    if (!arguments.is_string())
      continue;
    Json opened = Json::parse(arguments.get_ref<const std::string &>(), nullptr,
                              /*allow_exceptions=*/false);
    if (opened.is_object())
      arguments = std::move(opened);
  }
}

// The names of the tools, which the template gets as they are.
static std::vector<std::string> toolNames(const Json &body) {
  std::vector<std::string> names;
  const Json *tools = find(body, "tools"), *choice = find(body, "tool_choice");
  if (!tools)
    return names;
  if (!tools->is_array())
    refuse("tools", "a list of functions");
  for (const Json &tool : *tools) {
    const Json *function = tool.is_object() ? find(tool, "function") : nullptr;
    const Json *name =
        function && function->is_object() ? find(*function, "name") : nullptr;
    if (!name || !name->is_string())
      refuse("tools", "a list of {\"type\": \"function\", \"function\": "
                      "{\"name\": ...}}");
    names.push_back(name->get<std::string>());
  }
  if (choice && *choice == "none")
    names.clear();
  return names;
}

static Tokens chatPrompt(const Json &body, bool tools, const ModelText &text) {
  if (!text.hasTemplate())
    throw HttpError(400, "the model was compiled without a chat template; "
                         "/v1/completions works without one");
  const Json *messages = find(body, "messages");
  if (!messages || !messages->is_array() || messages->empty())
    refuse("messages", "a list of at least one message");
  Json variables = templateVariables(Json::array());
  variables["add_generation_prompt"] = true;
  for (const Json &message : *messages) {
    if (!message.is_object() || !message.contains("role") ||
        !message["role"].is_string())
      refuse("messages", "a list of objects with a role");
    Json copy = message;
    if (!copy.contains("content"))
      copy["content"] = nullptr;
    copy["content"] = textOf(copy["content"]);
    if (copy["content"].is_null() && !copy.contains("tool_calls"))
      refuse("messages", "content in every message without tool_calls");
    openArguments(copy);
    variables["messages"].push_back(std::move(copy));
  }
  if (tools)
    variables["tools"] = body["tools"];
  // The template writes the special tokens itself.
  return text.encode(text.render(variables, kTemplateLimits),
                     /*add_special=*/false);
}

static bool isIds(const Json &list) {
  return list.is_array() && !list.empty() && list.front().is_number();
}

static Tokens promptOf(const Json &value, const ModelText &text) {
  if (value.is_string())
    return text.encode(value.get_ref<const std::string &>(), true);
  Tokens tokens;
  if (isIds(value))
    for (const Json &id : value) {
      if (!id.is_number_unsigned() ||
          id.get<uint64_t>() >= uint64_t(text.vocab()))
        refuse("prompt", "token ids from 0 to " +
                             std::to_string(text.vocab() - 1));
      tokens.push_back(id.get<int32_t>());
    }
  if (tokens.empty())
    refuse("prompt", "a text, a list of token ids, or a list of these");
  return tokens;
}

static std::vector<Tokens> textPrompts(const Json &body,
                                       const ModelText &text) {
  const Json *value = find(body, "prompt");
  if (!value)
    refuse("prompt", "a text, a list of token ids, or a list of these");
  if (!value->is_array() || isIds(*value))
    return {promptOf(*value, text)};
  if (value->empty() || value->size() > size_t(kMaxChoices))
    refuse("prompt", "a list of 1 to 16 prompts");
  std::vector<Tokens> prompts;
  for (const Json &prompt : *value)
    prompts.push_back(promptOf(prompt, text));
  return prompts;
}

static void refuseUnsupported(const Json &body, bool chat) {
  if (flag(body, "echo"))
    refuse("echo", "false");
  if (find(body, "suffix"))
    refuse("suffix", "null");
  if (find(body, "functions"))
    refuse("functions", "null (tools are given to the chat template)");
  integer(body, "best_of", 1, 1, 1);
  const Json *tools = find(body, "tool_choice");
  if (chat && tools && *tools != "auto" && *tools != "none")
    refuse("tool_choice", "auto or none");
  if (const Json *modalities = find(body, "modalities"))
    if (*modalities != Json::array({"text"}))
      refuse("modalities", "[\"text\"]");
}

CompletionRequest readRequest(const Json &body, bool chat,
                              const ModelText &text) {
  if (!body.is_object())
    throw HttpError(400, "the body is not a JSON object");
  const Json *model = find(body, "model");
  if (model && !model->is_string())
    refuse("model", "a text");
  refuseUnsupported(body, chat);
  CompletionRequest request;
  request.chat = chat;
  request.stream = flag(body, "stream");
  if (const Json *options = find(body, "stream_options")) {
    if (!options->is_object() || !request.stream)
      refuse("stream_options", "an object only with \"stream\": true");
    request.include_usage = flag(*options, "include_usage");
  }
  request.n = int32_t(integer(body, "n", 1, kMaxChoices, 1));
  request.options = answerOptions(body, chat, text);
  if (chat) {
    request.tools = toolNames(body);
    request.prompts.push_back(chatPrompt(body, !request.tools.empty(), text));
  } else {
    request.prompts = textPrompts(body, text);
  }
  if (request.prompts.size() * size_t(request.n) > size_t(kMaxChoices))
    refuse("n", "at most 16 answers in one request");
  for (const Tokens &prompt : request.prompts) {
    if (prompt.empty())
      refuse(chat ? "messages" : "prompt", "a prompt of at least one token");
    if (prompt.size() >= size_t(text.context()))
      throw HttpError(400,
                      "the prompt has " + std::to_string(prompt.size()) +
                          " tokens, the context holds " +
                          std::to_string(text.context()) +
                          " with the answer; llmc compile --context sets it",
                      chat ? "messages" : "prompt", "context_length_exceeded");
  }
  return request;
}

} // namespace llmc::serve
