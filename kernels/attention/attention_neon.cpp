// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on NEON: K and V are read where they stand, 4 positions x up to 4
// query heads or 2 x 8 at a time; f16 and int8 are widened on the way, or once
// per block when more heads share it.
#include "kernels/attention/decode_attention_splits.h"
#include <arm_neon.h>

namespace {

// a0 + a1, a2 + a3, b0 + b1, b2 + b3.
LLMC_INLINE Vec<4> pairwise(Vec<4> a, Vec<4> b) {
  return __builtin_bit_cast(Vec<4>,
                            vpaddq_f32(__builtin_bit_cast(float32x4_t, a),
                                       __builtin_bit_cast(float32x4_t, b)));
}

// C vectors from p on.
template <int C> struct Floats {
  Vec<4> part[C];
};

template <int C> LLMC_INLINE Floats<C> loadFloats(const float *p) {
  Floats<C> f;
#pragma clang loop unroll(full)
  for (int i = 0; i < C; ++i)
    f.part[i] = loadAs<Vec<4>>(p + 4 * i);
  return f;
}

template <int C> LLMC_INLINE Floats<C> loadFloats(const _Float16 *p) {
  typedef _Float16 Half4 __attribute__((ext_vector_type(4)));
  typedef _Float16 Half8 __attribute__((ext_vector_type(8)));
  Floats<C> f;
  if constexpr (C == 1) {
    f.part[0] = __builtin_convertvector(loadAs<Half4>(p), Vec<4>);
  } else {
#pragma clang loop unroll(full)
    for (int i = 0; i < C; i += 2) {
      Half8 h = loadAs<Half8>(p + 4 * i);
      f.part[i] = __builtin_convertvector(h.lo, Vec<4>);
      f.part[i + 1] = __builtin_convertvector(h.hi, Vec<4>);
    }
  }
  return f;
}

// x as integers above 1.5 * 2^23, which is then taken off: cheaper than scvtf.
LLMC_INLINE Vec<4> toFloats(int32x4_t x) {
  return __builtin_bit_cast(Vec<4>, x) - Vec<4>(12582912.0f);
}

template <int C> LLMC_INLINE Floats<C> loadFloats(const int8_t *p) {
  Floats<C> f;
  if constexpr (C == 1) {
    typedef int8_t Codes4 __attribute__((ext_vector_type(4)));
    f.part[0] = __builtin_convertvector(loadAs<Codes4>(p), Vec<4>);
  } else {
#pragma clang loop unroll(full)
    for (int i = 0; i < C; i += 2) {
      int16x8_t x = vmovl_s8(vld1_s8(p + 4 * i));
      const int32x4_t base = vdupq_n_s32(0x4b400000);
      f.part[i] = toFloats(vaddw_s16(base, vget_low_s16(x)));
      f.part[i + 1] = toFloats(vaddw_high_s16(base, x));
    }
  }
  return f;
}

template <typename E> LLMC_INLINE Vec<4> loadPart(const E *p, int64_t n) {
  Vec<4> v = 0.0f;
  for (int64_t i = 0; i < n; ++i)
    v[i] = (float)p[i];
  return v;
}

// acc += q . k over columns c to c + 4 C - 1.
template <int Q, int P, int C, typename E>
LLMC_INLINE void scoreStep(const Query *queries, const E *const *k, int64_t c,
                           Vec<4> (*acc)[P]) {
  Floats<C> x[P];
#pragma clang loop unroll(full)
  for (int j = 0; j < P; ++j)
    x[j] = loadFloats<C>(k[j] + c);
#pragma clang loop unroll(full)
  for (int e = 0; e < C; ++e)
#pragma clang loop unroll(full)
    for (int i = 0; i < Q; ++i) {
      Vec<4> q = loadAs<Vec<4>>(queries[i].q + c + 4 * e);
#pragma clang loop unroll(full)
      for (int j = 0; j < P; ++j)
        acc[i][j] = fma(q, x[j].part[e], acc[i][j]);
    }
}

// scores[i][p .. p + P) of Q queries with positions p to p + P - 1; positions
// from n on repeat the last.
template <int Q, int P, typename E>
LLMC_INLINE void scoreTile(const Query *queries, const E *keys, int64_t p,
                           int64_t n, int64_t d, float (*scores)[kBlock]) {
  const E *k[P];
  Vec<4> acc[Q][P];
  k[0] = keys + p * d;
#pragma clang loop unroll(full)
  for (int j = 1; j < P; ++j)
    k[j] = p + j < n ? k[j - 1] + d : k[j - 1];
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * P; ++i)
    acc[i / P][i % P] = 0.0f;
  constexpr int C = sizeof(E) == 4 ? 1 : 2;
  int64_t c = 0;
  for (; c + 4 * C <= d; c += 4 * C)
    scoreStep<Q, P, C>(queries, k, c, acc);
  if (C > 1 && c + 4 <= d) {
    scoreStep<Q, P, 1>(queries, k, c, acc);
    c += 4;
  }
  if (c < d)
#pragma clang loop unroll(full)
    for (int i = 0; i < Q * P; ++i)
      acc[i / P][i % P] =
          fma(loadPart(queries[i / P].q + c, d - c),
              loadPart(k[i % P] + c, d - c), acc[i / P][i % P]);
  if constexpr (P == 2) { // two queries fill a vector
#pragma clang loop unroll(full)
    for (int i = 0; i < Q; i += 2) {
      Vec<4> sums = pairwise(pairwise(acc[i][0], acc[i][1]),
                             pairwise(acc[i + 1][0], acc[i + 1][1]));
      storeAs(&scores[i][p], sums.lo);
      storeAs(&scores[i + 1][p], sums.hi);
    }
  } else {
#pragma clang loop unroll(full)
    for (int i = 0; i < Q; ++i)
#pragma clang loop unroll(full)
      for (int j = 0; j < P; j += 4)
        storeAs(&scores[i][p + j],
                pairwise(pairwise(acc[i][j], acc[i][j + 1]),
                         pairwise(acc[i][j + 2], acc[i][j + 3])));
  }
}

// Columns c to c + 4 M - 1 of weights[lo..hi] . V to out.
template <int Q, int M, typename E>
LLMC_INLINE void valueTile(Query *queries, const float (*weights)[kBlock],
                           const Join *joins, const E *v, int64_t d, int64_t c,
                           int64_t lo, int64_t hi) {
  Vec<4> acc[Q][M];
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * M; ++i)
    acc[i / M][i % M] = 0.0f;
  int64_t p = lo;
  v += c + lo * d;
  for (; p + 3 <= hi; p += 4) { // weights by lane
    Vec<4> w[Q];
#pragma clang loop unroll(full)
    for (int i = 0; i < Q; ++i)
      w[i] = loadAs<Vec<4>>(&weights[i][p]);
#pragma clang loop unroll(full)
    for (int at = 0; at < 4; ++at, v += d) {
      Floats<M> x = loadFloats<M>(v);
#pragma clang loop unroll(full)
      for (int i = 0; i < Q * M; ++i)
        acc[i / M][i % M] =
            fma(Vec<4>(w[i / M][at]), x.part[i % M], acc[i / M][i % M]);
    }
  }
  for (; p <= hi; ++p, v += d) {
    Floats<M> x = loadFloats<M>(v);
#pragma clang loop unroll(full)
    for (int i = 0; i < Q * M; ++i)
      acc[i / M][i % M] =
          fma(Vec<4>(weights[i / M][p]), x.part[i % M], acc[i / M][i % M]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * M; ++i)
    joinOut(queries[i / M].out + c + i % M * 4, joins[i / M],
            acc[i / M][i % M]);
}

// Q queries against the block at `start`, of which n positions exist.
template <int Q, typename E>
void attendQueries(const Shape &shape, Query *queries, int64_t start,
                   KvRows<E> k, KvRows<E> v, int64_t n) {
  int64_t d = shape.d, c = 0;
  auto [lo, hi] = seenBy<Q>(queries, start);
  if (lo > hi)
    return;
  constexpr int P = Q == 1 ? 8 : Q == 8 ? 2 : 4;
  float scores[Q][kBlock];
  Join joins[Q];
  for (int64_t p = lo / P * P; p <= hi; p += P)
    scoreTile<Q, P>(queries, k.x, p, n, d, scores);
  for (int i = 0; i < Q; ++i)
    joins[i] = softmaxStep(shape, queries[i], scores[i], start, hi, k.scales,
                           v.scales);
  constexpr int M = Q == 8 ? 2 : Q == 4 ? 4 : 8;
  for (; c + 4 * M <= d; c += 4 * M)
    valueTile<Q, M>(queries, scores, joins, v.x, d, c, lo, hi);
  for (; c + 4 <= d; c += 4)
    valueTile<Q, 1>(queries, scores, joins, v.x, d, c, lo, hi);
  for (; c < d; ++c)
    for (int i = 0; i < Q; ++i) {
      float acc = 0;
      for (int64_t p = lo; p <= hi; ++p)
        acc = __builtin_fmaf(scores[i][p], (float)v.x[p * d + c], acc);
      joinOut(queries[i].out + c, joins[i], acc);
    }
}

template <typename E>
void attendTiles(const Shape &shape, Query *queries, int64_t count,
                 int64_t start, KvRows<E> k, KvRows<E> v, int64_t n) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    attendQueries<4>(shape, queries + i, start, k, v, n);
  for (; i + 2 <= count; i += 2)
    attendQueries<2>(shape, queries + i, start, k, v, n);
  if (i < count)
    attendQueries<1>(shape, queries + i, start, k, v, n);
}

LLMC_INLINE KvRows<float> widened(KvRows<float> x, int64_t, float *) {
  return x;
}
template <typename E>
KvRows<float> widened(KvRows<E> rows, int64_t n, float *out) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    storeAs(out + i, loadFloats<4>(rows.x + i));
  for (; i < n; ++i)
    out[i] = (float)rows.x[i];
  return {out, rows.scales};
}

// Scratch: K and V of a block as f32 where the cache has others.
struct AttendNeon : Unprepared {
  template <typename E>
  void operator()(const Shape &shape, Query *queries, int64_t count,
                  int64_t start, KvRows<E> k, KvRows<E> v) const {
    int64_t last = 0, d = shape.d;
    for (int64_t i = 0; i < count; ++i)
      last = most(last, queries[i].last);
    int64_t n = least(kBlock, last + 1 - start);
    if (count <= 4)
      return attendTiles(shape, queries, count, start, k, v, n);
    if (count == 8 && sizeof(E) < 4)
      return attendQueries<8>(shape, queries, start, k, v, n);
    attendTiles(shape, queries, count, start,
                widened(k, n * d, shape.scratch),
                widened(v, n * d, shape.scratch + kBlock * d), n);
  }
};

} // namespace

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_4x64_neon) {
  attention<float>(args, begin, end, AttendNeon());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_4x64_neon) {
  attention<_Float16>(args, begin, end, AttendNeon());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_i8_4x64_neon) {
  attention<int8_t>(args, begin, end, AttendNeon());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f32_4x64_neon) {
  decodeAttention<float>(args, begin, end, AttendNeon());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f16_4x64_neon) {
  decodeAttention<_Float16>(args, begin, end, AttendNeon());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_i8_4x64_neon) {
  decodeAttention<int8_t>(args, begin, end, AttendNeon());
}
