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
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_ORACLE_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_ORACLE_H

#include "kernels/activation/elementary.h"
#include "kernels/attention/attention.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_rows.h"

namespace {

constexpr int64_t kBlock = LLMC_ATTENTION_BLOCK;

float decode(float x) { return x; }
float decode(uint16_t x) { return llmc_f16_to_float(x); }
float decode(int8_t x) { return x; }

template <typename E> float dot(const float *q, const E *k, int64_t n) {
  float partial[4] = {};
  for (int64_t i = 0; i < n; ++i)
    partial[i % 4] = __builtin_fmaf(q[i], decode(k[i]), partial[i % 4]);
  return (partial[0] + partial[1]) + (partial[2] + partial[3]);
}

// Positions lo to hi of one block: weights, highest score, sum of weights.
struct Block {
  float p[kBlock], m, l;
  int64_t lo, hi;
};

template <typename E>
Block weigh(const float *q, KvRows<E> k, KvRows<E> v, int64_t d, int64_t lo,
            int64_t hi, float scale, float cap) {
  Block b = {{}, -__builtin_inff(), 0, lo, hi};
  for (int64_t p = lo; p <= hi; ++p) {
    float s = dot(q, k.x + p * d, d);
    s = (k.scales ? s * k.scales[p] : s) * scale;
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
float valueOf(const Block &b, KvRows<E> v, int64_t d, int64_t i) {
  float acc = 0;
  for (int64_t p = b.lo; p <= b.hi; ++p)
    acc = __builtin_fmaf(b.p[p], decode(v.x[p * d + i]), acc);
  return acc;
}

// The blocks folded so far; of o, the factors that take in the next block.
struct Folded {
  float m, l, kept, added;
  bool first;
};

Folded join(const Folded &all, float m, float l) {
  if (all.first)
    return {m, l, 0, 1, false};
  float top = m > all.m ? m : all.m;
  float kept = fastExp(all.m - top), added = fastExp(m - top);
  return {top, __builtin_fmaf(all.l, kept, l * added), kept, added, false};
}

void joinOut(float *o, const Folded &before, const Folded &all, float block) {
  *o = before.first ? block : __builtin_fmaf(*o, all.kept, block * all.added);
}

} // namespace

#endif
