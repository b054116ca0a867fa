// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The integer linears of x86-64, written once over a policy P (one file an
// ISA):
//   P::kPanels            panels of 8 channels in one P::Vec (int32 lanes)
//   P::kRows              rows of a prefill tile
//   P::kBias              what prefill adds to a weight byte
//   P::nibbles(acc, u, a) acc + 4-byte dots, u in [0, 15], a int8; 256 bits
//   P::bytes256, P::bytes the same for weight bytes plus kBias
// Sums and their order are those of linear_int_ref.cpp, so the bits are too:
// what the bias adds to an integer sum is taken off before it is used.
#ifndef LLMC_KERNELS_LINEAR_INT_LINEAR_INT_X86_H
#define LLMC_KERNELS_LINEAR_INT_LINEAR_INT_X86_H

#include "kernels/layouts/lhs_q8.h"
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"
#include <immintrin.h>

// Rows whose corrections scratch holds; vectors of channels in a tile.
#define LLMC_X86_ROWS 512
#define LLMC_X86_VECTORS 2

LLMC_INLINE __m256i load256(const void *p) {
  return _mm256_loadu_si256((const __m256i *)p);
}
LLMC_INLINE int32_t load32(const void *p) { return loadAs<int32_t>(p); }

LLMC_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

LLMC_INLINE int32_t sumBytes(const char *a, int64_t n) {
  __m256i sum = _mm256_setzero_si256(), flip = _mm256_set1_epi8((char)0x80);
  for (int64_t i = 0; i < n; i += 32)
    sum = _mm256_add_epi64(
        sum, _mm256_sad_epu8(_mm256_xor_si256(load256(a + i), flip),
                             _mm256_setzero_si256()));
  return (int32_t)(_mm256_extract_epi64(sum, 0) + _mm256_extract_epi64(sum, 1) +
                   _mm256_extract_epi64(sum, 2) + _mm256_extract_epi64(sum, 3) -
                   128 * n);
}

// Stores the channels [first, end) of one panel from their values.
LLMC_INLINE void storeValues(const llmc_linear_args *a, int64_t row,
                             int64_t first, int64_t end, Vec<8> value) {
  float *out = a->out + row * a->out_stride + first;
  if (first + LLMC_NR <= end) {
    storeAs(out, a->bias ? value + loadAs<Vec<8>>(a->bias + first) : value);
    return;
  }
  for (int64_t c = 0; c < end - first; ++c)
    out[c] = a->bias ? value[c] + a->bias[first + c] : value[c];
}

// The same from accumulators that want their channel's scale.
LLMC_INLINE void storePanel(const llmc_linear_args *a, int64_t row,
                            int64_t first, int64_t end, Vec<8> acc,
                            const void *scales) {
  storeValues(a, row, first, end, acc * loadAs<Vec<8>>(scales));
}

struct Int8Panel {
  static int64_t panelBytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static int64_t scales(int64_t k) { return llmc_i8_scales(k); }

  // scratch: sums of 256 activations.
  template <typename P>
  static void correct(const char *row, int64_t kp, int32_t *scratch) {
    for (int64_t i = 0; i < kp; i += LLMC_Q8_BLOCK)
      *scratch++ = -P::kBias * sumBytes(row + i, least(LLMC_Q8_BLOCK, kp - i));
  }
  // Integer sums of one block of the activations `a`.
  template <typename P>
  static Vec<8> dot(const uint8_t *panel, const char *a, int64_t block,
                    int64_t kp, const int32_t *scratch) {
    __m256i bias = _mm256_set1_epi8((char)P::kBias);
    __m256i sum[4] = {_mm256_set1_epi32(scratch[block])};
    for (int i = 1; i < 4; ++i)
      sum[i] = _mm256_setzero_si256();
    int64_t k = block * LLMC_Q8_BLOCK, end = least(k + LLMC_Q8_BLOCK, kp);
    for (; k < end; k += 16)
      for (int i = 0; i < 4; ++i)
        sum[i] = P::bytes256(
            sum[i],
            _mm256_xor_si256(load256(panel + (k + 4 * i) * LLMC_NR), bias),
            _mm256_set1_epi32(load32(a + k + 4 * i)));
    return (Vec<8>)_mm256_cvtepi32_ps(_mm256_add_epi32(
        _mm256_add_epi32(sum[0], sum[1]), _mm256_add_epi32(sum[2], sum[3])));
  }
  // Weight bytes plus kBias, 4 k every `stride` bytes.
  template <typename P>
  static void unpack(const uint8_t *panel, int64_t kp, uint8_t *out,
                     int64_t stride) {
    __m256i bias = _mm256_set1_epi8((char)P::kBias);
    for (int64_t k = 0; k < kp; k += 4, out += stride)
      _mm256_storeu_si256((__m256i *)out,
                          _mm256_xor_si256(load256(panel + k * LLMC_NR), bias));
  }
};

template <int64_t Group> struct Int4Panel {
  static int64_t panelBytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  static int64_t scales(int64_t k) { return llmc_i4_scales(k, Group); }

  // scratch: sums of 32 activations.
  template <typename P>
  static void correct(const char *row, int64_t kp, int32_t *scratch) {
    for (int64_t i = 0; i < kp; i += 32)
      *scratch++ = -8 * sumBytes(row + i, 32);
  }
  template <typename P>
  static Vec<8> dot(const uint8_t *panel, const char *a, int64_t block,
                    int64_t kp, const int32_t *scratch) {
    int64_t first = block * LLMC_Q8_BLOCK,
            span = least(LLMC_Q8_BLOCK, kp - first);
    const uint8_t *r = panel + block * llmc_i4_block_bytes(Group);
    const uint8_t *w = r + llmc_i4_multipliers(span, Group);
    const __m256i flip = _mm256_set1_epi8((char)0x88),
                  low = _mm256_set1_epi8(15);
    __m256i total = _mm256_setzero_si256();
    for (int64_t k = 0; k < span; k += 32, w += 128) {
      __m256i lo = _mm256_set1_epi32(scratch[(first + k) / 32]);
      __m256i hi = _mm256_setzero_si256();
      for (int j = 0; j < 4; ++j) {
        __m256i byte = _mm256_xor_si256(load256(w + 32 * j), flip);
        const char *x = a + first + k + 4 * j;
        lo = P::nibbles(lo, _mm256_and_si256(byte, low),
                        _mm256_set1_epi32(load32(x)));
        hi = P::nibbles(hi, _mm256_and_si256(_mm256_srli_epi16(byte, 4), low),
                        _mm256_set1_epi32(load32(x + 16)));
      }
      // |sum| <= 32 * 8 * 127 fits 16 bits: one multiply-add of pairs (sum's
      // low half, its sign) with (r, 0).
      __m256i m = _mm256_cvtepu16_epi32(_mm_cvtepi8_epi16(
          _mm_loadl_epi64((const __m128i *)(r + k / Group * LLMC_NR))));
      total = _mm256_add_epi32(total,
                               _mm256_madd_epi16(_mm256_add_epi32(lo, hi), m));
    }
    return (Vec<8>)_mm256_cvtepi32_ps(total);
  }
  template <typename P>
  static void unpack(const uint8_t *panel, int64_t kp, uint8_t *out,
                     int64_t stride) {
    const __m256i spread =
        _mm256_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4,
                         4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
    const __m256i flip = _mm256_set1_epi8((char)0x88),
                  low = _mm256_set1_epi8(15);
    for (int64_t block = 0; block < kp; block += LLMC_Q8_BLOCK) {
      int64_t span = least(LLMC_Q8_BLOCK, kp - block);
      const uint8_t *r =
          panel + block / LLMC_Q8_BLOCK * llmc_i4_block_bytes(Group);
      const uint8_t *w = r + llmc_i4_multipliers(span, Group);
      for (int64_t k = 0; k < span; k += 32, w += 128) {
        __m256i m = _mm256_shuffle_epi8(
            _mm256_set1_epi64x(loadAs<int64_t>(r + k / Group * LLMC_NR)),
            spread);
        // u * r - 8 r + bias, modulo 256; u * r is u * |r| with r's sign.
        __m256i m8 = _mm256_and_si256(_mm256_slli_epi16(m, 3),
                                      _mm256_set1_epi8((char)0xf8));
        __m256i shift = _mm256_sub_epi8(_mm256_set1_epi8((char)P::kBias), m8);
        for (int j = 0; j < 4; ++j) {
          __m256i byte = _mm256_xor_si256(load256(w + 32 * j), flip);
          uint8_t *to = out + ((block + k) / 4 + j) * stride;
          _mm256_storeu_si256((__m256i *)to,
                              times(_mm256_and_si256(byte, low), m, shift));
          _mm256_storeu_si256(
              (__m256i *)(to + 4 * stride),
              times(_mm256_and_si256(_mm256_srli_epi16(byte, 4), low), m,
                    shift));
        }
      }
    }
  }
  // Low bytes of u * m, plus shift.
  LLMC_INLINE __m256i times(__m256i u, __m256i m, __m256i shift) {
    const __m256i even = _mm256_set1_epi16(0xff);
    __m256i e = _mm256_and_si256(
        _mm256_maddubs_epi16(_mm256_and_si256(u, even), m), even);
    __m256i o = _mm256_slli_epi16(
        _mm256_maddubs_epi16(_mm256_andnot_si256(even, u), m), 8);
    return _mm256_add_epi8(_mm256_or_si256(e, o), shift);
  }
};

// rows == 1. Scratch: one byte a k and 128 more.
template <typename P, typename Panel>
LLMC_INLINE void linearDecode(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const char *row = static_cast<const char *>(a->lhs);
  int64_t k = a->k, kp = llmc_q8_k(k);
  const char *lhsScales = row + llmc_q8_scales(k, 1);
  int32_t *scratch = static_cast<int32_t *>(a->scratch);
  Panel::template correct<P>(row, kp, scratch);
  for (int64_t first = begin; first < end; first += LLMC_NR) {
    const uint8_t *panel = static_cast<const uint8_t *>(a->rhs) +
                           first / LLMC_NR * Panel::panelBytes(k);
    Vec<8> acc = 0.0f;
    for (int64_t b = 0; b < llmc_q8_blocks(k); ++b) {
      Vec<8> scale = loadAs<float>(lhsScales + b * sizeof(float));
      acc = fma(Panel::template dot<P>(panel, row, b, kp, scratch), scale, acc);
    }
    storePanel(a, 0, first, end, acc, panel + Panel::scales(k));
  }
}

// R rows from `row` on times the channels of one tile, unpacked at `w`.
template <typename P, int R>
LLMC_INLINE void tile(const llmc_linear_args *a, int64_t row, const uint8_t *w,
                      const int32_t *corrections,
                      typename P::FloatVec (*acc)[LLMC_X86_VECTORS]) {
  typedef typename P::Vec V;
  constexpr int N = LLMC_X86_VECTORS, kBytes = N * sizeof(V);
  int64_t k = a->k, kp = llmc_q8_k(k), blocks = llmc_q8_blocks(k);
  int64_t stride = llmc_q8_stride(k, 1);
  const char *lhs = static_cast<const char *>(a->lhs) + row * stride;
  for (int64_t b = 0; b < blocks; ++b) {
    V sum[R][N];
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < N; ++v)
        sum[r][v] = P::splat(corrections[r * blocks + b]);
    int64_t last = least((b + 1) * LLMC_Q8_BLOCK, kp);
    for (int64_t i = b * LLMC_Q8_BLOCK; i < last; i += 4) {
      V weight[N];
      for (int v = 0; v < N; ++v)
        weight[v] = loadAs<V>(w + i / 4 * kBytes + v * sizeof(V));
#pragma clang loop unroll(full)
      for (int r = 0; r < R; ++r) {
        V x = P::splat(load32(lhs + r * stride + i));
        for (int v = 0; v < N; ++v)
          sum[r][v] = P::bytes(sum[r][v], weight[v], x);
      }
    }
    for (int r = 0; r < R; ++r) {
      typename P::FloatVec scale = loadAs<float>(
          lhs + r * stride + llmc_q8_scales(k, 1) + b * sizeof(float));
      for (int v = 0; v < N; ++v)
        acc[r][v] = fma(P::toFloat(sum[r][v]), scale, acc[r][v]);
    }
  }
}

template <typename P, typename Panel, int R>
LLMC_INLINE int64_t tileRows(const llmc_linear_args *a, int64_t row,
                             int64_t rows, int64_t first, int64_t end,
                             const uint8_t *w, const int32_t *corrections,
                             int64_t firstRow) {
  constexpr int kPanels = P::kPanels;
  int64_t blocks = llmc_q8_blocks(a->k);
  for (; row + R <= rows; row += R) {
    typename P::FloatVec acc[R][LLMC_X86_VECTORS] = {};
    tile<P, R>(a, row, w, corrections + (row - firstRow) * blocks, acc);
    for (int r = 0; r < R; ++r)
      for (int p = 0; p < kPanels * LLMC_X86_VECTORS; ++p) {
        int64_t n = first + p * LLMC_NR;
        if (n < end)
          storePanel(a, row + r, n, end,
                     loadAs<Vec<8>>((const char *)&acc[r] + p * sizeof(Vec<8>)),
                     static_cast<const uint8_t *>(a->rhs) +
                         n / LLMC_NR * Panel::panelBytes(a->k) +
                         Panel::scales(a->k));
      }
  }
  return row;
}

// Any rows. Scratch, with kp = k rounded up to 32: a tile's weights (kPanels *
// 2 * 8 bytes a kp), then one int32 for each of 512 rows and 256 k.
template <typename P, typename Panel>
LLMC_INLINE void linearPrefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  constexpr int kPanels = P::kPanels * LLMC_X86_VECTORS;
  int64_t k = a->k, kp = llmc_q8_k(k), blocks = llmc_q8_blocks(k);
  uint8_t *weights = static_cast<uint8_t *>(a->scratch);
  int32_t *corrections =
      reinterpret_cast<int32_t *>(weights + kp * kPanels * LLMC_NR);
  for (int64_t firstRow = 0; firstRow < a->rows; firstRow += LLMC_X86_ROWS) {
    int64_t rows = least(firstRow + LLMC_X86_ROWS, a->rows);
    for (int64_t r = firstRow; r < rows; ++r)
      Int8Panel::correct<P>(static_cast<const char *>(a->lhs) +
                                r * llmc_q8_stride(k, 1),
                            kp, corrections + (r - firstRow) * blocks);
    for (int64_t first = begin; first < end; first += kPanels * LLMC_NR) {
      for (int64_t p = 0; p < kPanels && first + p * LLMC_NR < end; ++p)
        Panel::template unpack<P>(static_cast<const uint8_t *>(a->rhs) +
                                      (first / LLMC_NR + p) *
                                          Panel::panelBytes(k),
                                  kp, weights + p * 32, kPanels * 32);
      int64_t r = firstRow;
      r = tileRows<P, Panel, P::kRows>(a, r, rows, first, end, weights,
                                       corrections, firstRow);
      r = tileRows<P, Panel, 4>(a, r, rows, first, end, weights, corrections,
                                firstRow);
      tileRows<P, Panel, 1>(a, r, rows, first, end, weights, corrections,
                            firstRow);
    }
  }
}

#define LLMC_X86_LINEARS(Policy, isa)                                          \
  LLMC_KERNEL(llmc_linear_f32_q8_i8_n8_1x8_##isa) {                            \
    linearDecode<Policy, Int8Panel>(args, begin, end);                         \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g32_1x8_##isa) {                        \
    linearDecode<Policy, Int4Panel<32>>(args, begin, end);                     \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g64_1x8_##isa) {                        \
    linearDecode<Policy, Int4Panel<64>>(args, begin, end);                     \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g128_1x8_##isa) {                       \
    linearDecode<Policy, Int4Panel<128>>(args, begin, end);                    \
  }

#endif
