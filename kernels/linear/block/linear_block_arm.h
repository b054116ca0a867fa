// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The linears with a float scale per group, of Arm, once for all ISAs: decode
// over the policy Dotprod, and prefill over the int8 panels of
// prefill_lane_arm.h. Sums and their order are those of linear_block_ref.cpp.
// An integer sum that starts at the bits of `magic` reads, as f32, magic + sum
// exactly: sums stay below 2^22 (255 * 127 * 128), and those of raw nibbles,
// which are 16 times as large, as well.
#ifndef LLMC_KERNELS_LINEAR_BLOCK_LINEAR_BLOCK_ARM_H
#define LLMC_KERNELS_LINEAR_BLOCK_LINEAR_BLOCK_ARM_H

#include "kernels/linear/block/block_panel.h"
#include "kernels/linear/prefill_lane_arm.h"

namespace {

struct Sums {
  int32x4_t lo, hi; // channels 0-3, 4-7
};

// The f32 whose bits an integer sum starts at; its last place is 1 / Times.
template <int Times> LLMC_INLINE float32x4_t magic() {
  return vdupq_n_f32(12582912.0f / Times);
}
template <int Times> LLMC_INLINE int32x4_t magicBits() {
  return vreinterpretq_s32_f32(magic<Times>());
}
// part + sum * scale of a sum that began there.
template <int Times>
LLMC_INLINE float32x4_t addSum(float32x4_t part, int32x4_t sum,
                               float32x4_t scale) {
  float32x4_t f = vsubq_f32(vreinterpretq_f32_s32(sum), magic<Times>());
  return vfmaq_f32(part, f, scale);
}

// Negated sums of the groups of one row of activations.
template <int64_t Group>
static inline void groupSums(const int8_t *a, int64_t kp, int16_t *out) {
  for (int64_t k = 0; k < kp; k += Group) {
    int16x8_t sum = vdupq_n_s16(0);
    for (int64_t i = k; i < least(kp, k + Group); i += 16)
      sum = vpadalq_s8(sum, vld1q_s8(a + i));
    *out++ = (int16_t)-vaddvq_s16(sum);
  }
}

// 32 k of 8 channels: the first 16 into s, the others into t.
template <typename P, int Lane>
LLMC_INLINE void nibbleQuad(Sums &s, Sums &t, const uint8_t *w, int8x16_t lo,
                            int8x16_t hi) {
  uint8x16_t v0 = vld1q_u8(w + 32 * Lane), v1 = vld1q_u8(w + 32 * Lane + 16);
  uint8x16_t mask = vdupq_n_u8(0xf0);
  P::template dot<Lane>(s.lo, vreinterpretq_s8_u8(vshlq_n_u8(v0, 4)), lo);
  P::template dot<Lane>(s.hi, vreinterpretq_s8_u8(vshlq_n_u8(v1, 4)), lo);
  P::template dot<Lane>(t.lo, vreinterpretq_s8_u8(vandq_u8(v0, mask)), hi);
  P::template dot<Lane>(t.hi, vreinterpretq_s8_u8(vandq_u8(v1, mask)), hi);
}
template <typename P, int Lane>
LLMC_INLINE void byteQuad(Sums &s, const uint8_t *w, int8x16_t x) {
  const int8_t *v = reinterpret_cast<const int8_t *>(w) + 32 * Lane;
  P::template dot<Lane>(s.lo, vld1q_s8(v), x);
  P::template dot<Lane>(s.hi, vld1q_s8(v + 16), x);
}
template <typename P, int Bits>
LLMC_INLINE void add32(Sums &s, Sums &t, const uint8_t *w, const int8_t *a) {
  int8x16_t lo = vld1q_s8(a), hi = vld1q_s8(a + 16);
  if (Bits == 4) {
    nibbleQuad<P, 0>(s, t, w, lo, hi);
    nibbleQuad<P, 1>(s, t, w, lo, hi);
    nibbleQuad<P, 2>(s, t, w, lo, hi);
    nibbleQuad<P, 3>(s, t, w, lo, hi);
    return;
  }
  byteQuad<P, 0>(s, w, lo);
  byteQuad<P, 1>(s, w, lo);
  byteQuad<P, 2>(s, w, lo);
  byteQuad<P, 3>(s, w, lo);
  byteQuad<P, 0>(t, w + 128, hi);
  byteQuad<P, 1>(t, w + 128, hi);
  byteQuad<P, 2>(t, w + 128, hi);
  byteQuad<P, 3>(t, w + 128, hi);
}

// Decode of one superblock of a panel.
template <typename P, typename Panel> struct SpanDot {
  static constexpr int kTimes = Panel::kBits == 4 ? 16 : 1;
  static constexpr int64_t kGroup = Panel::kGroup;
  const float *scales;
  const int8_t *zeros;
  const int16_t *sums;
  float32x4_t lo = vdupq_n_f32(0), hi = vdupq_n_f32(0);

  // What the sums of group g start at: minus its zero points' share. With g a
  // constant the activations' sum is an element of a register.
  LLMC_INLINE_MEMBER Sums start(int64_t g) const {
    Sums s = {magicBits<kTimes>(), magicBits<kTimes>()};
    if (Panel::kZeros) {
      int16x8_t z = vshll_n_s8(vld1_s8(zeros + g * LLMC_NR), kTimes / 16 * 4);
      int16_t sum = __builtin_constant_p(g) ? vld1q_s16(sums + g / 8 * 8)[g % 8]
                                            : sums[g];
      s.lo = vmlal_n_s16(s.lo, vget_low_s16(z), sum);
      s.hi = vmlal_high_n_s16(s.hi, z, sum);
    }
    return s;
  }
  LLMC_INLINE_MEMBER void add(const Sums &s, int64_t g) {
    lo = addSum<kTimes>(lo, s.lo, vld1q_f32(scales + g * LLMC_NR));
    hi = addSum<kTimes>(hi, s.hi, vld1q_f32(scales + g * LLMC_NR + 4));
  }
  // The groups of `span` <= max(32, kGroup) k, the first of them g.
  LLMC_INLINE_MEMBER void groups(const uint8_t *w, const int8_t *a,
                                 int64_t span, int64_t g) {
    Sums s = start(g);
    if (kGroup == 16) {
      Sums t = start(g + 1);
      add32<P, Panel::kBits>(s, t, w, a);
      add(s, g);
      return add(t, g + 1);
    }
    for (int64_t i = 0; i < span; i += 32)
      add32<P, Panel::kBits>(s, s, w + i * Panel::kBits, a + i);
    add(s, g);
  }
};

template <typename P, typename Panel>
LLMC_INLINE SpanDot<P, Panel> spanDot(const uint8_t *in, const int8_t *a,
                                      const int16_t *sums, int64_t span) {
  constexpr int64_t step = Panel::kGroup < 32 ? 32 : Panel::kGroup;
  SpanDot<P, Panel> dot = {reinterpret_cast<const float *>(in),
                           Panel::zeros(in, span), sums};
  const uint8_t *w = Panel::codes(in, span);
  if (span == LLMC_SUPERBLOCK) {
    LLMC_UNROLL
    for (int64_t i = 0; i < LLMC_SUPERBLOCK; i += step)
      dot.groups(w + i * Panel::kBits, a + i, step, i / Panel::kGroup);
    return dot;
  }
  for (int64_t i = 0; i < span; i += step)
    dot.groups(w + i * Panel::kBits, a + i, least(step, span - i),
               i / Panel::kGroup);
  return dot;
}

// One row. Scratch, with zero points: 2 bytes a group.
template <typename P, typename Panel>
static inline void decodeBlocks(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const int8_t *lhs = static_cast<const int8_t *>(a->lhs);
  int64_t kp = llmc_q8_k(a->k);
  const float *scales = reinterpret_cast<const float *>(lhs + kp);
  int16_t *sums = static_cast<int16_t *>(a->scratch);
  if (Panel::kZeros)
    groupSums<Panel::kGroup>(lhs, kp, sums);
  for (int64_t n = begin; n < end; n += LLMC_NR) {
    const uint8_t *in = static_cast<const uint8_t *>(a->rhs) +
                        n / LLMC_NR * Panel::bytes(a->k);
    float32x4_t lo = vdupq_n_f32(0), hi = vdupq_n_f32(0);
    for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
      int64_t span = least(LLMC_Q8_BLOCK, kp - k);
      auto dot = spanDot<P, Panel>(in, lhs + k, sums + k / Panel::kGroup, span);
      lo = vfmaq_n_f32(lo, dot.lo, scales[k / LLMC_Q8_BLOCK]);
      hi = vfmaq_n_f32(hi, dot.hi, scales[k / LLMC_Q8_BLOCK]);
      in += Panel::bytesOf(span);
    }
    storeValues(a, 0, n, end, lo, hi);
  }
}

// The codes of one superblock as int8, in lane or pair order; of nibbles the
// zero points are taken off.
template <bool Pair, typename Panel>
static inline void unpackSpan(const uint8_t *in, int64_t span, int8_t *out) {
  constexpr bool take = Panel::kBits == 4 && Panel::kZeros;
  const int8_t *zeros = Panel::zeros(in, span);
  const uint8_t *w = Panel::codes(in, span);
  int8x16_t low[2][2] = {}, high[2][2] = {};
  for (int64_t k = 0; k < span; k += 32, out += 32 * LLMC_NR) {
    if (take) {
      repeatMultipliers<Pair>(zeros + k / Panel::kGroup * LLMC_NR, low);
      repeatMultipliers<Pair>(zeros + (k + 16) / Panel::kGroup * LLMC_NR, high);
    }
    LLMC_UNROLL
    for (int j = 0; j < Panel::kBits / 2; ++j, w += 64)
      LLMC_UNROLL
      for (int h = 0; h < 2; ++h) {
        uint8x16x2_t v = loadQuads<Pair>(w, h);
        LLMC_UNROLL
        for (int i = 0; i < 2; ++i) {
          int8_t *to = out + 64 * j + quadOffset<Pair>(h, i);
          if (Panel::kBits == 8) {
            vst1q_s8(to, vreinterpretq_s8_u8(v.val[i]));
            continue;
          }
          vst1q_s8(to, vsubq_s8(lowNibbles(v.val[i]), low[h][i]));
          vst1q_s8(to + 128, vsubq_s8(highNibbles(v.val[i]), high[h][i]));
        }
      }
  }
}

// R rows from `row` on times channels [n, end) of a panel, whose nibbles stand
// unpacked at w.
template <typename P, typename Panel, int R>
static void blockLaneTile(const llmc_linear_args *a, const uint8_t *in,
                          const int8_t *w, int64_t row, int64_t n,
                          int64_t end) {
  constexpr int64_t group = Panel::kGroup;
  int64_t kp = llmc_q8_k(a->k), stride = llmc_q8_stride(a->k, 1);
  const int8_t *x = static_cast<const int8_t *>(a->lhs) + row * stride;
  float32x4_t total[R][2];
  for (int r = 0; r < R; ++r)
    total[r][0] = total[r][1] = vdupq_n_f32(0);
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
    int64_t span = least(LLMC_Q8_BLOCK, kp - k);
    const float *scales = reinterpret_cast<const float *>(in);
    const int8_t *zeros = Panel::zeros(in, span);
    const int8_t *codes =
        Panel::kBits == 4
            ? w + k * LLMC_NR
            : reinterpret_cast<const int8_t *>(Panel::codes(in, span));
    float32x4_t part[R][2];
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      part[r][0] = part[r][1] = vdupq_n_f32(0);
    for (int64_t g = 0; g < span;
         g += group, scales += LLMC_NR, zeros += LLMC_NR) {
      typename P::Acc acc[R][2];
      int64_t some = least(group, span - g);
      laneBlock<P, R>(codes + g * LLMC_NR, x + k + g, stride, some, acc);
      float32x4_t s0 = vld1q_f32(scales), s1 = vld1q_f32(scales + 4);
      LLMC_UNROLL
      for (int r = 0; r < R; ++r) {
        int32x4_t lo = P::sum(acc[r][0]), hi = P::sum(acc[r][1]);
        if (Panel::kBits == 8 && Panel::kZeros) {
          int16_t sum;
          groupSums<group>(x + r * stride + k + g, some, &sum);
          int16x8_t z = vmovl_s8(vld1_s8(zeros));
          lo = vmlal_n_s16(lo, vget_low_s16(z), sum);
          hi = vmlal_high_n_s16(hi, z, sum);
        }
        part[r][0] = P::addSum(part[r][0], lo, s0);
        part[r][1] = P::addSum(part[r][1], hi, s1);
      }
    }
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      float s = loadAs<float>(x + r * stride + kp + k / LLMC_Q8_BLOCK * 4);
      total[r][0] = vfmaq_n_f32(total[r][0], part[r][0], s);
      total[r][1] = vfmaq_n_f32(total[r][1], part[r][1], s);
    }
    in += Panel::bytesOf(span);
  }
  for (int r = 0; r < R; ++r)
    storeValues(a, row + r, n, end, total[r][0], total[r][1]);
}

// Any rows. Scratch, for nibbles: 8 bytes a k.
template <typename P, typename Panel>
static inline void prefillBlocksLane(const void *args, int64_t begin,
                                     int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  int8_t *w = static_cast<int8_t *>(a->scratch);
  int64_t kp = llmc_q8_k(a->k);
  for (int64_t n = begin; n < end; n += LLMC_NR) {
    const uint8_t *panel = static_cast<const uint8_t *>(a->rhs) +
                           n / LLMC_NR * Panel::bytes(a->k);
    const uint8_t *in = panel;
    for (int64_t k = 0; Panel::kBits == 4 && k < kp; k += LLMC_Q8_BLOCK) {
      int64_t span = least(LLMC_Q8_BLOCK, kp - k);
      unpackSpan<false, Panel>(in, span, w + k * LLMC_NR);
      in += Panel::bytesOf(span);
    }
    int64_t row = 0;
    for (; row + 4 <= a->rows; row += 4)
      blockLaneTile<P, Panel, 4>(a, panel, w, row, n, end);
    for (; row < a->rows; ++row)
      blockLaneTile<P, Panel, 1>(a, panel, w, row, n, end);
  }
}

} // namespace

#endif
