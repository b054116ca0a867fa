// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The linears with a float scale per group, of x86-64, over the policies of
// linear_int_x86.h. Sums and their order are those of linear_block_ref.cpp.
// Codes are multiplied as unsigned numbers: what that and the zero points add is
// a multiple of the sum of a group's activations and is taken off first.
#ifndef LLMC_KERNELS_LINEAR_BLOCK_LINEAR_BLOCK_X86_H
#define LLMC_KERNELS_LINEAR_BLOCK_LINEAR_BLOCK_X86_H

#include "kernels/linear/block/block_panel.h"
#include "kernels/linear/int/linear_int_x86.h"

// Rows whose sums scratch holds.
#define LLMC_X86_BLOCK_ROWS 64

namespace {

// Sums of the groups of one row of activations, each times -`times`.
template <int64_t Group>
static inline void groupSums(const char *a, int64_t kp, int times,
                             int32_t *out) {
  const __m128i flip = _mm_set1_epi8((char)0x80), zero = _mm_setzero_si128();
  for (int64_t k = 0; k < kp; k += Group) {
    __m128i sum = zero;
    int64_t end = least(kp, k + Group);
    for (int64_t i = k; i < end; i += 16) {
      __m128i x = _mm_loadu_si128((const __m128i *)(a + i));
      sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_xor_si128(x, flip), zero));
    }
    *out++ = times * (int32_t)(128 * (end - k) - _mm_extract_epi64(sum, 0) -
                               _mm_extract_epi64(sum, 1));
  }
}

// 8 zero points as int32.
LLMC_INLINE __m256i zeros8(const int8_t *z) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)z));
}

// 32 k of 8 channels: the first 16 onto s, the others onto t.
template <typename P, int Bits>
LLMC_INLINE void add32(__m256i &s, __m256i &t, const uint8_t *w,
                       const char *a) {
  const __m256i flip = _mm256_set1_epi8((char)(Bits == 4 ? 0x88 : P::kBias)),
                low = _mm256_set1_epi8(15);
  for (int j = 0; j < 4; ++j) {
    __m256i x = _mm256_set1_epi32(load32(a + 4 * j)),
            y = _mm256_set1_epi32(load32(a + 4 * j + 16));
    __m256i v = _mm256_xor_si256(load256(w + 32 * j), flip);
    if (Bits == 4) {
      s = P::nibbles(s, _mm256_and_si256(v, low), x);
      t = P::nibbles(t, _mm256_and_si256(_mm256_srli_epi16(v, 4), low), y);
    } else {
      s = P::bytes256(s, v, x);
      t = P::bytes256(t, _mm256_xor_si256(load256(w + 32 * j + 128), flip), y);
    }
  }
}

// What decode adds to a code.
template <typename P, typename Panel> constexpr int decodeBias() {
  return Panel::kBits == 4 ? 8 : P::kBias;
}

// The floats of one superblock, in the order of the oracle.
template <typename P, typename Panel>
LLMC_INLINE Vec<8> spanDot(const uint8_t *in, const char *a,
                           const int32_t *sums, int64_t span) {
  constexpr int64_t group = Panel::kGroup;
  const uint8_t *w = Panel::codes(in, span);
  Vec<8> part = 0.0f;
  // The sum fits 16 bits: a multiply-add of pairs (z, 0) with its low half and
  // its sign.
  auto start = [&](int64_t g) {
    __m256i sum = _mm256_set1_epi32(sums[g]);
    if (!Panel::kZeros)
      return sum;
    __m128i z = _mm_cvtepi8_epi16(_mm_loadl_epi64(
        (const __m128i *)(Panel::zeros(in, span) + g * LLMC_NR)));
    z = _mm_add_epi16(z, _mm_set1_epi16(decodeBias<P, Panel>()));
    return _mm256_madd_epi16(_mm256_cvtepu16_epi32(z), sum);
  };
  auto add = [&](__m256i sum, int64_t g) {
    part = fma((Vec<8>)_mm256_cvtepi32_ps(sum),
               loadAs<Vec<8>>(in + g * LLMC_NR * sizeof(float)), part);
  };
  for (int64_t k = 0; k < span;) {
    int64_t g = k / group, end = least(span, k + (group < 32 ? 32 : group));
    __m256i s = start(g), t = group < 32 ? start(g + 1) : _mm256_setzero_si256();
    for (; k < end; k += 32)
      add32<P, Panel::kBits>(s, t, w + k * Panel::kBits, a + k);
    if (group < 32) {
      add(s, g);
      add(t, g + 1);
    } else {
      add(_mm256_add_epi32(s, t), g);
    }
  }
  return part;
}

// rows == 1. Scratch: 4 bytes a group.
template <typename P, typename Panel>
LLMC_INLINE void decodeBlocks(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const char *row = static_cast<const char *>(a->lhs);
  int64_t kp = llmc_q8_k(a->k);
  int32_t *sums = static_cast<int32_t *>(a->scratch);
  groupSums<Panel::kGroup>(row, kp, Panel::kZeros ? 1 : decodeBias<P, Panel>(),
                           sums);
  for (int64_t n = begin; n < end; n += LLMC_NR) {
    const uint8_t *in = static_cast<const uint8_t *>(a->rhs) +
                        n / LLMC_NR * Panel::bytes(a->k);
    Vec<8> acc = 0.0f;
    for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
      int64_t span = least(LLMC_Q8_BLOCK, kp - k);
      Vec<8> scale = loadAs<float>(row + kp + k / LLMC_Q8_BLOCK * sizeof(float));
      acc = fma(spanDot<P, Panel>(in, row + k, sums + k / Panel::kGroup, span),
                scale, acc);
      in += Panel::bytesOf(span);
    }
    storeValues(a, 0, n, end, acc);
  }
}

// What a prefill tile reads, in scratch: bytes plus kBias, 4 k of all channels
// after the other; by group the scales, and zero points plus kBias as int32.
template <typename P, typename Panel> struct BlockTile {
  typedef typename P::Vec V;
  static constexpr int N = LLMC_X86_VECTORS, kPanels = P::kPanels * N;
  static constexpr int64_t kChannels = kPanels * LLMC_NR;
  static constexpr bool kTake = Panel::kBits == 8 && Panel::kZeros;
  uint8_t *w;
  float *scales;
  int32_t *zeros, *sums;
  int64_t kp, groups;

  BlockTile(const llmc_linear_args *a)
      : w(static_cast<uint8_t *>(a->scratch)), kp(llmc_q8_k(a->k)),
        groups((kp + Panel::kGroup - 1) / Panel::kGroup) {
    scales = reinterpret_cast<float *>(w + kp * kChannels);
    zeros = reinterpret_cast<int32_t *>(scales + groups * kChannels);
    sums = zeros + (kTake ? groups * kChannels : 0);
  }

  // One superblock from k on, of panel p of the tile.
  void unpack(const uint8_t *in, int64_t k, int64_t span,
              int p) const {
    const __m256i bias = _mm256_set1_epi8((char)P::kBias);
    const uint8_t *from = Panel::codes(in, span);
    const int8_t *z = Panel::zeros(in, span);
    uint8_t *to = w + k * kChannels + p * 32;
    if (Panel::kBits == 8)
      for (int64_t i = 0; i < span; i += 4)
        store(to + i * kChannels,
              _mm256_xor_si256(load256(from + i * LLMC_NR), bias));
    else
      for (int64_t i = 0; i < span; i += 32)
        unpackNibbles(from + i * 4, to + i * kChannels,
                      offset(z, i / Panel::kGroup),
                      offset(z, (i + 16) / Panel::kGroup));
    for (int64_t g = 0; g < span; g += Panel::kGroup) {
      int64_t at = (k + g) / Panel::kGroup * kChannels + p * LLMC_NR;
      int64_t of = g / Panel::kGroup * LLMC_NR;
      storeAs(scales + at, loadAs<Vec<8>>(in + of * sizeof(float)));
      if (kTake)
        store(zeros + at, _mm256_add_epi32(zeros8(z + of),
                                           _mm256_set1_epi32(P::kBias)));
    }
  }
  // The sums of group g of a row begin here.
  V start(int64_t row, int64_t g, int v) const {
    typedef IntVec<sizeof(V) / 4> Ints;
    V sum = P::splat(sums[row * groups + g]);
    if (!kTake)
      return sum;
    return (V)(loadAs<Ints>(zeros + g * kChannels + v * (kChannels / N)) *
               (Ints)sum);
  }

private:
  static void store(void *p, __m256i v) { _mm256_storeu_si256((__m256i *)p, v); }
  // From a nibble without sign to the byte: - 8 - zero point + kBias.
  static __m256i offset(const int8_t *zeros, int64_t g) {
    const __m256i spread =
        _mm256_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4,
                         4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
    __m256i base = _mm256_set1_epi8((char)(P::kBias - 8));
    if (!Panel::kZeros)
      return base;
    __m256i z = _mm256_set1_epi64x(loadAs<int64_t>(zeros + g * LLMC_NR));
    return _mm256_sub_epi8(base, _mm256_shuffle_epi8(z, spread));
  }
  static void unpackNibbles(const uint8_t *from, uint8_t *to, __m256i lo,
                            __m256i hi) {
    const __m256i flip = _mm256_set1_epi8((char)0x88), low = _mm256_set1_epi8(15);
    for (int j = 0; j < 4; ++j) {
      __m256i v = _mm256_xor_si256(load256(from + 32 * j), flip);
      uint8_t *at = to + 4 * j * kChannels;
      store(at, _mm256_add_epi8(_mm256_and_si256(v, low), lo));
      store(at + 16 * kChannels,
            _mm256_add_epi8(_mm256_and_si256(_mm256_srli_epi16(v, 4), low), hi));
    }
  }
};

// R rows from `row` on times the channels of a tile; `at`: the row's sums.
template <typename P, typename Panel, int R>
LLMC_INLINE void blockTile(const llmc_linear_args *a,
                           const BlockTile<P, Panel> &t, int64_t row,
                           int64_t at, int64_t first, int64_t end) {
  typedef typename P::Vec V;
  typedef typename P::FloatVec F;
  constexpr int N = LLMC_X86_VECTORS;
  constexpr int64_t group = Panel::kGroup;
  int64_t stride = llmc_q8_stride(a->k, 1);
  const char *lhs = static_cast<const char *>(a->lhs) + row * stride;
  F acc[R][N] = {};
  for (int64_t b = 0; b < t.kp; b += LLMC_Q8_BLOCK) {
    int64_t last = least(b + LLMC_Q8_BLOCK, t.kp);
    F part[R][N] = {};
    for (int64_t k = b; k < last;) {
      int64_t g = k / group, stop = least(last, k + group);
      V sum[R][N];
      for (int r = 0; r < R; ++r)
        for (int v = 0; v < N; ++v)
          sum[r][v] = t.start(at + r, g, v);
      for (; k < stop; k += 4) {
        V weight[N];
        for (int v = 0; v < N; ++v)
          weight[v] = loadAs<V>(t.w + k * t.kChannels + v * sizeof(V));
#pragma clang loop unroll(full)
        for (int r = 0; r < R; ++r) {
          V x = P::splat(load32(lhs + r * stride + k));
          for (int v = 0; v < N; ++v)
            sum[r][v] = P::bytes(sum[r][v], weight[v], x);
        }
      }
      for (int v = 0; v < N; ++v) {
        F scale = loadAs<F>(t.scales + g * t.kChannels + v * (t.kChannels / N));
        for (int r = 0; r < R; ++r)
          part[r][v] = fma(P::toFloat(sum[r][v]), scale, part[r][v]);
      }
    }
    for (int r = 0; r < R; ++r) {
      F scale = loadAs<float>(lhs + r * stride + t.kp +
                              b / LLMC_Q8_BLOCK * sizeof(float));
      for (int v = 0; v < N; ++v)
        acc[r][v] = fma(part[r][v], scale, acc[r][v]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < t.kPanels && first + p * LLMC_NR < end; ++p)
      storeValues(a, row + r, first + p * LLMC_NR, end,
                  loadAs<Vec<8>>((const char *)&acc[r] + p * sizeof(Vec<8>)));
}

// Any rows. Scratch, a kp: kChannels bytes, and by group 4 or 8 a channel and 4
// for each of 64 rows.
template <typename P, typename Panel>
LLMC_INLINE void prefillBlocks(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  typedef BlockTile<P, Panel> Tile;
  constexpr int R = P::kRows / 2;
  Tile t(a);
  int64_t bytes = Panel::bytes(a->k), stride = llmc_q8_stride(a->k, 1);
  for (int64_t begin0 = 0; begin0 < a->rows; begin0 += LLMC_X86_BLOCK_ROWS) {
    int64_t rows = least(LLMC_X86_BLOCK_ROWS, a->rows - begin0);
    for (int64_t r = 0; r < rows; ++r)
      groupSums<Panel::kGroup>(
          static_cast<const char *>(a->lhs) + (begin0 + r) * stride, t.kp,
          Tile::kTake ? 1 : P::kBias, t.sums + r * t.groups);
    for (int64_t n = begin; n < end; n += t.kChannels) {
      for (int p = 0; p < t.kPanels && n + p * LLMC_NR < end; ++p) {
        const uint8_t *in = static_cast<const uint8_t *>(a->rhs) +
                            (n / LLMC_NR + p) * bytes;
        for (int64_t k = 0; k < t.kp; k += LLMC_Q8_BLOCK) {
          int64_t span = least(LLMC_Q8_BLOCK, t.kp - k);
          t.unpack(in, k, span, p);
          in += Panel::bytesOf(span);
        }
      }
      int64_t r = 0;
      for (; r + R <= rows; r += R)
        blockTile<P, Panel, R>(a, t, begin0 + r, r, n, end);
      for (; r < rows; ++r)
        blockTile<P, Panel, 1>(a, t, begin0 + r, r, n, end);
    }
  }
}

} // namespace

#endif
