// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/stop_filter.h"

#include "gtest/gtest.h"

using namespace llmc::serve;
using Pieces = std::vector<std::string>;

namespace {

// What is shown after each piece; "|" marks the stop.
Pieces filter(const Pieces &stops, const Pieces &pieces) {
  StopFilter filter(stops);
  Pieces shown;
  for (const std::string &piece : pieces) {
    shown.push_back(filter.push(piece));
    if (filter.stopped()) {
      shown.back() += "|";
      return shown;
    }
  }
  shown.push_back(filter.finish());
  return shown;
}

TEST(StopFilter, PassesEverythingWithoutStops) {
  EXPECT_EQ(filter({}, {"a", "", "bc"}), (Pieces{"a", "", "bc", ""}));
}

TEST(StopFilter, CutsAtTheStop) {
  EXPECT_EQ(filter({"END"}, {"abENDcd", "e"}), (Pieces{"ab|"}));
  EXPECT_EQ(filter({"END"}, {"END"}), (Pieces{"|"}));
}

TEST(StopFilter, KeepsBackABeginning) {
  EXPECT_EQ(filter({"END"}, {"aE", "N", "D."}), (Pieces{"a", "", "|"}));
  EXPECT_EQ(filter({"END"}, {"aE", "N", "x"}), (Pieces{"a", "", "ENx", ""}));
  EXPECT_EQ(filter({"END"}, {"aEN"}), (Pieces{"a", "EN"}));
}

TEST(StopFilter, RestartsInsideABeginning) {
  EXPECT_EQ(filter({"aab"}, {"a", "a", "a", "b"}),
            (Pieces{"", "", "a", "|"}));
}

TEST(StopFilter, TakesTheEarliestOfSeveral) {
  EXPECT_EQ(filter({"yz", "x"}, {"wxyz"}), (Pieces{"w|"}));
  EXPECT_EQ(filter({"longer", "g"}, {"lon", "g"}), (Pieces{"", "lon|"}));
}

} // namespace
