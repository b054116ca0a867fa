// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar attention of one query head, for the oracles of attention and
// decode_attention. The order of every sum:
//   q . k    4 partial sums, element i into i mod 4, (0 + 1) + (2 + 3)
//   sum of p 16 partial sums per block, position i into i mod 16, halves onto
//            halves (vectors.h)
//   p . V    ascending positions
// Of an int8 cache q . k sums codes and is then multiplied by k's scale; p . V
// multiplies p by v's scale first.
//
// Half: everything is rounded to f16 but the scores and sums of sums. q is first
// brought below 2^-7 by a power of two (halfUnit), which multiplies the scores
// again. q . k goes by 64 elements: 8 partial sums by fused multiply-adds,
// element i into i mod 8, neighbours onto neighbours; these sums are added in
// f32. p = exp2Weight (half_weights.h). p . V sums 32 positions, cut at multiples
// of 32, by fused multiply-adds, and these sums in f32. Of an int8 cache p times
// v's scale is brought below 1 by a power of two of the block (halfUnit), which
// multiplies the sum again.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_ORACLE_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_ORACLE_H

#include "kernels/activation/elementary.h"
#include "kernels/attention/attention.h"
#include "kernels/attention/half_weights.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_rows.h"

namespace {

constexpr int64_t kBlock = LLMC_ATTENTION_BLOCK;

LLMC_INLINE float decode(float x) { return x; }
LLMC_INLINE float decode(uint16_t x) { return llmc_f16_to_float(x); }
LLMC_INLINE float decode(int8_t x) { return x; }

// Positions lo to hi of one block: weights, highest score, sum of weights; the
// true weights are p * unit.
struct Block {
  float p[kBlock], m, l, unit;
  int64_t lo, hi;
};

struct Single {
  template <typename E>
  static float score(const float *q, KvRows<E> k, int64_t p, int64_t n) {
    float partial[4] = {};
    for (int64_t i = 0; i < n; ++i)
      partial[i % 4] =
          __builtin_fmaf(q[i], decode(k.x[p * n + i]), partial[i % 4]);
    float s = (partial[0] + partial[1]) + (partial[2] + partial[3]);
    return k.scales ? s * k.scales[p] : s;
  }

  template <typename E>
  static Block weigh(const float *q, KvRows<E> k, KvRows<E> v, int64_t d,
                     int64_t lo, int64_t hi, float scale, float cap) {
    Block b = {{}, -__builtin_inff(), 0, 1, lo, hi};
    for (int64_t p = lo; p <= hi; ++p) {
      float s = score(q, k, p, d) * scale;
      b.p[p] = cap > 0 ? cap * fastTanh(s / cap) : s;
      b.m = b.p[p] > b.m ? b.p[p] : b.m;
    }
    Vec<16> sums = 0.0f;
    for (int64_t p = lo; p <= hi; ++p) {
      b.p[p] = fastExp(b.p[p] - b.m);
      sums[p % 16] += b.p[p];
      if (v.scales)
        b.p[p] *= v.scales[p];
    }
    b.l = sum16(sums);
    return b;
  }

  // Element i of weights . V.
  template <typename E>
  static float valueOf(const Block &b, KvRows<E> v, int64_t d, int64_t i) {
    float acc = 0;
    for (int64_t p = b.lo; p <= b.hi; ++p)
      acc = __builtin_fmaf(b.p[p], decode(v.x[p * d + i]), acc);
    return acc;
  }
};

LLMC_INLINE float roundToHalf(float x) { return llmc_f16_to_float(llmc_float_to_f16(x)); }

// a * b + c of f16 values, rounded once: the product is exact in f32; the sum is
// rounded to odd, after which rounding to f16 is as if from the exact sum
// (Boldo and Melquiond, 2008).
LLMC_INLINE float fmaHalf(float a, float b, float c) {
  float p = a * b, s = p + c, t = s - p;
  float error = (p - (s - t)) + (c - t);
  uint32_t bits = llmc_float_bits(s);
  if (error != 0 && !(bits & 1))
    bits += (error > 0) == (s > 0) ? 1 : -1;
  return roundToHalf(llmc_bits_float(bits));
}

LLMC_INLINE float addHalf(float a, float b) { return roundToHalf(a + b); }

struct Half {
  static HalfUnit unitOf(const float *q, int64_t n) {
    float highest = 0;
    for (int64_t i = 0; i < n; ++i)
      highest = __builtin_fabsf(q[i]) > highest ? __builtin_fabsf(q[i]) : highest;
    return halfUnit(highest, kQueryExponent);
  }

  // Of q times `inverse`.
  template <typename E>
  static float score(const float *q, float inverse, KvRows<E> k, int64_t p,
                     int64_t n) {
    float s = 0;
    for (int64_t from = 0; from < n; from += 64) {
      float x[8] = {};
      for (int64_t i = from; i < n && i < from + 64; ++i)
        x[i % 8] = fmaHalf(roundToHalf(q[i] * inverse), decode(k.x[p * n + i]),
                           x[i % 8]);
      for (int step = 1; step < 8; step *= 2)
        for (int i = 0; i < 8; i += 2 * step)
          x[i] = addHalf(x[i], x[i + step]);
      s = from ? s + x[0] : x[0];
    }
    return k.scales ? s * k.scales[p] : s;
  }

  template <typename E>
  static Block weigh(const float *q, KvRows<E> k, KvRows<E> v, int64_t d,
                     int64_t lo, int64_t hi, float scale, float cap) {
    Block b = {{}, -__builtin_inff(), 0, 1, lo, hi};
    HalfUnit query = unitOf(q, d);
    HalfScale to = halfScale(scale * query.unit, cap);
    for (int64_t p = lo; p <= hi; ++p) {
      float s = score(q, query.inverse, k, p, d);
      b.p[p] = cap > 0 ? cap * fastTanh(s * to.scale / cap) : s;
      b.m = b.p[p] > b.m ? b.p[p] : b.m;
    }
    HalfWeights weights = halfWeights(b.m, to);
    b.m = weights.m;
    float highest = 0;
    Vec<16> sums = 0.0f;
    for (int64_t p = lo; p <= hi; ++p) {
      b.p[p] = exp2Weight(b.p[p], to.factor, weights);
      sums[p % 16] += b.p[p];
      if (v.scales)
        b.p[p] *= v.scales[p];
      highest = b.p[p] > highest ? b.p[p] : highest;
    }
    HalfUnit unit = v.scales ? halfUnit(highest, kWeightExponent) : HalfUnit{1, 1};
    for (int64_t p = lo; p <= hi; ++p)
      b.p[p] = roundToHalf(b.p[p] * unit.inverse);
    b.l = sum16(sums);
    b.unit = unit.unit;
    return b;
  }

  template <typename E>
  static float valueOf(const Block &b, KvRows<E> v, int64_t d, int64_t i) {
    float acc = 0, chain = 0;
    for (int64_t p = b.lo; p <= b.hi; ++p) {
      chain = fmaHalf(b.p[p], decode(v.x[p * d + i]), chain);
      if (p % kChain == kChain - 1 || p == b.hi) {
        acc += chain;
        chain = 0;
      }
    }
    return acc * b.unit;
  }
};

// The blocks folded so far; of o, the factors that take in the next block.
struct Folded {
  float m, l, kept, added;
  bool first;
};

LLMC_INLINE Folded join(const Folded &all, float m, float l) {
  if (all.first)
    return {m, l, 0, 1, false};
  float top = m > all.m ? m : all.m;
  float kept = fastExp(all.m - top), added = fastExp(m - top);
  return {top, __builtin_fmaf(all.l, kept, l * added), kept, added, false};
}

LLMC_INLINE void joinOut(float *o, const Folded &before, const Folded &all,
                         float block) {
  *o = before.first ? block : __builtin_fmaf(*o, all.kept, block * all.added);
}

} // namespace

#endif
