// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The policy of linear_int_x86.h on AVX-512 VNNI: VPDPBUSD takes weights as unsigned bytes.
#ifndef LLMC_KERNELS_LINEAR_AVX512VNNI_X86_H
#define LLMC_KERNELS_LINEAR_AVX512VNNI_X86_H

#include "kernels/linear/int/linear_int_x86.h"

namespace {

struct Vnni {
  typedef __m512i Vec;
  typedef ::Vec<16> FloatVec;
  static constexpr int kPanels = 2, kRows = 12, kBias = 128;
  LLMC_INLINE __m256i nibbles(__m256i acc, __m256i u, __m256i a) {
    return _mm256_dpbusd_epi32(acc, u, a);
  }
  LLMC_INLINE __m256i bytes256(__m256i acc, __m256i w, __m256i a) {
    return _mm256_dpbusd_epi32(acc, w, a);
  }
  LLMC_INLINE Vec bytes(Vec acc, Vec w, Vec a) {
    return _mm512_dpbusd_epi32(acc, w, a);
  }
  LLMC_INLINE Vec splat(int32_t x) { return _mm512_set1_epi32(x); }
  LLMC_INLINE FloatVec toFloat(Vec x) {
    return (FloatVec)_mm512_cvtepi32_ps(x);
  }
};

} // namespace

#endif
