// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/quantize/QuantRules.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/GlobPattern.h"

using namespace llmc;
using llvm::StringRef;

static llvm::Error refuse(StringRef text, const llvm::Twine &why) {
  return llvm::createStringError("quantization rule '" + text + "': " + why);
}

llvm::Expected<QuantRule> llmc::parseQuantRule(StringRef text) {
  QuantRule rule;
  StringRef rest = text;
  if (size_t equals = rest.find('='); equals < rest.find(':')) {
    rule.pattern = rest.take_front(equals);
    rest = rest.drop_front(equals + 1);
    if (rule.pattern.empty())
      return refuse(text, "a name pattern must stand before '='");
    if (auto glob = llvm::GlobPattern::create(rule.pattern); !glob)
      return refuse(text, llvm::toString(glob.takeError()));
  }
  llvm::SmallVector<StringRef> words;
  rest.split(words, ':');
  rule.scheme = words.front();
  if (!llvm::is_contained({"f32", "f16", "bf16", "int8", "int4"}, rule.scheme))
    return refuse(text, "the scheme must be f32, f16, bf16, int8 or int4");
  for (StringRef word : llvm::ArrayRef(words).drop_front()) {
    if (rule.scheme != "int4")
      return refuse(text, "only int4 takes group= and asym");
    if (word == "asym")
      rule.asymmetric = true;
    else if (word == "group=32" || word == "group=64" || word == "group=128")
      llvm::to_integer(word.drop_front(6), rule.group);
    else
      return refuse(text, "int4 takes group=32, group=64, group=128 and asym");
  }
  return rule;
}

std::string llmc::formatQuantRule(const QuantRule &rule) {
  std::string text = rule.pattern.empty() ? "" : rule.pattern + "=";
  text += rule.scheme;
  if (rule.group)
    text += ":group=" + std::to_string(rule.group);
  if (rule.asymmetric)
    text += ":asym";
  return text;
}

bool llmc::matchesPattern(StringRef pattern, StringRef name) {
  auto glob = llvm::GlobPattern::create(pattern);
  if (!glob) {
    llvm::consumeError(glob.takeError());
    return false;
  }
  return glob->match(name) || llvm::any_of(llvm::split(name, '.'), [&](StringRef part) {
           return glob->match(part);
         });
}
