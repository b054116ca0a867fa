// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention in half precision: its arithmetic against exact sums, its oracles
// against softmax in double, also where f16 would overflow.
#include "kernels/attention/attention_oracle.h"
#include "test/kernels/oracle.h"
#include <cmath>

namespace llmc::test {

namespace {

TEST(HalfAttention, WeightIsAPowerOfTwo) {
  for (float scale : {0.01f, 1.0f, 3.7f})
    for (float highest : {-500.3f, -0.4f, 0.0f, 0.4f, 12345.6f}) {
      HalfScale to = halfScale(scale, 0);
      HalfWeights w = halfWeights(highest, to);
      double top = w.m / std::log(2.0);
      EXPECT_NEAR(top, std::nearbyint(top), 2e-7 * std::fabs(top));
      EXPECT_LE(std::fabs(top - highest * scale / std::log(2.0)), 0.502);
      for (float t = -109; t < 0; t += 0.0137f) {
        float s = highest + t / to.factor; // t powers of two below, rounded
        double power = (double(s) * to.factor) - std::nearbyint(top) - 6;
        EXPECT_NEAR(exp2Weight(s, to.factor, w) / std::exp2(power), 1, 1.1e-4)
            << t;
      }
      EXPECT_GT(exp2Weight(-INFINITY, to.factor, w), 0);
      EXPECT_LT(exp2Weight(-INFINITY, to.factor, w), std::exp2(-114.0f));
    }
}

TEST(HalfAttention, FusedMultiplyAddRoundsOnce) {
  Random random(3);
  auto half = [&] {
    float x = std::ldexp(random.gaussian(), int(random.uniform() * 24) - 14);
    return roundToHalf(x);
  };
  for (int i = 0; i < 200000; ++i) {
    float a = half(), b = half(), c = half();
    if (i % 3 == 0) // near a tie, or cancelling
      c = roundToHalf(-a * b * (i % 2 ? 1 : 2048));
    long double exact = (long double)a * b + c;
    if (std::fabs(double(exact)) > 60000)
      continue;
    // The neighbours of a result must not be closer.
    float got = fmaHalf(a, b, c);
    uint16_t bits = llmc_float_to_f16(got);
    for (int step : {-1, 1}) {
      float other = llmc_f16_to_float(uint16_t(bits + step));
      if (other == other && (got != 0 || step > 0))
        EXPECT_LE(fabsl(got - exact), fabsl(other - exact)) << a << " " << b;
    }
  }
}

// One head over 130 positions. K is of size `k`, V of `v`.
template <typename E> struct Case {
  Case(float kSize, float vSize)
      : q(gaussian(d, 1)), out(d), cache(2 * part / 4 + 16) {
    k = kvRows<E>({cache.data(), 1, context, d, 0}, 0, 0, 0);
    v = kvRows<E>({cache.data() + part / 4, 1, context, d, 0}, 0, 0, 0);
    Random random(5);
    for (KvRows<E> rows : {k, v}) {
      float size = rows.x == k.x ? kSize : vSize;
      for (int64_t i = 0; i < context * d; ++i)
        store(rows.x[i], size, float(random.gaussian()) / 5);
      for (int64_t p = 0; sizeof(E) == 1 && p < context; ++p)
        rows.scales[p] = size / 127 * float(0.5 + random.uniform() / 2);
    }
  }
  static void store(uint16_t &to, float size, float x) {
    to = llmc_float_to_f16(std::fmin(1.0f, std::fmax(-1.0f, x)) * size);
  }
  static void store(int8_t &to, float, float x) {
    to = int8_t(127 * std::fmin(1.0f, std::fmax(-1.0f, x)));
  }
  static double at(KvRows<E> rows, int64_t p, int64_t i) {
    double x = decode(rows.x[p * d + i]);
    return rows.scales ? x * rows.scales[p] : x;
  }

  // The largest error of `symbol`, relative to the size of V.
  double error(const std::string &symbol, float scale, double cap) {
    int32_t sequence = 0, position = context - 1;
    llmc_attention_args args = {q.data(), &sequence, &position, cache.data(),
                                cache.data() + part / 4, out.data(), 1, 1, 1, d,
                                context, 0, 0, 3 * d, scale, cap, d, nullptr};
    size_t count;
    const llmc_kernel_row *rows = llmc_kernel_rows(&count);
    for (size_t i = 0; i < count; ++i)
      if (symbol == rows[i].symbol)
        rows[i].kernel(&args, 0, 1);
    double top = -INFINITY, total = 0, worst = 0, size = 0;
    std::vector<double> s(context), want(d);
    for (int64_t p = 0; p < context; ++p) {
      for (int64_t i = 0; i < d; ++i)
        s[p] += q[i] * at(k, p, i);
      s[p] *= scale;
      s[p] = cap > 0 ? cap * std::tanh(s[p] / cap) : s[p];
      top = std::fmax(top, s[p]);
    }
    for (int64_t p = 0; p < context; ++p) {
      double w = std::exp(s[p] - top);
      total += w;
      for (int64_t i = 0; i < d; ++i) {
        want[i] += w * at(v, p, i);
        size = std::fmax(size, std::fabs(at(v, p, i)));
      }
    }
    for (int64_t i = 0; i < d; ++i)
      worst = std::fmax(worst, std::isfinite(out[i])
                                   ? std::fabs(out[i] - want[i] / total) / size
                                   : INFINITY);
    return worst;
  }

  static constexpr int64_t d = 64, context = 130;
  static constexpr int64_t part = (context * d * 2 + 63) / 64 * 64 + 1024;
  std::vector<float> q, out, cache;
  KvRows<E> k, v;
};

TEST(HalfAttention, IsSoftmaxWithinHalfPrecision) {
  for (double cap : {0.0, 20.0}) {
    Case<uint16_t> f16(8, 2);
    EXPECT_LT(f16.error("llmc_attention_f32_f32_kv_f16_half_ref", 0.125f, cap),
              5e-4);
    EXPECT_LT(f16.error("llmc_attention_f32_f32_kv_f16_ref", 0.125f, cap), 2e-6);
    Case<int8_t> i8(8, 2);
    EXPECT_LT(i8.error("llmc_attention_f32_f32_kv_i8_half_ref", 0.125f, cap),
              5e-4);
  }
}

TEST(HalfAttention, DoesNotOverflow) {
  Case<uint16_t> f16(65504, 65504);
  EXPECT_LT(f16.error("llmc_attention_f32_f32_kv_f16_half_ref", 1e-5f, 0), 5e-4);
  Case<int8_t> i8(1e15f, 1e15f);
  EXPECT_LT(i8.error("llmc_attention_f32_f32_kv_i8_half_ref", 1e-15f, 0), 5e-4);
  Case<int8_t> tiny(1e-15f, 1e-20f);
  EXPECT_LT(tiny.error("llmc_attention_f32_f32_kv_i8_half_ref", 1e15f, 0), 5e-4);
}

} // namespace

} // namespace llmc::test
