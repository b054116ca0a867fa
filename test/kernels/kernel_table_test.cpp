// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every row of kernel_table.def against the scalar oracle of its op, types and
// variant, on this CPU; rows whose ISA the CPU lacks are skipped, and the number
// of rows that ran is held against what this kind of CPU must run.
#include "test/kernels/oracle.h"
#include <cstdlib>
#include <set>
#ifdef __aarch64__
#include <sys/auxv.h>
#endif

namespace llmc::test {

namespace {

#ifdef __aarch64__
bool hasArm(int word, int bit) {
  return getauxval(word == 1 ? AT_HWCAP : AT_HWCAP2) >> bit & 1;
}
#define HAS_arm(word, bit, feature) hasArm(word, bit)
#define HAS_x86(word, bit, feature) false
#else
#define HAS_arm(word, bit, feature) false
#define HAS_x86(word, bit, feature) bool(__builtin_cpu_supports(feature))
#endif

bool cpuHas(const llmc_kernel_row &row) {
  if (row.isa < 0)
    return true;
  const bool has[] = {
#define LLMC_ISA(name, arch, hwcap, bit, llvm) HAS_##arch(hwcap, bit, llvm),
#include "kernels/isa_features.def"
  };
  return has[row.isa];
}

std::vector<llmc_kernel_row> table() {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  return {rows, rows + count};
}

bool endsWith(const std::string &s, const std::string &end) {
  return s.size() >= end.size() &&
         s.compare(s.size() - end.size(), end.size(), end) == 0;
}

// The scalar reference of the same op, types and variant; a linear's reads
// plain q8 rows.
const llmc_kernel_row *oracleOf(const llmc_kernel_row &row) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  std::string lhs = is(row.op, "linear") && is(row.lhs, "q8x2") ? "q8" : row.lhs;
  for (size_t i = 0; i < count; ++i)
    if (is(rows[i].op, row.op) && is(rows[i].out, row.out) &&
        lhs == rows[i].lhs && is(rows[i].rhs, row.rhs) &&
        is(rows[i].variant, row.variant) && endsWith(rows[i].symbol, "_ref"))
      return &rows[i];
  return nullptr;
}

void check(const llmc_kernel_row &row) {
  const llmc_kernel_row *oracle = oracleOf(row);
  ASSERT_NE(oracle, nullptr) << "no scalar oracle";
  struct {
    const char *op;
    void (*check)(const llmc_kernel_row &, const llmc_kernel_row &);
  } const checks[] = {
      {"embedding", checkEmbedding},     {"rope_table", checkRopeTable},
      {"rms_norm", checkRmsNorm},        {"quantize", checkQuantize},
      {"linear", checkLinear},           {"rope_append", checkRopeAppend},
      {"attention", checkAttention},     {"decode_attention", checkDecodeAttention},
      {"gated_activation", checkGatedActivation}};
  for (const auto &c : checks)
    if (is(c.op, row.op))
      return c.check(row, *oracle);
  FAIL() << "no check for op " << row.op;
}

class KernelTable : public testing::TestWithParam<llmc_kernel_row> {};

TEST_P(KernelTable, AgreesWithItsOracle) {
  const llmc_kernel_row &row = GetParam();
  if (!row.kernel)
    GTEST_SKIP() << "another architecture";
  if (!cpuHas(row))
    GTEST_SKIP() << "this CPU lacks " << row.isa_name;
  check(row);
}

INSTANTIATE_TEST_SUITE_P(Rows, KernelTable, testing::ValuesIn(table()),
                         [](const auto &info) {
                           return std::string(info.param.symbol);
                         });

// llmc_<op>[_<out>][_<lhs>][_<rhs>][_<variant>]_<tile>_<isa>, tile RxC; the
// scalar reference ends in _ref instead.
TEST(KernelNames, FollowTheGrammar) {
  std::set<std::string> seen;
  for (const llmc_kernel_row &row : table()) {
    std::string head = std::string("llmc_") + row.op;
    for (const char *part : {row.out, row.lhs, row.rhs, row.variant})
      if (!is(part, "-"))
        head += std::string("_") + part;
    std::string symbol = row.symbol;
    ASSERT_EQ(symbol.compare(0, head.size() + 1, head + "_"), 0) << symbol;
    EXPECT_TRUE(seen.insert(symbol).second) << symbol << " stands twice";
    std::string rest = symbol.substr(head.size() + 1);
    if (rest == "ref") {
      EXPECT_STREQ(row.isa_name, "any") << symbol;
      continue;
    }
    size_t x = rest.find('x'), cut = rest.find('_');
    ASSERT_TRUE(x != std::string::npos && cut != std::string::npos && x < cut)
        << symbol;
    EXPECT_GT(std::stoi(rest.substr(0, x)), 0) << symbol;
    EXPECT_GT(std::stoi(rest.substr(x + 1, cut - x - 1)), 0) << symbol;
    EXPECT_EQ(rest.substr(cut + 1), row.isa_name) << symbol;
  }
}

// A build or a CPU check that loses kernels would otherwise pass silently.
// LLMC_MUST_RUN lists what this CPU has (CMakeLists.txt).
TEST(KernelTable, RunsEveryRowThatThisCpuMustRun) {
#ifdef __aarch64__
  std::string must = "any,neon,";
#else
  std::string must = "any,avx2,";
#endif
  if (const char *more = std::getenv("LLMC_MUST_RUN"))
    must += std::string(more) + ",";
  int ran = 0;
  for (const llmc_kernel_row &row : table())
    if (("," + must).find("," + std::string(row.isa_name) + ",") !=
        std::string::npos) {
      EXPECT_TRUE(row.kernel && cpuHas(row)) << row.symbol;
      ++ran;
    }
  EXPECT_GT(ran, 0);
}

} // namespace

} // namespace llmc::test
