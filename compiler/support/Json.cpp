// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/support/Json.h"
#include "compiler/support/MappedFile.h"
#include <cmath>
#include <vector>

using namespace llvm;

namespace llmc {
namespace {

Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), oneLine(message));
}

/// Walks the text and reports how far the lexer has come, since the library's
/// events carry no position.
class CountingIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  CountingIterator(const char *at, const char **reached)
      : at(at), reached(reached) {}
  reference operator*() const { return *at; }
  CountingIterator &operator++() {
    *reached = ++at;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator &other) const {
    return at == other.at;
  }
  bool operator!=(const CountingIterator &other) const {
    return at != other.at;
  }

private:
  const char *at;
  const char **reached;
};

/// What nlohmann's messages say, without its tag, position and token dump.
std::string plainReason(StringRef what) {
  what = what.drop_front(what.find("] ") + 2); // [json.exception.NAME.NUMBER]
  if (size_t at = what.find("syntax error"); at != StringRef::npos)
    what = what.substr(at);
  what = what.split("; last read").first;
  std::string out;
  for (char c : what)
    out += (c >= 32 && c < 127) ? c : '?';
  return out.substr(0, 160);
}

class Builder : public nlohmann::json_sax<Json> {
public:
  Builder(const JsonLimits &limits) : limits(limits) {}

  Json root;
  std::string reason;

  bool null() override { return add(Json(nullptr)); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(int64_t value) override { return add(Json(value)); }
  bool number_unsigned(uint64_t value) override { return add(Json(value)); }
  bool number_float(double value, const std::string &token) override {
    if (token.find_first_of(".eE") == std::string::npos)
      return fail("the integer " + token.substr(0, 40) +
                  " does not fit 64 bits");
    if (!std::isfinite(value))
      return fail("the number " + token.substr(0, 40) + " is out of range");
    return add(Json(value));
  }
  bool string(std::string &value) override {
    return add(Json(std::move(value)));
  }
  bool binary(Json::binary_t &) override { return fail("binary value"); }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string &name) override {
    auto [at, isNew] =
        stack.back()->get_ref<Json::object_t &>().try_emplace(name, nullptr);
    if (!isNew)
      return fail("the key " + describeJson(name) + " stands here twice");
    slot = &at->second;
    return true;
  }
  bool parse_error(size_t, const std::string &,
                   const nlohmann::detail::exception &error) override {
    return fail(plainReason(error.what()));
  }

private:
  bool fail(std::string why) {
    reason = std::move(why);
    return false;
  }
  Json *place(Json &&value) {
    if (stack.empty()) {
      root = std::move(value);
      return &root;
    }
    if (stack.back()->is_array()) {
      auto &array = stack.back()->get_ref<Json::array_t &>();
      array.push_back(std::move(value));
      return &array.back();
    }
    *slot = std::move(value);
    return slot;
  }
  bool add(Json &&value) {
    place(std::move(value));
    return true;
  }
  // Pointers on the stack stay valid: only the innermost container grows.
  bool open(Json &&value) {
    if (stack.size() >= limits.depth)
      return fail("nested deeper than " + std::to_string(limits.depth));
    stack.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    stack.pop_back();
    return true;
  }

  const JsonLimits &limits;
  std::vector<Json *> stack;
  Json *slot = nullptr;
};

} // namespace

std::string oneLine(const Twine &message) {
  std::string text = message.str();
  for (char &c : text)
    if (uint8_t(c) < 32 || c == 127)
      c = '?';
  return text;
}

Expected<Json> parseJson(StringRef text, StringRef name,
                         const JsonLimits &limits) {
  if (text.size() > limits.bytes)
    return makeError(name + ": " + Twine(text.size()) +
                     " bytes of JSON, at most " + Twine(limits.bytes) +
                     " are read");
  const char *reached = text.begin();
  Builder builder(limits);
  bool ok = Json::sax_parse(CountingIterator(text.begin(), &reached),
                            CountingIterator(text.end(), &reached), &builder);
  if (ok)
    return std::move(builder.root);
  StringRef before(text.begin(), reached - text.begin());
  size_t lastLine = before.rfind('\n');
  size_t column =
      lastLine == StringRef::npos ? before.size() : before.size() - lastLine - 1;
  return makeError(name + ": line " + Twine(before.count('\n') + 1) +
                   ", column " + Twine(std::max<size_t>(column, 1)) + ": " +
                   builder.reason);
}

Expected<Json> readJsonFile(StringRef path, const JsonLimits &limits) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  return parseJson(file->text(), path, limits);
}

std::string describeJson(const Json &value) {
  if (value.is_object() || value.is_array())
    return value.is_object() ? "an object" : "a list";
  std::string text =
      value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 40)
    text = text.substr(0, 36) + "...\"";
  return text;
}

Expected<JsonObject> JsonObject::get(const Json &value, StringRef file,
                                     StringRef path) {
  if (!value.is_object())
    return makeError(file + ": " + (path.empty() ? "the file" : path) +
                     " is " + describeJson(value) + ", expected an object");
  return JsonObject(value, file, path);
}

const Json *JsonObject::find(StringRef key) const {
  auto at = value->find(key.str());
  return at == value->end() || at->is_null() ? nullptr : &*at;
}

std::string JsonObject::pathOf(StringRef key) const {
  return path.empty() ? key.str() : path + "." + key.str();
}

Error JsonObject::error(StringRef key, const Twine &expected) const {
  const Json *at = find(key);
  return makeError(fileName + ": " + pathOf(key) + " is " +
                   (at ? describeJson(*at) : std::string("missing")) +
                   ", expected " + expected);
}

/// Whether `json` is an integer that int64 holds; then in `out`. A float with
/// an integer value (older configurations have 2048.0) counts as one.
static bool asInteger(const Json &json, int64_t &out) {
  if (json.is_number_unsigned()) {
    uint64_t value = json.get<uint64_t>();
    out = int64_t(value);
    return value <= uint64_t(JsonObject::kMaxInt);
  }
  if (json.is_number_integer()) {
    out = json.get<int64_t>();
    return true;
  }
  if (json.is_number_float()) {
    double value = json.get<double>();
    if (value != std::floor(value) || std::fabs(value) > 9007199254740992.0)
      return false;
    out = int64_t(value);
    return true;
  }
  return false;
}

Expected<int64_t> JsonObject::integer(StringRef key, int64_t min,
                                      int64_t max) const {
  const Json *at = find(key);
  int64_t result = 0;
  if (at && asInteger(*at, result) && result >= min && result <= max)
    return result;
  if (max < kMaxInt)
    return error(key, "an integer from " + Twine(min) + " to " + Twine(max));
  if (min == 1)
    return error(key, "a positive integer");
  return error(key, min == 0 ? Twine("an integer, 0 or more")
                             : "an integer of at least " + Twine(min));
}

Expected<int64_t> JsonObject::integerOr(StringRef key, int64_t fallback,
                                        int64_t min, int64_t max) const {
  if (!has(key))
    return fallback;
  return integer(key, min, max);
}

Expected<double> JsonObject::number(StringRef key) const {
  const Json *at = find(key);
  if (!at || !at->is_number())
    return error(key, "a number");
  return at->get<double>();
}

Expected<double> JsonObject::numberOr(StringRef key, double fallback) const {
  if (!has(key))
    return fallback;
  return number(key);
}

Expected<bool> JsonObject::booleanOr(StringRef key, bool fallback) const {
  const Json *at = find(key);
  if (!at)
    return fallback;
  if (!at->is_boolean())
    return error(key, "true or false");
  return at->get<bool>();
}

Expected<std::string> JsonObject::string(StringRef key) const {
  const Json *at = find(key);
  if (!at || !at->is_string())
    return error(key, "a string");
  return at->get<std::string>();
}

Expected<std::string> JsonObject::stringOr(StringRef key,
                                           StringRef fallback) const {
  if (!has(key))
    return fallback.str();
  return string(key);
}

Expected<JsonObject> JsonObject::object(StringRef key) const {
  const Json *at = find(key);
  if (!at || !at->is_object())
    return error(key, "an object");
  return JsonObject(*at, fileName, pathOf(key));
}

Expected<const Json *> JsonObject::array(StringRef key) const {
  const Json *at = find(key);
  if (!at || !at->is_array())
    return error(key, "a list");
  return at;
}

} // namespace llmc
