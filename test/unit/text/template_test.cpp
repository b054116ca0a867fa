// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Templates: what Jinja gives (template_cases.json), limits, and the compiler's
// answers to what is wrong.
#include "compiler/text/Template.h"
#include "text_model.h"

using namespace llmc;
using namespace llmc::test;

namespace {

/// A text section with this template alone, or what is wrong with it.
llvm::Expected<std::vector<uint8_t>> compiled(const std::string &source) {
  TextSection section;
  if (llvm::Error error = compileTemplate(source, "t", section))
    return std::move(error);
  return section.bytes();
}

std::string render(const std::string &source, const Json &variables,
                   llmc_template_limits limits = {0, 0, 0, 1700000000}) {
  auto bytes = compiled(source);
  if (!bytes)
    return "COMPILE " + llvm::toString(bytes.takeError());
  return TextModel(*bytes).render(variables, &limits);
}

TEST(Template, DoesWhatJinjaDoes) {
  Json file =
      readTestJson(LLMC_SOURCE_DIR "/test/unit/text/template_cases.json");
  EXPECT_GT(file["cases"].size(), 80u);
  for (const Json &record : file["cases"]) {
    std::string got = render(record["template"], file["variables"]);
    if (record.contains("text"))
      EXPECT_EQ(got, record["text"]) << record["template"];
    else if (record.contains("refused"))
      EXPECT_EQ(got.rfind("ERROR ", 0), 0u) << got << record["template"];
    else
      EXPECT_EQ(got.rfind("COMPILE t: line ", 0), 0u) << got;
  }
}

TEST(Template, CaseOfOtherAlphabets) {
  EXPECT_EQ(render("{{ x.upper() }} {{ x|title }}", {{"x", "naïve ÉLAN я"}}),
            "NAÏVE ÉLAN Я Naïve Élan Я");
}

TEST(Template, SaysWhatIsWrong) {
  EXPECT_EQ(render("{{ messages[0].role }}", Json::object()),
            "ERROR 'messages' is undefined");
  EXPECT_EQ(render("{{ 1 / 0 }}", Json::object()), "ERROR division by zero");
  EXPECT_EQ(render("{{ 9223372036854775807 + 1 }}", Json::object()),
            "ERROR an integer leaves 64 bits");
  EXPECT_EQ(render("\n\n{{ a b }}", {}),
            "COMPILE t: line 3: 'b' where the end of the tag is expected");
  EXPECT_EQ(render("{% for x in y %}\n{% endif %}", {}),
            "COMPILE t: line 2: there is no statement 'endif'");
  EXPECT_EQ(render("{% for x in y %}{% macro m() %}{{ }}", {}),
            "COMPILE t: line 1: the end of the tag where a value is expected");
  EXPECT_EQ(render("{{ '\\u01", {}),
            "COMPILE t: line 1: the string is not closed");
  EXPECT_EQ(render("a\xC3", {}),
            "COMPILE t: the template is not UTF-8 (byte 1)");
}

TEST(Template, UnsupportedIsNamed) {
  for (const char *source :
       {"{% include 'x' %}", "{{ x | batch(2) }}", "{{ x is escaped }}",
        "{{ f(*x) }}", "{{ 1 < 2 < 3 }}", "{% for x in y recursive %}{% endfor %}"}) {
    std::string got = render(source, {});
    EXPECT_NE(got.find("is not supported"), std::string::npos) << got;
  }
}

TEST(Template, EndlessWorkIsEnded) {
  llmc_template_limits limits = {100000, 1 << 16, 1 << 20, 1};
  struct Row {
    const char *source, *part;
  };
  for (Row row :
       {Row{"{% for a in range(1000000000) %}{% endfor %}", "ERROR"},
        Row{"{% for a in range(999) %}{% for b in range(999) %}{% endfor %}"
            "{% endfor %}",
            "more than 100000 steps"},
        Row{"{{ 'x' * 1000000000 }}", "ERROR"},
        Row{"{% set ns = namespace(s='x') %}{% for i in range(99) %}"
            "{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
            "ERROR"},
        Row{"{% for i in range(9999) %}{{ 'xxxxxxxxxxxxxxxx' }}{% endfor %}",
            "ERROR"},
        Row{"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply"},
        Row{"{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns.a }}", "<Name"},
        Row{"{% set ns = namespace(l=[]) %}{% for i in range(99) %}"
            "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
            "ERROR"},
        Row{"{{ range(20000) | list | tojson(indent=900) }}", "ERROR"},
        Row{"{{ 'a' | indent(65000) | replace('', 'b' * 60000) }}", "ERROR"}}) {
    auto bytes = compiled(row.source);
    ASSERT_TRUE(bool(bytes)) << llvm::toString(bytes.takeError());
    TextModel model(*bytes);
    std::string got = model.render(Json::object(), &limits);
    EXPECT_NE(got.find(row.part), std::string::npos) << row.source << got;
  }
}

TEST(Template, DeepSourcesAreRefused) {
  auto nested = [](const char *open, const char *inner, const char *close) {
    std::string source;
    for (int i = 0; i < 100000; ++i)
      source += open;
    source += inner;
    for (int i = 0; i < 100000; ++i)
      source += close;
    return render(source, {});
  };
  EXPECT_NE(nested("{{ (", "1", ") }}").find("COMPILE"), std::string::npos);
  EXPECT_NE(render("{{ " + std::string(100000, '(') + "1" +
                       std::string(100000, ')') + " }}",
                   {})
                .find("nested deeper"),
            std::string::npos);
  EXPECT_NE(render("{{ " + std::string(100000, '-') + "1 }}", {})
                .find("nested deeper"),
            std::string::npos);
  EXPECT_NE(nested("{% if x %}", "1", "{% endif %}").find("nested deeper"),
            std::string::npos);
}

TEST(Template, CallersValuesStayAsTheyAre) {
  auto bytes = compiled("{% set x = messages + [1] %}{{ messages | length }}");
  TextModel model(*bytes);
  Json variables = {{"messages", {1, 2}}};
  EXPECT_EQ(model.render(variables), "2");
  EXPECT_EQ(model.render(variables), "2");
}

TEST(Template, ValuesThatAreNone) {
  llmc_values *pool = llmc_values_open();
  EXPECT_EQ(llmc_value_string(pool, "\xFF", 1), nullptr);
  llmc_value *list = llmc_value_list(pool);
  EXPECT_EQ(llmc_value_append(pool, list, nullptr), nullptr);
  EXPECT_EQ(llmc_value_append(pool, nullptr, list), nullptr);
  EXPECT_EQ(llmc_value_set(pool, list, "a", 1, list), nullptr);
  llmc_value *map = llmc_value_map(pool);
  EXPECT_EQ(llmc_value_set(pool, map, "\xFF", 1, list), nullptr);
  llmc_values_close(pool);
}

TEST(Template, MapsWithManyKeys) {
  Json map;
  for (int i = 0; i < 3000; ++i)
    map["k" + std::to_string(i)] = i;
  EXPECT_EQ(render("{{ m.k2999 }} {{ m['k17'] }} {{ m.k3000 is defined }} "
                   "{{ m | length }}",
                   {{"m", map}}),
            "2999 17 False 3000");
}

} // namespace
