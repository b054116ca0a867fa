// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/grammar/json_schema.h"
#include "runtime/serve/grammar/json_grammar.h"

#include <map>
#include <set>

namespace llmc::serve {

namespace {

using Sequence = Grammar::Sequence;

const int64_t kMaxCount = 2000; // of minItems, maxLength and the like

// What says nothing about validity.
const std::set<std::string> kAnnotations = {
    "title", "description", "default", "examples",  "$schema",   "$id",
    "$defs", "definitions", "$comment", "deprecated", "readOnly", "writeOnly"};

class Compiler : JsonGrammar {
public:
  explicit Compiler(const Json &root) : root(root) {}

  std::shared_ptr<const Grammar> compile() {
    try {
      grammar->root = schemaRule(root, "#");
    } catch (const std::length_error &error) {
      refuse("#", error.what());
    }
    return finish();
  }
  std::shared_ptr<const Grammar> anyObject() {
    grammar->root = object;
    return finish();
  }

private:
  [[noreturn]] static void refuse(const std::string &where,
                                  const std::string &what) {
    throw HttpError(400, "'response_format': schema " + where + ": " + what,
                    "response_format", "invalid_schema");
  }

  std::shared_ptr<const Grammar> finish() {
    if (grammar->leftRecursion() >= 0)
      refuse("#", "a $ref leads to itself with nothing between");
    if (!Matcher(*grammar).alive())
      refuse("#", "has no text that is short enough");
    return grammar;
  }

  int32_t schemaRule(const Json &schema, const std::string &where);
  int32_t refRule(const std::string &target, const std::string &where);
  int32_t typeRule(const std::string &type, const Json &schema,
                   const std::string &where);
  int32_t objectRule(const Json &schema, const std::string &where);
  int32_t arrayRule(const Json &schema, const std::string &where);
  int32_t stringRule(const Json &schema, const std::string &where);
  int32_t anyRule(const Json &list, const std::string &where);
  void checkKeywords(const Json &schema, const std::string &where,
                     std::set<std::string> known);
  int64_t count(const Json &schema, const char *keyword, int64_t otherwise,
                const std::string &where);

  const Json &root;
  std::map<std::string, int32_t> refs;
};

void Compiler::checkKeywords(const Json &schema, const std::string &where,
                             std::set<std::string> known) {
  for (const auto &[key, ignored] : schema.items())
    if (!known.count(key) && !kAnnotations.count(key))
      refuse(where, "'" + key + "' cannot be kept here");
}

int64_t Compiler::count(const Json &schema, const char *keyword,
                        int64_t otherwise, const std::string &where) {
  if (!schema.contains(keyword))
    return otherwise;
  const Json &given = schema[keyword];
  if (!given.is_number_unsigned() || given.get<uint64_t>() > kMaxCount)
    refuse(where, std::string("'") + keyword + "' from 0 to " +
                      std::to_string(kMaxCount) + " is accepted");
  return given.get<int64_t>();
}

int32_t Compiler::schemaRule(const Json &schema, const std::string &where) {
  if (schema.is_boolean() && schema.get<bool>())
    return value;
  if (!schema.is_object())
    refuse(where, "an object is accepted");
  if (schema.contains("$ref")) {
    checkKeywords(schema, where, {"$ref"});
    if (!schema["$ref"].is_string())
      refuse(where, "'$ref' is no text");
    return refRule(schema["$ref"].get<std::string>(), where);
  }
  if (schema.contains("const") || schema.contains("enum")) {
    checkKeywords(schema, where, {"const", "enum", "type"});
    bool one = schema.contains("const");
    const Json all = one ? Json::array({schema["const"]}) : schema["enum"];
    if (!all.is_array() || all.empty() || (one && schema.contains("enum")))
      refuse(where, "'enum' that is a list, or 'const', is accepted");
    std::vector<Sequence> words;
    for (const Json &word : all)
      words.push_back(literal(dump(word)));
    return rule(std::move(words));
  }
  for (const char *keyword : {"anyOf", "oneOf"})
    if (schema.contains(keyword)) {
      checkKeywords(schema, where, {"anyOf"}); // one of several is not kept
      return anyRule(schema[keyword], where + "/" + keyword);
    }
  if (!schema.contains("type")) {
    checkKeywords(schema, where, {});
    return value;
  }
  const Json &type = schema["type"];
  if (type.is_string())
    return typeRule(type.get<std::string>(), schema, where);
  if (!type.is_array() || type.empty())
    refuse(where, "'type' that is a text or a list is accepted");
  std::vector<Sequence> kinds;
  for (const Json &kind : type) {
    if (!kind.is_string())
      refuse(where, "'type' that is a text or a list is accepted");
    // Each keyword belongs to one type, which a list cannot tell apart.
    if (type.size() > 2 || (kind != "null" && type[0] != "null" &&
                            type[type.size() - 1] != "null"))
      checkKeywords(schema, where, {"type"});
    kinds.push_back({ref(kind == "null" ? typeRule("null", {{"type", "null"}}, where)
                                        : typeRule(kind.get<std::string>(),
                                                   schema, where))});
  }
  return rule(std::move(kinds));
}

// "#/$defs/name": the member of a member of the root; null: there is none.
static const Json *resolve(const Json &root, const std::string &target) {
  if (target.empty() || target[0] != '#')
    return nullptr;
  const Json *at = &root;
  for (size_t begin = 1; begin < target.size();) {
    size_t end = std::min(target.find('/', begin + 1), target.size());
    auto member = at->find(target.substr(begin + 1, end - begin - 1));
    if (target[begin] != '/' || !at->is_object() || member == at->end())
      return nullptr;
    at = &*member;
    begin = end;
  }
  return at;
}

int32_t Compiler::refRule(const std::string &target, const std::string &where) {
  auto known = refs.find(target);
  if (known != refs.end())
    return known->second;
  const Json *schema = resolve(root, target);
  if (!schema)
    refuse(where, "'$ref' " + target.substr(0, 100) +
                      " leads nowhere; #/$defs/NAME is accepted");
  int32_t made = rule({});
  refs[target] = made; // before its content, which may refer to it
  grammar->addAlternative(made, {ref(schemaRule(*schema, target))});
  return made;
}

int32_t Compiler::anyRule(const Json &list, const std::string &where) {
  if (!list.is_array() || list.empty())
    refuse(where, "a list of schemas is accepted");
  std::vector<Sequence> choices;
  for (size_t i = 0; i < list.size(); ++i)
    choices.push_back(
        {ref(schemaRule(list[i], where + "/" + std::to_string(i)))});
  return rule(std::move(choices));
}

int32_t Compiler::typeRule(const std::string &type, const Json &schema,
                           const std::string &where) {
  if (type == "object")
    return objectRule(schema, where);
  if (type == "array")
    return arrayRule(schema, where);
  if (type == "string")
    return stringRule(schema, where);
  checkKeywords(schema, where, {"type"});
  if (type == "integer")
    return integer;
  if (type == "number")
    return number;
  if (type == "boolean")
    return rule({literal("true"), literal("false")});
  if (type == "null")
    return rule({literal("null")});
  refuse(where, "type '" + type.substr(0, 40) +
                    "': object, array, string, number, integer, boolean or "
                    "null is accepted");
}

int32_t Compiler::stringRule(const Json &schema, const std::string &where) {
  checkKeywords(schema, where, {"type", "minLength", "maxLength"});
  int64_t least = count(schema, "minLength", 0, where);
  int64_t most = count(schema, "maxLength", -1, where);
  if (most >= 0 && most < least)
    refuse(where, "'maxLength' is below 'minLength'");
  return stringOf(least, most);
}

int32_t Compiler::arrayRule(const Json &schema, const std::string &where) {
  checkKeywords(schema, where, {"type", "items", "minItems", "maxItems"});
  int64_t least = count(schema, "minItems", 0, where);
  int64_t most = count(schema, "maxItems", -1, where);
  if (most >= 0 && most < least)
    refuse(where, "'maxItems' is below 'minItems'");
  int32_t item = schema.contains("items")
                     ? schemaRule(schema["items"], where + "/items")
                     : value;
  return listOf(item, least, most);
}

// {p1, p2, ...} in order, those not required left out at will: rules from the
// last property to the first, each in two forms, with and without a comma.
int32_t Compiler::objectRule(const Json &schema, const std::string &where) {
  checkKeywords(schema, where, {"type", "properties", "required",
                                "additionalProperties"});
  const Json none = Json::object();
  const Json &properties =
      schema.contains("properties") ? schema["properties"] : none;
  if (!properties.is_object())
    refuse(where, "'properties' is no object");
  std::set<std::string> required;
  for (const Json &name : schema.value("required", Json::array())) {
    if (!name.is_string() || !properties.contains(name.get<std::string>()))
      refuse(where, "'required' names what is not in 'properties'");
    required.insert(name.get<std::string>());
  }
  // Further properties could repeat a name, so only an object without any of
  // its own has them.
  const Json more = schema.value("additionalProperties",
                                 Json(properties.empty()));
  if (properties.empty() && more != false)
    return more == true
               ? object
               : objectOf({ref(string)},
                          schemaRule(more, where + "/additionalProperties"));
  if (more != false && schema.contains("additionalProperties") && more != true)
    refuse(where, "'additionalProperties' false is accepted beside "
                  "'properties'");
  std::vector<std::pair<std::string, const Json *>> members;
  for (const auto &[name, member] : properties.items())
    members.emplace_back(name, &member);
  int32_t first = rule({literal("}")}), later = first;
  for (size_t i = members.size(); i-- > 0;) {
    const std::string &name = members[i].first;
    int32_t item = schemaRule(*members[i].second, where + "/properties/" + name);
    Sequence member = join({literal(dump(name)), {ref(space)}, literal(":"),
                            {ref(space), ref(item), ref(space), ref(later)}});
    Sequence comma = join({literal(","), {ref(space)}, member});
    bool needed = required.count(name);
    int32_t newFirst = rule({member}), newLater = rule({comma});
    if (!needed) {
      grammar->addAlternative(newFirst, {ref(first)});
      grammar->addAlternative(newLater, {ref(later)});
    }
    first = newFirst;
    later = newLater;
  }
  return rule({join({literal("{"), {ref(space), ref(first)}})});
}

} // namespace

std::shared_ptr<const Grammar> compileSchema(const Json &schema) {
  return Compiler(schema).compile();
}

std::shared_ptr<const Grammar> anyObjectGrammar() {
  const Json none;
  return Compiler(none).anyObject();
}

} // namespace llmc::serve
