// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layouts and formats: pack and unpack round trips at odd sizes, the error of
// each format on Gaussian weights, and the sizes that the design promises.
#include "kernels/formats/float16.h"
#include "kernels/formats/int_formats.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "test/kernels/random.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace llmc::test;

namespace {

const char *const kNames[] = {
#define LLMC_LAYOUT(name, scheme, group, nr) #name,
#include "kernels/layouts/layouts.def"
};

std::vector<float> roundTrip(const llmc_layout &layout,
                             const std::vector<float> &rows, int64_t count,
                             int64_t k) {
  std::vector<uint8_t> panel(layout.panel_bytes(k) + 1, 0xcd);
  std::vector<uint8_t> work(layout.pack_work(k) + 1, 0xcd);
  layout.pack(rows.data(), count, k, panel.data(), work.data());
  EXPECT_EQ(panel.back(), 0xcd) << layout.name << " writes past its panel";
  EXPECT_EQ(work.back(), 0xcd) << layout.name << " writes past its work";
  std::vector<float> back(layout.nr * k, -1);
  layout.unpack(panel.data(), k, back.data());
  return back;
}

double snr(const std::vector<float> &want, const std::vector<float> &got) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    signal += double(want[i]) * want[i];
    noise += (double(want[i]) - got[i]) * (double(want[i]) - got[i]);
  }
  return noise > 0 ? 10 * std::log10(signal / noise) : 999;
}

// The least SNR in dB that a scheme must reach on Gaussian weights.
double bound(const llmc_layout &l) {
  std::string scheme = l.scheme;
  if (scheme == "f32")
    return 900;
  if (scheme == "f16")
    return 70;
  if (scheme == "bf16")
    return 50;
  if (scheme == "int8")
    return 40;
  if (scheme[0] == 'b') // block4, block8: 6 dB a bit
    return (l.group == 16 ? 22.0 : l.group == 32 ? 21.2 : 19.4) +
           (scheme[5] == '8' ? 23 : 0);
  return l.group == 32 ? 21.3 : l.group == 64 ? 20.4 : 19.6;
}

TEST(Layouts, RoundTripAtOddSizes) {
  for (const char *name : kNames) {
    const llmc_layout *l = llmc_find_layout(name);
    ASSERT_NE(l, nullptr) << name;
    EXPECT_STREQ(l->name, name);
    for (int64_t k : {1, 31, 32, 33, 84, 173, 256, 257, 300, 1024})
      for (int64_t count = 1; count <= l->nr; count += 3) {
        std::vector<float> rows = gaussian(count * k, 7 + k);
        std::vector<float> back = roundTrip(*l, rows, count, k);
        for (int64_t c = count; c < l->nr; ++c)
          for (int64_t i = 0; i < k; ++i)
            ASSERT_EQ(back[c * k + i], 0) << name << " missing channels";
        back.resize(count * k);
        // Short rows are easier to fit, never harder by much.
        EXPECT_GT(snr(rows, back), bound(*l) - (count * k < 2000 ? 2.5 : 0))
            << name << " k=" << k << " count=" << count;
        // What the format can say exactly survives packing again.
        std::vector<float> again = roundTrip(*l, back, count, k);
        again.resize(count * k);
        EXPECT_GT(snr(back, again), 30) << name << " k=" << k;
      }
  }
}

TEST(Layouts, SnrOfGaussianRows) {
  const int64_t k = 4096;
  for (const char *name : kNames) {
    const llmc_layout *l = llmc_find_layout(name);
    std::vector<float> rows = gaussian(l->nr * k, 11);
    double db = snr(rows, roundTrip(*l, rows, l->nr, k));
    RecordProperty(name, std::to_string(db));
    EXPECT_GE(db, bound(*l)) << name;
  }
}

TEST(Layouts, ZerosStayZero) {
  for (const char *name : kNames) {
    const llmc_layout *l = llmc_find_layout(name);
    std::vector<float> rows(l->nr * 40, 0.0f);
    EXPECT_EQ(roundTrip(*l, rows, l->nr, 40), rows) << name;
  }
}

TEST(Layouts, UnknownNameIsNull) {
  EXPECT_EQ(llmc_find_layout("i4_n8_g33"), nullptr);
}

TEST(Layouts, Int4TakesFourAndAQuarterBits) {
  const int64_t k = 2048;
  double bits = llmc_find_layout("i4_n8_g32")->panel_bytes(k) * 8.0 / (8 * k);
  EXPECT_DOUBLE_EQ(bits, 4.25 + 32.0 / k);
}

TEST(Formats, Int4CodesKeepTheirRange) {
  std::vector<float> row = gaussian(300, 3);
  row[5] = 40;
  std::vector<int8_t> codes(320), multipliers(10);
  std::vector<float> steps(10);
  float scale;
  llmc_encode_int4(row.data(), 300, 32, codes.data(), multipliers.data(),
                   &scale, steps.data());
  for (int8_t c : codes)
    EXPECT_TRUE(c >= -8 && c <= 7) << int(c);
  for (int8_t r : multipliers)
    EXPECT_TRUE(r != 0 && r >= -15 && r <= 15) << int(r);
  EXPECT_TRUE(std::isfinite(scale));
}

TEST(Formats, HalfRoundsToNearestEven) {
  EXPECT_EQ(llmc_float_to_f16(1.0f + 0x1p-11f), 0x3c00);
  EXPECT_EQ(llmc_float_to_f16(1.0f + 0x1.8p-10f), 0x3c02);
  EXPECT_EQ(llmc_float_to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(llmc_float_to_bf16(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(llmc_float_to_bf16(1.0f + 0x1.8p-7f), 0x3f82);
  float nan = llmc_bf16_to_float(
      llmc_float_to_bf16(std::numeric_limits<float>::quiet_NaN()));
  EXPECT_TRUE(std::isnan(nan));
  for (uint32_t i = 0; i < 65536; ++i) {
    float x = llmc_f16_to_float(uint16_t(i));
    if (!std::isnan(x)) {
      ASSERT_EQ(llmc_float_to_f16(x), i);
    }
  }
}

TEST(LhsQ8, OffsetsCoverTheOperandOnce) {
  for (int64_t interleave : {1, 2})
    for (int64_t k : {1, 32, 84, 256, 257, 1100}) {
      const int64_t rows = 3;
      std::vector<int> hits(llmc_q8_bytes(rows, k, interleave));
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < llmc_q8_k(k); ++i)
          ASSERT_EQ(++hits.at(llmc_q8_offset(r, i, k, interleave)), 1);
        for (int64_t b = 0; b < llmc_q8_blocks(k); ++b)
          for (int64_t i = 0; i < 4; ++i)
            ASSERT_EQ(
                ++hits.at(llmc_q8_scale_offset(r, b, k, interleave) + i), 1);
      }
    }
}

} // namespace
