// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The float linears on portable vectors: a lane is an output channel, so each
// output is one chain of fused multiply-adds in ascending k in every tile.
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"

namespace {

typedef _Float16 Half8 __attribute__((ext_vector_type(8)));
typedef uint16_t Short8 __attribute__((ext_vector_type(8)));

// The 8 channels of one k as f32.
struct F32 {
  typedef float Stored;
  LLMC_INLINE Vec<8> load(const float *p) { return loadAs<Vec<8>>(p); }
};
struct F16 {
  typedef _Float16 Stored;
  LLMC_INLINE Vec<8> load(const _Float16 *p) {
    return __builtin_convertvector(loadAs<Half8>(p), Vec<8>);
  }
};
struct BF16 {
  typedef uint16_t Stored;
  // Zeros below the bits: a permutation, which more units do than a shift.
  LLMC_INLINE Vec<8> load(const uint16_t *p) {
    Short8 x = loadAs<Short8>(p), zero = 0;
    return __builtin_bit_cast(
        Vec<8>, __builtin_shufflevector(zero, x, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12,
                                        5, 13, 6, 14, 7, 15));
  }
};

LLMC_INLINE void store(const llmc_linear_args *a, int64_t row, int64_t n,
                       int64_t end, const Vec<8> &acc) {
  float *out = a->out + row * a->out_stride + n;
  if (n + LLMC_NR <= end) {
    storeAs(out, a->bias ? acc + loadAs<Vec<8>>(a->bias + n) : acc);
    return;
  }
  for (int64_t c = 0; c < end - n; ++c)
    out[c] = a->bias ? acc[c] + a->bias[n + c] : acc[c];
}

// Rows from `row` on times Panels panels from channel n on.
template <typename T, int Rows, int Panels>
void tile(const llmc_linear_args *a, int64_t row, int64_t n, int64_t end) {
  const auto *w = static_cast<const typename T::Stored *>(a->rhs) + n * a->k;
  const float *x = static_cast<const float *>(a->lhs) + row * a->k;
  int64_t k = a->k, panel = k * LLMC_NR;
  Vec<8> acc[Rows][Panels];
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Panels; ++p)
      acc[r][p] = 0.0f;
  for (int64_t i = 0; i < k; ++i) {
    Vec<8> v[Panels];
#pragma clang loop unroll(full)
    for (int p = 0; p < Panels; ++p)
      v[p] = T::load(w + p * panel + i * LLMC_NR);
#pragma clang loop unroll(full)
    for (int r = 0; r < Rows; ++r) {
      Vec<8> b = x[r * k + i];
#pragma clang loop unroll(full)
      for (int p = 0; p < Panels; ++p)
        acc[r][p] = fma(b, v[p], acc[r][p]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Panels; ++p)
      store(a, row + r, n + p * LLMC_NR, end, acc[r][p]);
}

template <typename T>
void decode(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  int64_t n = begin;
  for (; n + 3 * LLMC_NR < end; n += 4 * LLMC_NR)
    tile<T, 1, 4>(a, 0, n, end);
  for (; n < end; n += LLMC_NR)
    tile<T, 1, 1>(a, 0, n, end);
}

template <typename T, int Panels>
void rows(const llmc_linear_args *a, int64_t n, int64_t end) {
  int64_t r = 0;
  for (; r + 6 <= a->rows; r += 6)
    tile<T, 6, Panels>(a, r, n, end);
  for (; r + 2 <= a->rows; r += 2)
    tile<T, 2, Panels>(a, r, n, end);
  if (r < a->rows)
    tile<T, 1, Panels>(a, r, n, end);
}

template <typename T>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  int64_t n = begin;
  for (; n + LLMC_NR < end; n += 2 * LLMC_NR)
    rows<T, 2>(a, n, end);
  if (n < end)
    rows<T, 1>(a, n, end);
}

} // namespace

#define KERNELS(layout, T)                                                     \
  LLMC_KERNEL(llmc_linear_f32_f32_##layout##_1x32_any) {                       \
    decode<T>(args, begin, end);                                               \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_f32_##layout##_6x16_any) {                       \
    prefill<T>(args, begin, end);                                              \
  }
KERNELS(f32_n8, F32)
KERNELS(f16_n8, F16)
KERNELS(bf16_n8, BF16)
