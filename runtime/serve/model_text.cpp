// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/model_text.h"

#include <algorithm>
#include <time.h>

namespace llmc::serve {

static const int kMaxDepthOfVariables = kMaxDepth + 2; // parseJson's within ours

static void check(llmc_text_status status, const llmc_text_message &message) {
  if (status == LLMC_TEXT_NO_MEMORY)
    throw std::bad_alloc();
  if (status != LLMC_TEXT_OK)
    throw TextError(message.text);
}

static llmc_text *openText(const void *data, size_t size) {
  llmc_text *text = nullptr;
  llmc_text_message message = {};
  if (data)
    check(llmc_text_open(data, size, &text, &message), message);
  return text;
}

Text::Text(const void *data, size_t size)
    : text(openText(data, size), llmc_text_close) {}

bool Text::hasTokenizer() const {
  return text && llmc_text_has_tokenizer(text.get());
}

bool Text::hasTemplate() const {
  return text && llmc_text_has_template(text.get());
}

Tokens Text::encode(std::string_view string, bool add_special) const {
  int32_t *ids = nullptr;
  size_t count = 0;
  llmc_text_message message = {};
  check(llmc_text_encode(text.get(), string.data(), string.size(), add_special,
                         &ids, &count, &message),
        message);
  std::unique_ptr<int32_t, void (*)(void *)> owner(ids, llmc_text_free);
  return Tokens(ids, ids + count);
}

std::string Text::decode(const Tokens &tokens, bool skip_special) const {
  char *string = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  check(llmc_text_decode(text.get(), tokens.data(), tokens.size(), skip_special,
                         &string, &length, &message),
        message);
  std::unique_ptr<char, void (*)(void *)> owner(string, llmc_text_free);
  return std::string(string, length);
}

static llmc_value *valueOf(llmc_values *pool, const Json &json, int depth = 0) {
  if (depth > kMaxDepthOfVariables)
    throw TextError("JSON nested deeper than " + std::to_string(kMaxDepth));
  if (json.is_null())
    return llmc_value_null(pool);
  if (json.is_boolean())
    return llmc_value_bool(pool, json.get<bool>());
  if (json.is_number_unsigned() && json.get<uint64_t>() > INT64_MAX)
    return llmc_value_double(pool, json.get<double>());
  if (json.is_number_integer())
    return llmc_value_int(pool, json.get<int64_t>());
  if (json.is_number())
    return llmc_value_double(pool, json.get<double>());
  if (json.is_string()) {
    const auto &string = json.get_ref<const std::string &>();
    return llmc_value_string(pool, string.data(), string.size());
  }
  llmc_value *made =
      json.is_array() ? llmc_value_list(pool) : llmc_value_map(pool);
  for (const auto &[key, item] : json.items()) {
    llmc_value *value = valueOf(pool, item, depth + 1);
    made = json.is_array()
               ? llmc_value_append(pool, made, value)
               : llmc_value_set(pool, made, key.data(), key.size(), value);
  }
  return made;
}

// Seconds since 1970 as the local clock shows them.
static int64_t localSeconds() {
  time_t time = ::time(nullptr);
  struct tm local = {};
  localtime_r(&time, &local);
  return int64_t(time) + local.tm_gmtoff;
}

std::string Text::render(const Json &variables,
                         llmc_template_limits limits) const {
  std::unique_ptr<llmc_values, void (*)(llmc_values *)> pool(
      llmc_values_open(), llmc_values_close);
  llmc_value *map = pool ? valueOf(pool.get(), variables) : nullptr;
  if (!map)
    throw TextError("a text of the conversation is not UTF-8, or memory ran out");
  limits.now = localSeconds();
  char *prompt = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  check(llmc_text_template(text.get(), map, &limits, &prompt, &length,
                           &message),
        message);
  std::unique_ptr<char, void (*)(void *)> owner(prompt, llmc_text_free);
  return std::string(prompt, length);
}

Json templateVariables(Json messages) {
  return {{"messages", std::move(messages)},
          {"add_generation_prompt", false},
          {"tools", nullptr},
          {"documents", nullptr}};
}

ModelText::ModelText(const llmc_model &model, const char *verb, int needs)
    : Text(model.text, size_t(model.text_bytes)), model(model) {
  const char *missing = nullptr;
  if ((needs & Template) && !hasTemplate())
    missing = "a chat template; generate works";
  if ((needs & Tokenizer) && !hasTokenizer())
    missing = "a tokenizer; bench, logits and info work";
  if (missing)
    throw TextError(std::string(verb) + ": model '" + model.name +
                    "' was compiled without " + missing + " without one");
}

bool ModelText::isEnd(int32_t token) const {
  size_t count = 0;
  const int32_t *ends = llmc_text_eos(get(), &count);
  const int32_t *own = model.config->eos;
  return std::count(ends, ends + count, token) ||
         std::count(own, own + model.config->n_eos, token);
}

const Vocabulary &ModelText::vocabulary() const {
  std::call_once(made, [&] { words.emplace(get(), vocab()); });
  return *words;
}

static llmc_text_stream *openStream(const Text &text) {
  llmc_text_stream *stream = nullptr;
  if (llmc_text_stream_open(text.get(), /*skip_special=*/1, &stream) !=
      LLMC_TEXT_OK)
    throw std::bad_alloc();
  return stream;
}

TextStream::TextStream(const Text &text)
    : stream(openStream(text), llmc_text_stream_close) {}

void TextStream::follow(const Tokens &tokens) {
  if (llmc_text_stream_follow(stream.get(), tokens.data(), tokens.size()) !=
      LLMC_TEXT_OK)
    throw std::bad_alloc();
}

std::string_view TextStream::push(int32_t token) {
  const char *piece = nullptr;
  size_t length = 0;
  if (llmc_text_stream_push(stream.get(), token, &piece, &length) !=
      LLMC_TEXT_OK)
    throw std::bad_alloc();
  return {piece, length};
}

std::string_view TextStream::finish() {
  const char *piece = nullptr;
  size_t length = 0;
  if (llmc_text_stream_finish(stream.get(), &piece, &length) != LLMC_TEXT_OK)
    throw std::bad_alloc();
  return {piece, length};
}

} // namespace llmc::serve
