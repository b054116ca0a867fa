// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "verbs_text.h"
#include "model_session.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <time.h>

namespace llmc::program {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;

void checked(llmc_text_status status, const llmc_text_message &message) {
  if (status != LLMC_TEXT_OK)
    throw Failure(message.text);
}

Tokens encode(const llmc_text *text, const std::string &string, bool special) {
  int32_t *ids = nullptr;
  size_t count = 0;
  llmc_text_message message = {};
  checked(llmc_text_encode(text, string.data(), string.size(), special, &ids,
                           &count, &message),
          message);
  std::unique_ptr<int32_t, void (*)(void *)> owner(ids, llmc_text_free);
  return Tokens(ids, ids + count);
}

std::string decode(const llmc_text *text, const Tokens &ids, bool skip) {
  char *string = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  checked(llmc_text_decode(text, ids.data(), ids.size(), skip, &string, &length,
                           &message),
          message);
  std::unique_ptr<char, void (*)(void *)> owner(string, llmc_text_free);
  return std::string(string, length);
}

using Pool = std::unique_ptr<llmc_values, void (*)(llmc_values *)>;

llmc_value *valueOf(llmc_values *pool, const Json &json, int depth = 0) {
  if (depth > kMaxDepth)
    throw Failure("JSON nested deeper than " + std::to_string(kMaxDepth));
  if (json.is_null())
    return llmc_value_null(pool);
  if (json.is_boolean())
    return llmc_value_bool(pool, json.get<bool>());
  if (json.is_number_integer() && !json.is_number_unsigned())
    return llmc_value_int(pool, json.get<int64_t>());
  if (json.is_number_unsigned() && json.get<uint64_t>() <= INT64_MAX)
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
int64_t localSeconds() {
  time_t time = ::time(nullptr);
  struct tm local = {};
  localtime_r(&time, &local);
  return int64_t(time) + local.tm_gmtoff;
}

// What a template reads, from a request as TemplateOptions describes it.
Json variablesOf(const Json &request) {
  Json variables = {{"messages", nullptr},
                    {"add_generation_prompt", false},
                    {"tools", nullptr},
                    {"documents", nullptr}};
  if (request.is_array()) {
    variables["messages"] = request;
    return variables;
  }
  if (!request.is_object() || !request.contains("messages"))
    throw Failure("expected a list of messages or an object with \"messages\"");
  for (auto &[key, value] : variables.items())
    if (request.contains(key))
      value = request[key];
  if (!variables["messages"].is_array())
    throw Failure("\"messages\" is no list");
  if (request.contains("template_kwargs")) {
    const Json &more = request["template_kwargs"];
    if (!more.is_object() && !more.is_null())
      throw Failure("\"template_kwargs\" is no object");
    for (const auto &[key, value] : more.items())
      variables[key] = value;
  }
  return variables;
}

std::string render(const llmc_text *text, const Json &request) {
  Pool pool(llmc_values_open(), llmc_values_close);
  llmc_value *variables =
      pool ? valueOf(pool.get(), variablesOf(request)) : nullptr;
  if (!variables)
    throw Failure("out of memory");
  llmc_template_limits limits = {};
  limits.now = localSeconds();
  char *string = nullptr;
  size_t length = 0;
  llmc_text_message message = {};
  checked(llmc_text_template(text, variables, &limits, &string, &length,
                             &message),
          message);
  std::unique_ptr<char, void (*)(void *)> owner(string, llmc_text_free);
  return std::string(string, length);
}

Json parse(const std::string &text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception &error) {
    std::string what = error.what(); // [json.exception.NAME.NUMBER] reason
    throw Failure("not JSON: " + what.substr(what.find("] ") + 2));
  }
}

std::string ascii(const Json &json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Tokens idsOf(const Json &list) {
  Tokens ids;
  for (const Json &id : list) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX)
      throw Failure(ascii(id).substr(0, 40) + " is no token id");
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

// Ids between commas or white space.
Tokens idsOf(const std::vector<std::string> &words) {
  Tokens ids;
  for (std::string word : words) {
    std::replace(word.begin(), word.end(), ',', ' ');
    std::istringstream stream(word);
    for (std::string id; stream >> id;) {
      char *end = nullptr;
      errno = 0;
      long value = strtol(id.c_str(), &end, 10);
      if (*end || errno || value < 0 || value > INT32_MAX)
        throw Failure("'" + id.substr(0, 40) + "' is no token id");
      ids.push_back(int32_t(value));
    }
  }
  return ids;
}

std::string readAll(std::istream &stream) {
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void print(const std::string &line) {
  fwrite(line.data(), 1, line.size(), stdout);
  fputc('\n', stdout);
}

void runBatch(const llmc_text *text, const TokenizeOptions &options,
              bool asIds) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    print(batchLine(text, line, options, asIds));
    fflush(stdout);
  }
}

} // namespace

std::string batchLine(const llmc_text *text, const std::string &line,
                      const TokenizeOptions &options, bool asIds) {
  try {
    Json request = parse(line);
    if (request.is_string())
      return ascii(
          encode(text, request.get<std::string>(), !options.plain));
    bool isConversation = request.is_object() ||
                          (request.is_array() && !request.empty() &&
                           request.front().is_object());
    if (!isConversation && request.is_array())
      return ascii(decode(text, idsOf(request), options.skipSpecial));
    std::string prompt = render(text, request);
    // The template writes the special tokens itself.
    return asIds ? ascii(encode(text, prompt, false)) : ascii(prompt);
  } catch (const Failure &failure) {
    return ascii({{"error", failure.what()}});
  }
}

void addOptions(CLI::App &app, TokenizeOptions &options) {
  app.add_option("text", options.text, "the text (stdin)")->expected(0, 1);
  app.add_flag("--plain", options.plain, "put no BOS and EOS around the text");
  app.add_option_function<std::vector<std::string>>(
         "--decode",
         [&options](const std::vector<std::string> &ids) {
           options.decode = true;
           for (const std::string &id : ids)
             if (!id.empty()) // what the parser gives for no value
               options.ids.push_back(id);
         },
         "give the text of ids, such as 1,2,3 (stdin)")
      ->expected(0, -1)
      ->type_name("[IDS]");
  app.add_flag("--skip-special", options.skipSpecial,
               "leave special tokens out of decoded text");
  app.add_flag("--batch", options.batch,
               "one JSON value a line: a string, a list of ids, or an object "
               "with messages");
}

void tokenize(const llmc_text *text, const TokenizeOptions &options) {
  if (options.batch)
    return runBatch(text, options, true);
  if (options.decode) {
    Tokens ids = idsOf(options.ids.empty()
                           ? std::vector<std::string>{readAll(std::cin)}
                           : options.ids);
    return print(decode(text, ids, options.skipSpecial));
  }
  std::string line;
  for (int32_t id : encode(
           text, options.text.empty() ? readAll(std::cin) : options.text[0],
           !options.plain))
    line += (line.empty() ? "" : ",") + std::to_string(id);
  print(line);
}

void addOptions(CLI::App &app, TemplateOptions &options) {
  auto *messages = app.add_option(
      "--messages", options.messages,
      "JSON file: a list of messages, or an object with messages, "
      "add_generation_prompt, tools, template_kwargs");
  auto *batch = app.add_flag("--batch", options.batch,
                             "one such value a line on stdin, one JSON string "
                             "a line on stdout");
  messages->excludes(batch);
  app.callback([messages, batch] {
    if (!messages->count() && !batch->count())
      throw CLI::RequiredError("--messages or --batch");
  });
}

void applyTemplate(const llmc_text *text, const TemplateOptions &options) {
  if (options.batch)
    return runBatch(text, {}, false);
  std::ifstream file(options.messages, std::ios::binary);
  if (!file)
    throw Failure(options.messages + ": cannot be read");
  try {
    std::string prompt = render(text, parse(readAll(file)));
    fwrite(prompt.data(), 1, prompt.size(), stdout);
  } catch (const Failure &failure) {
    throw Failure(options.messages + ": " + failure.what());
  }
}

} // namespace llmc::program
