// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The scalar oracles themselves, against the textbook formulas in double.
#include "kernels/activation/elementary.h"
#include "kernels/activation/gated_activation.h"
#include "kernels/attention/attention.h"
#include "kernels/embedding/embedding.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/linear/linear.h"
#include "kernels/norm/rms_norm.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rope/rope.h"
#include "test/kernels/oracle.h"
#include <cmath>

namespace llmc::test {

namespace {

const llmc_kernel_row &find(const std::string &symbol) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (symbol == rows[i].symbol)
      return rows[i];
  ADD_FAILURE() << "no row " << symbol;
  return rows[0];
}

void run(const std::string &symbol, const void *args, int64_t units) {
  find(symbol).kernel(args, 0, units);
}

double ulps(float got, double want) {
  float f = float(want);
  double ulp = std::nextafter(std::fabs(f), INFINITY) - std::fabs(f);
  return std::fabs(got - want) / ulp;
}

} // namespace

TEST(Elementary, ExpIsAccurateAndClamped) {
  double worst = 0;
  for (float x = -87; x < 80; x += 0.0137f)
    worst = std::max(worst, ulps(fastExp(x), std::exp(double(x))));
  EXPECT_LT(worst, 1.1);
  EXPECT_EQ(fastExp(0.0f), 1.0f);
  EXPECT_EQ(fastExp(-INFINITY), fastExp(-87.0f));
  EXPECT_EQ(fastExp(1000.0f), fastExp(80.0f));
}

namespace {

// The largest error in ulps over every 911th float from `low` to `high`, which
// have one sign.
template <typename F, typename G>
double worstUlps(float low, float high, F formula, G exact) {
  double worst = 0;
  uint32_t from = llmc_float_bits(low), to = llmc_float_bits(high);
  for (uint32_t bits = from; bits < to; bits += 911) {
    float x = llmc_bits_float(bits);
    worst = std::max(worst, ulps(formula(x), exact(double(x))));
  }
  return worst;
}

} // namespace

TEST(Elementary, ActivationsFollowTheirDefinitions) {
  auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  auto tanhGelu = [](double x) {
    double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    return x / (1 + std::exp(-2 * u));
  };
  auto gelu = [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2)); };
  auto fastSilu = [](float x) { return Silu::of(x); };
  EXPECT_LT(worstUlps(1e-20f, 200, fastSilu, silu), 1.6);
  EXPECT_LT(worstUlps(-1e-20f, -16, fastSilu, silu), 2.3);
  EXPECT_LT(worstUlps(-16, -80, fastSilu, silu), 5);
  auto fastTanhGelu = [](float x) { return GeluTanh::of(x); };
  EXPECT_LT(worstUlps(1e-10f, 200, fastTanhGelu, tanhGelu), 1.7);
  EXPECT_LT(worstUlps(-1e-10f, -1, fastTanhGelu, tanhGelu), 3);
  auto fastGelu = [](float x) { return Gelu::of(x); };
  EXPECT_LT(worstUlps(1e-20f, 200, fastGelu, gelu), 2.3);
  EXPECT_LT(worstUlps(-1e-20f, -1, fastGelu, gelu), 5.6);
  for (float x = 0; x < 12; x += 0.00173f) {
    EXPECT_NEAR(GeluTanh::of(-x), tanhGelu(-x), 1e-7);
    EXPECT_NEAR(Gelu::of(-x), gelu(-x), 6e-7);
    EXPECT_NEAR(fastTanh(x), std::tanh(double(x)), 3e-7);
    EXPECT_EQ(Relu::of(x), x);
    EXPECT_EQ(Relu::of(-x), 0);
  }
  EXPECT_EQ(Gelu::of(-1000.0f), 0);
  EXPECT_EQ(Gelu::of(1000.0f), 1000);
  EXPECT_EQ(Silu::of(1000.0f), 1000);
  EXPECT_NEAR(Silu::of(-1000.0f), 0, 1e-30);
}

TEST(Oracle, GatedActivationReadsGateAndUpInChunks) {
  // width 11: gate 0-7, up 0-7, gate 8-10, up 8-10.
  std::vector<float> in(22), out(11);
  for (int i = 0; i < 11; ++i) {
    int at = i < 8 ? i : 16 + i - 8;
    in[at] = float(i);
    in[at + (i < 8 ? 8 : 3)] = float(100 + i);
  }
  llmc_gated_activation_args args = {in.data(), out.data(), 1, 11};
  run("llmc_gated_activation_f32_f32_relu_ref", &args, 22);
  for (int i = 0; i < 11; ++i)
    EXPECT_EQ(out[i], float(i) * float(100 + i)) << i;
}

// Of angles from 1e-6 to 2^30 and, where cos or sin is small, as near to a
// multiple of pi / 2 as f32 comes.
TEST(Oracle, RopeTableIsNearlyRounded) {
  const int64_t half = 64;
  std::vector<float> table(2 * half), frequencies(half);
  double worst = 0;
  auto check = [&](int32_t position) {
    llmc_rope_table_args args = {&position, frequencies.data(), table.data(), 1,
                                 2 * half,  1.0};
    run("llmc_rope_table_f32_ref", &args, 1);
    for (int64_t i = 0; i < half; ++i) {
      double angle = float(position) * frequencies[i];
      worst = std::max(worst, ulps(table[i], std::cos(angle)));
      worst = std::max(worst, ulps(table[half + i], std::sin(angle)));
    }
  };
  for (int64_t i = 0; i < half; ++i)
    frequencies[i] = float(std::pow(500000.0, -double(i) / half));
  for (int64_t position = 0; position < 1 << 30;
       position += 1 + position / 1024)
    check(int32_t(position));
  for (int32_t n = 1; n < 1000; ++n) {
    for (int64_t i = 0; i < half; ++i)
      frequencies[i] = float((n * half + i) * M_PI_2);
    check(1);
  }
  EXPECT_LE(worst, 0.505);
}

TEST(Oracle, RmsNormAddsNormalizesAndScales) {
  const int64_t width = 173;
  std::vector<float> x = gaussian(width, 1), delta = gaussian(width, 2),
                     weight = gaussian(width, 3), out(width), before = x;
  llmc_rms_norm_args args = {x.data(), delta.data(), weight.data(), out.data(),
                             nullptr,  1,            width,         1e-2};
  run("llmc_rms_norm_f32_f32_ref", &args, 1);
  double mean = 0;
  for (int64_t i = 0; i < width; ++i) {
    EXPECT_EQ(x[i], before[i] + delta[i]);
    mean += double(x[i]) * x[i] / width;
  }
  for (int64_t i = 0; i < width; ++i)
    EXPECT_NEAR(out[i], x[i] / std::sqrt(mean + 1e-2) * weight[i], 2e-6);
}

TEST(Oracle, QuantizeIsOffByHalfAStepAtMost) {
  const int64_t width = 600;
  std::vector<float> x = gaussian(width, 1);
  for (int64_t interleave : {1, 2}) {
    Buffer out(llmc_q8_bytes(1, width, interleave));
    llmc_quantize_args args = {x.data(), out.as(), 1, width};
    run(interleave == 1 ? "llmc_quantize_q8_f32_ref"
                        : "llmc_quantize_q8x2_f32_ref",
        &args, 1);
    for (int64_t i = 0; i < width; ++i) {
      float scale = *reinterpret_cast<float *>(
          out.as() + llmc_q8_scale_offset(0, i / 256, width, interleave));
      int8_t code = out.as<int8_t>()[llmc_q8_offset(0, i, width, interleave)];
      EXPECT_LE(std::fabs(x[i] - code * scale), scale * 0.501);
    }
  }
}

TEST(Oracle, LinearsMultiplyWhatTheLayoutsUnpack) {
  const int64_t k = 300, n = 11, rows = 2;
  std::vector<float> w = gaussian(n * k, 1), x = gaussian(rows * k, 2),
                     bias = gaussian(n, 3), out(rows * n);
  Buffer q8(llmc_q8_bytes(rows, k, 1));
  llmc_quantize_args quantize = {x.data(), q8.as(), rows, k};
  run("llmc_quantize_q8_f32_ref", &quantize, rows);
  for (const char *name : {"f32_n8", "f16_n8", "bf16_n8", "i8_n8", "i4_n8_g32",
                           "i4_n8_g64", "i4_n8_g128", "b4_n8_g16", "b4_n8_g32",
                           "b4_n8_g128", "b4z_n8_g16", "b4z_n8_g32",
                           "b4z_n8_g128", "b8_n8_g16", "b8_n8_g32", "b8_n8_g128",
                           "b8z_n8_g16", "b8z_n8_g32", "b8z_n8_g128"}) {
    const llmc_layout *l = llmc_find_layout(name);
    bool floats = l->group == 0 && !is(l->scheme, "int8");
    std::vector<uint8_t> packed(2 * l->panel_bytes(k)), work(l->pack_work(k) + 1);
    std::vector<float> exact(2 * l->nr * k);
    for (int64_t p = 0; p < 2; ++p) {
      uint8_t *panel = packed.data() + p * l->panel_bytes(k);
      l->pack(w.data() + p * 8 * k, p ? 3 : 8, k, panel, work.data());
      l->unpack(panel, k, exact.data() + p * 8 * k);
    }
    llmc_linear_args args = {floats ? (void *)x.data() : q8.as(),
                             packed.data(), bias.data(), out.data(), rows, n, k,
                             n, nullptr};
    run(std::string("llmc_linear_f32_") + (floats ? "f32_" : "q8_") + name +
            "_ref",
        &args, n);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < n; ++c) {
        double want = bias[c];
        for (int64_t i = 0; i < k; ++i) {
          double a = x[r * k + i];
          if (!floats)
            a = q8.as<int8_t>()[llmc_q8_offset(r, i, k, 1)] *
                double(*reinterpret_cast<float *>(
                    q8.as() + llmc_q8_scale_offset(r, i / 256, k, 1)));
          want += a * exact[c * k + i];
        }
        EXPECT_NEAR(out[r * n + c], want, 3e-5) << name;
      }
    if (name[0] == 'b' && name[1] != 'f') // no embedding has block scales
      continue;
    int32_t token = 9;
    std::vector<float> row(k);
    llmc_embedding_args embedding = {&token, packed.data(), row.data(), n, k, 2};
    run(std::string("llmc_embedding_f32_") + name + "_ref", &embedding, 1);
    for (int64_t i = 0; i < k; ++i)
      EXPECT_EQ(row[i], exact[9 * k + i] * 2) << name;
  }
}

// A whole number to 24 bits: what is cut off sets the last.
static int64_t toOdd(int64_t x) {
  int64_t size = std::abs(x), unit = 1;
  while (size / unit >= 1 << 24)
    unit *= 2;
  size = size % unit ? (size / unit | 1) * unit : size;
  return x < 0 ? -size : size;
}

TEST(Oracle, BfdotSumsPairsToOdd) {
  Random random(11);
  const int64_t k = 11, n = 8;
  auto number = [&] {
    int64_t size = int64_t(random.next() % 511) - 255;
    return size * (1 << random.next() % 12);
  };
  int inexact = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<float> x(k), out(n);
    std::vector<uint16_t> w(n * k);
    for (float &to : x)
      to = float(number());
    for (uint16_t &to : w)
      to = llmc_float_to_bf16(float(number()));
    llmc_linear_args args = {x.data(), w.data(), nullptr, out.data(), 1,
                             n,        k,        n,       nullptr};
    run("llmc_linear_f32_f32_bf16_n8_bfdot_ref", &args, n);
    for (int64_t c = 0; c < n; ++c) {
      auto product = [&](int64_t i) {
        return i < k ? int64_t(x[i]) * int64_t(llmc_bf16_to_float(w[i * n + c]))
                     : 0;
      };
      int64_t acc = 0, exact = 0;
      for (int64_t i = 0; i < k; i += 2) {
        acc = toOdd(acc + toOdd(product(i) + product(i + 1)));
        exact += product(i) + product(i + 1);
      }
      ASSERT_EQ(out[c], float(acc)) << round;
      inexact += acc != exact;
    }
  }
  EXPECT_GT(inexact, 4000);
}

TEST(Oracle, BfdotAtTheEndsOfF32) {
  auto dot = [](std::vector<uint16_t> x, std::vector<uint16_t> w) {
    const int64_t k = int64_t(x.size());
    std::vector<float> lhs;
    std::vector<uint16_t> rhs(8 * k);
    for (int64_t i = 0; i < k; ++i) {
      lhs.push_back(llmc_bf16_to_float(x[i]));
      rhs[8 * i] = w[i];
    }
    float out;
    llmc_linear_args args = {lhs.data(), rhs.data(), nullptr, &out, 1, 1, k, 1,
                             nullptr};
    run("llmc_linear_f32_f32_bf16_n8_bfdot_ref", &args, 1);
    return llmc_float_bits(out);
  };
  const uint16_t one = 0x3f80, minus = 0xbf80;
  EXPECT_EQ(dot({0x0080}, {one}), 0x00800000u);  // 2^-126
  EXPECT_EQ(dot({0x007f}, {0x4f00}), 0u);        // a subnormal is 0
  EXPECT_EQ(dot({0x0080}, {0x3f00}), 0u);        // and so is a product
  EXPECT_EQ(dot({0x00c0, 0x0080}, {one, minus}), 0u); // and a sum
  EXPECT_EQ(dot({0x7f00}, {0x4000}), 0x7f800000u);    // 2^128
  // 2^128 less a quarter of the last place: to odd, not to infinity.
  EXPECT_EQ(dot({0x7f7f, 0x7b7f, 0x777f, 0x7340}, {one, one, one, one}),
            0x7f7fffffu);
  EXPECT_EQ(dot({0x7f80}, {0}), 0x7fc00000u);   // infinity * 0
  EXPECT_EQ(dot({0xffc1}, {one}), 0x7fc00000u); // the default NaN
}

TEST(Oracle, AttentionIsSoftmaxOfTheVisiblePositions) {
  const int64_t heads = 4, kv = 2, d = 12, context = 150, rows = 1;
  const int64_t part = llmc_kv_part_bytes(kv, context, d, 4) / 4;
  std::vector<float> cache = gaussian(2 * part, 1),
                     q = gaussian(heads * d, 2), out(heads * d);
  for (int64_t window : {0, 70})
    for (double cap : {0.0, 3.0}) {
      int32_t sequence = 0, position = 141;
      llmc_attention_args args = {q.data(), &sequence, &position, cache.data(),
                                  cache.data() + part, out.data(), rows, heads,
                                  kv, d, context, 0, window, heads * d, 0.4, cap,
                                  heads * d, nullptr};
      run("llmc_attention_f32_f32_kv_f32_ref", &args, kv);
      int64_t first = window ? position - window + 1 : 0;
      for (int64_t h = 0; h < heads; ++h) {
        std::vector<double> sum(d);
        double total = 0;
        for (int64_t p = first; p <= position; ++p) {
          int64_t row = llmc_kv_row(h / 2, p, context, d);
          double s = 0;
          for (int64_t i = 0; i < d; ++i)
            s += double(q[h * d + i]) * cache[row + i];
          s *= 0.4;
          s = std::exp(cap > 0 ? cap * std::tanh(s / cap) : s);
          total += s;
          for (int64_t i = 0; i < d; ++i)
            sum[i] += s * cache[part + row + i];
        }
        for (int64_t i = 0; i < d; ++i)
          EXPECT_NEAR(out[h * d + i], sum[i] / total, 3e-6)
              << "window " << window << " cap " << cap;
      }
    }
}

TEST(Oracle, RopeAppendRotatesAndStores) {
  const int64_t d = 8, context = 5;
  std::vector<float> qkv = gaussian(3 * d, 1), before = qkv, table(d);
  for (int64_t i = 0; i < 4; ++i) {
    table[i] = float(std::cos(0.3 * (1 + i)));
    table[4 + i] = float(std::sin(0.3 * (1 + i)));
  }
  std::vector<float> k(context * d, -9), v(context * d, -9);
  int32_t sequence = 0, position = 3;
  llmc_rope_append_args args = {qkv.data(), table.data(), &sequence, &position,
                                k.data(), v.data(), 1, 1, 1, d, d, context, 0};
  run("llmc_rope_append_f32_kv_f32_ref", &args, 1);
  for (int64_t head = 0; head < 2; ++head)
    for (int64_t i = 0; i < 4; ++i) {
      double a = before[head * d + i], b = before[head * d + 4 + i];
      EXPECT_NEAR(qkv[head * d + i], a * table[i] - b * table[4 + i], 1e-6);
      EXPECT_NEAR(qkv[head * d + 4 + i], b * table[i] + a * table[4 + i], 1e-6);
    }
  for (int64_t i = 0; i < d; ++i) {
    EXPECT_EQ(k[3 * d + i], qkv[d + i]);
    EXPECT_EQ(v[3 * d + i], before[2 * d + i]);
    EXPECT_EQ(k[2 * d + i], -9);
  }
}

} // namespace llmc::test
