// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/block/linear_block_arm.h"
#include "kernels/linear/prefill_pair_arm.h"

namespace {

// A chunk of a panel as it stands in scratch: int8 in pair order, then by group
// [4 pairs of channels][2][2] scales and, of bytes with zero points, those.
template <typename Panel> struct Unpacked {
  static constexpr bool kTake = Panel::kBits == 8 && Panel::kZeros;
  static constexpr int64_t kGroups = kChunk / Panel::kGroup;
  static constexpr int64_t kBytes =
      kChunk * LLMC_NR + kGroups * 64 * (kTake ? 2 : 1);

  int8_t *w;
  float *scales() const {
    return reinterpret_cast<float *>(w + kChunk * LLMC_NR);
  }
  int32_t *zeros() const {
    return reinterpret_cast<int32_t *>(scales() + kGroups * 16);
  }

  // Superblock `in` goes to k `at` of the chunk.
  void fill(const uint8_t *in, int64_t span, int64_t at) const {
    unpackSpan<true, Panel>(in, span, w + at * LLMC_NR);
    const double *s = reinterpret_cast<const double *>(in);
    const int8_t *z = Panel::zeros(in, span);
    double *scale =
        reinterpret_cast<double *>(scales() + at / Panel::kGroup * 16);
    int32_t *zero = zeros() + at / Panel::kGroup * 16;
    for (int64_t g = 0; g < span; g += Panel::kGroup)
      for (int c = 0; c < 4; ++c, ++s, z += 2, scale += 2, zero += 4) {
        vst1q_f64(scale, vld1q_dup_f64(s));
        if (kTake) {
          zero[0] = zero[2] = z[0];
          zero[1] = zero[3] = z[1];
        }
      }
  }
};

// Sums of `span` activations of pairs of rows, [s0 s0 s1 s1].
template <int Pairs>
LLMC_INLINE void pairSums(const int8_t *x, int64_t stride, int64_t span,
                          int32x4_t sum[Pairs]) {
  for (int p = 0; p < Pairs; ++p) {
    sum[p] = vdupq_n_s32(0);
    for (int64_t i = 0; i < span; i += 8)
      sum[p] =
          vmmlaq_s32(sum[p], vld1q_s8(x + p * stride + 2 * i), vdupq_n_s8(1));
  }
}

// One superblock: part[pair of rows][pair of channels].
template <int Pairs, typename Panel>
LLMC_INLINE void spanTile(const Unpacked<Panel> &u, const int8_t *x,
                          int64_t stride, int64_t at, int64_t span,
                          float32x4_t part[Pairs][4]) {
  constexpr int64_t group = Panel::kGroup, step = group < 32 ? group : 32;
  const float *scales = u.scales() + at / group * 16;
  const int32_t *zeros = u.zeros() + at / group * 16;
  LLMC_UNROLL
  for (int p = 0; p < Pairs; ++p)
    LLMC_UNROLL
  for (int c = 0; c < 4; ++c)
    part[p][c] = vdupq_n_f32(0);
  for (int64_t g = 0; g < span; g += group, scales += 16, zeros += 16) {
    int32x4_t acc[Pairs][4];
    int64_t some = group <= 32 ? group : least(group, span - g);
    pairBlock<Pairs, step>(u.w + (at + g) * LLMC_NR, x + 2 * g, stride, some,
                           acc);
    if (u.kTake) {
      int32x4_t sum[Pairs];
      pairSums<Pairs>(x + 2 * g, stride, some, sum);
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p)
        LLMC_UNROLL
      for (int c = 0; c < 4; ++c)
        acc[p][c] = vmlsq_s32(acc[p][c], sum[p], vld1q_s32(zeros + 4 * c));
    }
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p)
      LLMC_UNROLL
    for (int c = 0; c < 4; ++c)
      part[p][c] = addPairSum(part[p][c], acc[p][c], vld1q_f32(scales + 4 * c));
  }
}

// Rows [row, row + 2 * Pairs), row even, of an unpacked chunk.
template <int Pairs, typename Panel>
__attribute__((noinline)) void rows(const Chunk &of, int64_t row,
                                    const Unpacked<Panel> *panels) {
  const Chunk chunk = of; // nobody else writes to the copy
  const int8_t *x = chunk.rows(row);
  const int8_t *rowScales = x + 2 * chunk.kp + chunk.from / LLMC_Q8_BLOCK * 8;
  x += 2 * chunk.from;
  auto sums = [=](int64_t panel, float32x4_t(*total)[4]) {
    for (int64_t k = chunk.from, at = 0; k < chunk.to; k += LLMC_Q8_BLOCK) {
      float32x4_t part[Pairs][4];
      spanTile<Pairs>(panels[panel], x + 2 * at, chunk.stride, at,
                      least(LLMC_Q8_BLOCK, chunk.to - k), part);
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p) {
        float32x4_t scale =
            pairScale(rowScales + at / LLMC_Q8_BLOCK * 8 + p * chunk.stride);
        LLMC_UNROLL
        for (int c = 0; c < 4; ++c)
          total[p][c] = vfmaq_f32(total[p][c], part[p][c], scale);
      }
      at += LLMC_Q8_BLOCK;
    }
  };
  tiles<Pairs>(chunk, row, sums, [](int64_t) { return nullptr; });
}

// Up to kPanels panels: unpacked once, then all rows.
template <typename Panel> void unpackedRows(const Chunk &chunk) {
  Unpacked<Panel> u[kPanels];
  for (int64_t n = chunk.begin; n < chunk.end; n += LLMC_NR) {
    int64_t i = (n - chunk.begin) / LLMC_NR;
    u[i].w = static_cast<int8_t *>(chunk.a.scratch) + i * u[i].kBytes;
    const uint8_t *in =
        static_cast<const uint8_t *>(chunk.a.rhs) +
        n / LLMC_NR * Panel::bytes(chunk.a.k) +
        chunk.from / LLMC_SUPERBLOCK * Panel::bytesOf(LLMC_SUPERBLOCK);
    for (int64_t k = chunk.from; k < chunk.to; k += LLMC_SUPERBLOCK) {
      int64_t span = least(LLMC_SUPERBLOCK, chunk.to - k);
      u[i].fill(in, span, k - chunk.from);
      in += Panel::bytesOf(span);
    }
  }
  for (int64_t row = 0; row < chunk.a.rows; row += 4)
    if (row + 2 < chunk.a.rows)
      rows<2>(chunk, row, u);
    else
      rows<1>(chunk, row, u);
}

// Scratch: kPanels * Unpacked::kBytes, or what rowByRow and decode take.
template <typename Panel>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  if (a->rows <= 2)
    return rowByRow(wholeCall(a, begin, end),
                    [](const llmc_linear_args *one, int64_t from, int64_t to) {
                      decodeBlocks<Dotprod, Panel>(one, from, to);
                    });
  eachChunk(wholeCall(a, begin, end), unpackedRows<Panel>);
}

} // namespace

#define KERNEL(layout, bits, group, zeros)                                     \
  LLMC_KERNEL(llmc_linear_f32_q8x2_##layout##_4x8_i8mm) {                      \
    prefill<BlockPanel<bits, group, zeros>>(args, begin, end);                 \
  }
LLMC_BLOCK_LAYOUTS(KERNEL)
