// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "verbs_text.h"
#include "model_session.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

namespace llmc::program {

namespace {

using serve::Json;
using serve::Text;

// What a template reads, from a request as TemplateOptions describes it.
Json variablesOf(const Json &request) {
  Json variables = serve::templateVariables(nullptr);
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

void runBatch(const Text &text, const TokenizeOptions &options,
              bool asIds) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    print(batchLine(text, line, options, asIds));
    fflush(stdout);
  }
}

} // namespace

std::string batchLine(const Text &text, const std::string &line,
                      const TokenizeOptions &options, bool asIds) {
  try {
    Json request = parse(line);
    if (request.is_string())
      return ascii(
          text.encode(request.get<std::string>(), !options.plain));
    bool isConversation = request.is_object() ||
                          (request.is_array() && !request.empty() &&
                           request.front().is_object());
    if (!isConversation && request.is_array())
      return ascii(text.decode(idsOf(request), options.skipSpecial));
    std::string prompt = text.render(variablesOf(request));
    // The template writes the special tokens itself.
    return asIds ? ascii(text.encode(prompt, false)) : ascii(prompt);
  } catch (const std::runtime_error &failure) {
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

void tokenize(const Text &text, const TokenizeOptions &options) {
  if (options.batch)
    return runBatch(text, options, true);
  if (options.decode) {
    Tokens ids = idsOf(options.ids.empty()
                           ? std::vector<std::string>{readAll(std::cin)}
                           : options.ids);
    return print(text.decode(ids, options.skipSpecial));
  }
  std::string line;
  for (int32_t id : text.encode(
           options.text.empty() ? readAll(std::cin) : options.text[0],
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

void applyTemplate(const Text &text, const TemplateOptions &options) {
  if (options.batch)
    return runBatch(text, {}, false);
  std::ifstream file(options.messages, std::ios::binary);
  if (!file)
    throw Failure(options.messages + ": cannot be read");
  try {
    std::string prompt = text.render(variablesOf(parse(readAll(file))));
    fwrite(prompt.data(), 1, prompt.size(), stdout);
  } catch (const std::runtime_error &failure) {
    throw Failure(options.messages + ": " + failure.what());
  }
}

} // namespace llmc::program
