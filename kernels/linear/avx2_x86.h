// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The policy of linear_int_x86.h on AVX2: VPMADDUBSW adds pairs of products in
// 16 bits. With nibbles that cannot overflow; whole bytes give the weight's sign
// to the activation, so that |w * a| <= 128 * 127 and a pair still fits.
#ifndef LLMC_KERNELS_LINEAR_AVX2_X86_H
#define LLMC_KERNELS_LINEAR_AVX2_X86_H

#include "kernels/linear/int/linear_int_x86.h"

namespace {

struct Avx2 {
  typedef __m256i Vec;
  typedef ::Vec<8> FloatVec;
  static constexpr int kPanels = 1, kRows = 4, kBias = 0;
  LLMC_INLINE __m256i nibbles(__m256i acc, __m256i u, __m256i a) {
    __m256i pairs = _mm256_maddubs_epi16(u, a);
    return _mm256_add_epi32(acc,
                            _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  LLMC_INLINE __m256i bytes256(__m256i acc, __m256i w, __m256i a) {
    return nibbles(acc, _mm256_abs_epi8(w), _mm256_sign_epi8(a, w));
  }
  LLMC_INLINE Vec bytes(Vec acc, Vec w, Vec a) { return bytes256(acc, w, a); }
  LLMC_INLINE Vec splat(int32_t x) { return _mm256_set1_epi32(x); }
  LLMC_INLINE FloatVec toFloat(Vec x) {
    return (FloatVec)_mm256_cvtepi32_ps(x);
  }
};

} // namespace

#endif
