// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/WeightJobs.h"
#include "kernels/formats/float16.h"
#include "toolchain.h"

using namespace llmc;

namespace {

/// The element of the test's files at `index`.
float element(int64_t index) { return float(index % 251) / 8 - 15; }

/// Writes f32.bin, f16.bin and bf16.bin of `count` elements each.
void writeSources(const TestFolder &folder, int64_t count) {
  std::ofstream f32(folder.path + "/f32.bin"), f16(folder.path + "/f16.bin"),
      bf16(folder.path + "/bf16.bin");
  for (int64_t i = 0; i < count; ++i) {
    float x = element(i);
    uint16_t half = llmc_float_to_f16(x), brain = llmc_float_to_bf16(x);
    f32.write(reinterpret_cast<char *>(&x), 4);
    f16.write(reinterpret_cast<char *>(&half), 2);
    bf16.write(reinterpret_cast<char *>(&brain), 2);
  }
}

struct Packed {
  std::string bytes, error;
  std::vector<std::string> warnings;
};

Packed pack(const std::string &weights, int64_t total, const TestFolder &folder,
            unsigned threads = 3) {
  ModuleText text(weights);
  Packed packed;
  auto jobs = collectWeightJobs(*text.module);
  if (!jobs)
    return packed.error = llvm::toString(jobs.takeError()), packed;
  llvm::raw_string_ostream os(packed.bytes);
  auto warn = [&](llvm::StringRef w) { packed.warnings.push_back(w.str()); };
  PackOptions options;
  options.folder = folder.path;
  options.threads = threads;
  options.warn = warn;
  if (llvm::Error error = packWeights(*jobs, total, options, os))
    packed.error = llvm::toString(std::move(error));
  return packed;
}

/// Element (row, column) of an f32_n8 matrix of k columns at `offset`.
float at(const Packed &packed, int64_t offset, int64_t k, int64_t row,
         int64_t column) {
  float x;
  memcpy(&x,
         packed.bytes.data() + offset +
             ((row / 8 * k + column) * 8 + row % 8) * 4,
         4);
  return x;
}

// Two parts of 5 and 4 rows taken 2 and 1 at a time, the second transposed,
// with an addend, from different types; 9 rows leave a short panel.
TEST(WeightJobs, JoinsPartsByChunks) {
  TestFolder folder;
  writeSources(folder, 200);
  Packed packed = pack(R"(
llvm.mlir.global external constant @other() : i8
llm.weight @w : tensor<9x3xf32> {chunks = array<i64: 2, 1>,
  packed = #llm.packed<"f32_n8", offset = 64, bytes = 192>, parts = [
  #llm.source<file = "f16.bin", offset = 6, type = f16,
    rows = 5, columns = 3, rowStride = 4, columnStride = 1>,
  #llm.source<file = "f32.bin", offset = 8, type = f32,
    rows = 4, columns = 3, rowStride = 1, columnStride = 7, addend = 1>]}
)", 300, folder);
  ASSERT_EQ(packed.error, "");
  ASSERT_EQ(packed.bytes.size(), 300u);
  auto a = [](int r, int c) { return element(3 + r * 4 + c); };
  auto b = [](int r, int c) { return element(2 + r + c * 7) + 1; };
  for (int c = 0; c < 3; ++c) {
    float want[9] = {a(0, c), a(1, c), b(0, c), a(2, c), a(3, c),
                     b(1, c), a(4, c), b(2, c), b(3, c)};
    for (int r = 0; r < 9; ++r)
      EXPECT_EQ(at(packed, 64, 3, r, c), want[r]) << r << ", " << c;
    for (int r = 9; r < 16; ++r)
      EXPECT_EQ(at(packed, 64, 3, r, c), 0);
  }
  for (int i : {0, 63, 256, 299})
    EXPECT_EQ(packed.bytes[i], 0) << i;
}

TEST(WeightJobs, JoinedVectorTakesElements) {
  TestFolder folder;
  writeSources(folder, 40);
  Packed packed = pack(R"(
llm.weight @b : tensor<6xf32> {chunks = array<i64: 2, 1>,
  packed = #llm.packed<"f32_n1", offset = 0, bytes = 24>, parts = [
  #llm.source<file = "bf16.bin", offset = 0, type = bf16,
    rows = 4, columns = 1, rowStride = 1, columnStride = 1>,
  #llm.source<file = "bf16.bin", offset = 20, type = bf16,
    rows = 2, columns = 1, rowStride = 1, columnStride = 1>]}
)", 24, folder);
  ASSERT_EQ(packed.error, "");
  const int want[6] = {0, 1, 10, 2, 3, 11};
  for (int i = 0; i < 6; ++i) {
    float x;
    memcpy(&x, packed.bytes.data() + i * 4, 4);
    EXPECT_EQ(x, llmc_bf16_to_float(llmc_float_to_bf16(element(want[i]))));
  }
}

/// The rows of a packed weight of 16 rows, as floats.
std::vector<float> unpacked(const Packed &packed, const char *layout,
                            int64_t k) {
  const llmc_layout *l = llmc_find_layout(layout);
  std::vector<float> rows(16 * k);
  for (int64_t p = 0; p < 2; ++p)
    l->unpack(packed.bytes.data() + p * l->panel_bytes(k), k,
              rows.data() + p * 8 * k);
  return rows;
}

// Codes of 4 bits with zero points in blocks of 32, and of 8 bits without in
// blocks of 64, the last part-filled: packed as codes they mean exactly what
// they are as floats. Between them a part of floats, rounded by row.
TEST(WeightJobs, BlockSchemesKeepGivenCodes) {
  TestFolder folder;
  writeSources(folder, 4000);
  auto weight = [](const std::string &layout) {
    int64_t bytes = 2 * llmc_find_layout(layout.c_str())->panel_bytes(300);
    return R"(
llm.weight @w : tensor<15x300xf32> {chunks = array<i64: 2, 1, 1>, packed = #llm.packed<")" +
           layout + "\", offset = 0, bytes = " + std::to_string(bytes) + R"(>, parts = [
  #llm.source<file = "bf16.bin", offset = 1, type = ui4, rows = 9, columns = 300,
    rowStride = 320, columnStride = 1,
    blocks = <size = 32, scales = 2000, scaleType = f16, zeros = 2300>>,
  #llm.source<file = "bf16.bin", offset = 3, type = ui8, rows = 5, columns = 300,
    rowStride = 320, columnStride = 1,
    blocks = <size = 64, scales = 3000, scaleType = bf16>>,
  #llm.source<file = "f32.bin", offset = 0, type = f32, rows = 1, columns = 300,
    rowStride = 300, columnStride = 1>]}
)";
  };
  Packed floats = pack(weight("f32_n8"), 2 * 300 * 32, folder);
  Packed codes = pack(weight("b8z_n8_g32"), 8192, folder);
  ASSERT_EQ(floats.error + codes.error, "");
  std::vector<float> want = unpacked(floats, "f32_n8", 300);
  std::vector<float> got = unpacked(codes, "b8z_n8_g32", 300);
  for (int64_t i = 0; i < 15 * 300; ++i)
    if (i / 300 == 3) // 2 + 1 rows of codes, then the floats
      EXPECT_NEAR(got[i], want[i], 0.1) << i;
    else
      ASSERT_EQ(got[i], want[i]) << i;
}

// Every second row of codes, scales and zero points from row 1 on, and the others.
TEST(WeightJobs, BlockRowsMayBeLeftOut) {
  TestFolder folder;
  writeSources(folder, 4000);
  auto weight = [](const std::string &parts) {
    return R"(
llm.weight @w : tensor<10x100xf32> {packed = #llm.packed<"f32_n8", offset = 0, bytes = 6400>, )" +
           parts + "}";
  };
  auto part = [](int row, int rows, int step) {
    std::string number = std::to_string(rows);
    return "#llm.source<file = \"bf16.bin\", offset = " + std::to_string(64 * row) +
           ", type = ui4, rows = " + number + ", columns = 100, rowStride = " +
           std::to_string(128 * step) + ", columnStride = 1, blocks = <size = 32, scales = " +
           std::to_string(2000 + 8 * row) + ", scaleType = bf16, zeros = " +
           std::to_string(2300 + 2 * row) + ">>";
  };
  Packed whole = pack(weight("parts = [" + part(0, 10, 1) + "]"), 6400, folder);
  Packed halves = pack(weight("chunks = array<i64: 1, 1>, parts = [" + part(0, 5, 2) +
                              ", " + part(1, 5, 2) + "]"), 6400, folder);
  ASSERT_EQ(whole.error + halves.error, "");
  EXPECT_EQ(whole.bytes, halves.bytes);
}

// Many panels, in parallel: the bytes do not depend on the number of threads.
TEST(WeightJobs, ThreadsGiveTheSameBytes) {
  TestFolder folder;
  writeSources(folder, 1001 * 70);
  std::string weight = R"(
llm.weight @w : tensor<1001x70xf32> {packed = #llm.packed<"i4_n8_g32", offset = 0, bytes = BYTES>, parts = [
  #llm.source<file = "f32.bin", offset = 0, type = f32,
    rows = 1001, columns = 70, rowStride = 70, columnStride = 1>]}
)";
  int64_t bytes = 126 * llmc_find_layout("i4_n8_g32")->panel_bytes(70);
  weight.replace(weight.find("BYTES"), 5, std::to_string(bytes));
  Packed one = pack(weight, bytes, folder, 1), many = pack(weight, bytes, folder, 5);
  ASSERT_EQ(one.error, "");
  EXPECT_EQ(int64_t(one.bytes.size()), bytes);
  EXPECT_EQ(one.bytes, many.bytes);
}

TEST(WeightJobs, WarnsOfNotANumberOnce) {
  TestFolder folder;
  std::vector<float> values(64, 1.0f);
  values[3] = values[40] = __builtin_nanf("");
  std::ofstream(folder.path + "/f")
      .write(reinterpret_cast<char *>(values.data()), 256);
  Packed packed = pack(R"(
llm.weight @w : tensor<16x4xf32> {packed = #llm.packed<"f32_n8", offset = 0, bytes = 256>, parts = [
  #llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 4, rowStride = 4, columnStride = 1>]}
)", 256, folder);
  EXPECT_EQ(packed.error, "");
  ASSERT_EQ(packed.warnings.size(), 1u);
  EXPECT_EQ(packed.warnings[0],
            "f: tensor w has values that are NaN or infinite");
}

TEST(WeightJobs, RefusesWhatDoesNotFit) {
  TestFolder folder;
  writeSources(folder, 10);
  auto weight = [](const char *packed, const char *file) {
    return std::string("llm.weight @w : tensor<4x4xf32> {") + packed +
           "parts = [#llm.source<file = \"" + file +
           "\", offset = 0, type = f32, rows = 4, columns = 4, rowStride = 4, "
           "columnStride = 1>]}";
  };
  const char *good = "packed = #llm.packed<\"f32_n8\", offset = 0, bytes = 128>, ";
  EXPECT_EQ(pack(weight("packed = #llm.packed<\"none\", offset = 0, bytes = 64>, ",
                        "f32.bin"), 64, folder).error,
            "weight w: unknown layout none");
  EXPECT_EQ(pack(weight("packed = #llm.packed<\"f32_n8\", offset = 0, bytes = 64>, ",
                        "f32.bin"), 64, folder).error,
            "weight w: 64 packed bytes, f32_n8 takes 128");
  EXPECT_NE(pack(weight(good, "f32.bin"), 128, folder).error.find("beyond its end"),
            std::string::npos);
  EXPECT_NE(pack(weight(good, "none"), 128, folder).error.find("none: No such file"),
            std::string::npos);
}

} // namespace
