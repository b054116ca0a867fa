// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/model_text.h"

#include <algorithm>
#include <time.h>

namespace llmc::serve {

// A template of a client's conversation may not hold the server up for long.
static const uint64_t kTemplateSteps = 20000000;
static const uint64_t kTemplateOutput = 4 << 20;

static llmc_text *openText(const llmc_model &model) {
  llmc_text *text = nullptr;
  llmc_text_message message = {};
  if (model.text && llmc_text_open(model.text, size_t(model.text_bytes), &text,
                                   &message) != LLMC_TEXT_OK)
    throw std::runtime_error(message.text);
  if (text && llmc_text_has_tokenizer(text))
    return text;
  llmc_text_close(text);
  throw std::runtime_error(std::string("serve: model '") + model.name +
                           "' was compiled without a tokenizer; bench, logits "
                           "and info work without one");
}

ModelText::ModelText(const llmc_model &model)
    : model(model), text(openText(model), llmc_text_close),
      words(text.get(), model.config->vocab) {}

static void check(llmc_text_status status, const llmc_text_message &message) {
  if (status == LLMC_TEXT_NO_MEMORY)
    throw std::bad_alloc();
  if (status != LLMC_TEXT_OK)
    throw HttpError(400, message.text);
}

Tokens ModelText::encode(std::string_view string, bool add_special) const {
  int32_t *ids = nullptr;
  size_t count = 0;
  llmc_text_message message = {};
  check(llmc_text_encode(text.get(), string.data(), string.size(), add_special,
                         &ids, &count, &message),
        message);
  std::unique_ptr<int32_t, void (*)(void *)> owner(ids, llmc_text_free);
  return Tokens(ids, ids + count);
}

std::string ModelText::decode(const Tokens &tokens) const {
  char *string = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  check(llmc_text_decode(text.get(), tokens.data(), tokens.size(), 0, &string,
                         &length, &message),
        message);
  std::unique_ptr<char, void (*)(void *)> owner(string, llmc_text_free);
  return std::string(string, length);
}

static llmc_value *valueOf(llmc_values *pool, const Json &json) {
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
    llmc_value *value = valueOf(pool, item); // depth: parseJson's
    made = json.is_array()
               ? llmc_value_append(pool, made, value)
               : llmc_value_set(pool, made, key.data(), key.size(), value);
  }
  return made;
}

static int64_t localSeconds() {
  time_t time = ::time(nullptr);
  struct tm local = {};
  localtime_r(&time, &local);
  return int64_t(time) + local.tm_gmtoff;
}

Tokens ModelText::render(const Json &variables) const {
  if (!llmc_text_has_template(text.get()))
    throw HttpError(400, "the model was compiled without a chat template; "
                         "/v1/completions works without one");
  std::unique_ptr<llmc_values, void (*)(llmc_values *)> pool(
      llmc_values_open(), llmc_values_close);
  llmc_value *map = pool ? valueOf(pool.get(), variables) : nullptr;
  if (!map)
    throw std::bad_alloc();
  llmc_template_limits limits = {};
  limits.steps = kTemplateSteps;
  limits.output = kTemplateOutput;
  limits.now = localSeconds();
  char *prompt = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  check(llmc_text_template(text.get(), map, &limits, &prompt, &length,
                           &message),
        message);
  std::unique_ptr<char, void (*)(void *)> owner(prompt, llmc_text_free);
  // The template writes the special tokens itself.
  return encode({prompt, length}, /*add_special=*/false);
}

bool ModelText::isEnd(int32_t token) const {
  size_t count = 0;
  const int32_t *ends = llmc_text_eos(text.get(), &count);
  const int32_t *own = model.config->eos;
  return std::count(ends, ends + count, token) ||
         std::count(own, own + model.config->n_eos, token);
}

static llmc_text_stream *openStream(const ModelText &text) {
  llmc_text_stream *stream = nullptr;
  if (llmc_text_stream_open(text.get(), /*skip_special=*/1, &stream) !=
      LLMC_TEXT_OK)
    throw std::bad_alloc();
  return stream;
}

TextStream::TextStream(const ModelText &text)
    : stream(openStream(text), llmc_text_stream_close) {}

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
