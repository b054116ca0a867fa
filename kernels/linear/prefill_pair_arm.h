// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill by SMMLA over int8 panels in pair order (pair_block_arm.h): what the
// integer and the block linears share. lhs: layouts/lhs_q8.h, q8x2. BFMMLA
// (linear_bf16_bf16.cpp) has its sums by pairs too.
#ifndef LLMC_KERNELS_LINEAR_PREFILL_PAIR_ARM_H
#define LLMC_KERNELS_LINEAR_PREFILL_PAIR_ARM_H

#include "kernels/linear/dot_arm.h"
#include "kernels/linear/pair_block_arm.h"

namespace {

// Panels and k unpacked at a time: with the rows of a tile they stay in L1. The
// sums of the chunks before stand in out meanwhile.
constexpr int kPanels = 2;
constexpr int64_t kChunk = 2048;

// From two sums of a pair of rows 4 channels of its first or second row; from 4
// channels of both rows one of the two sums: the same shuffle.
LLMC_INLINE float32x4_t zipPairs(float32x4_t a, float32x4_t b, int second) {
  float64x2_t x = vreinterpretq_f64_f32(a), y = vreinterpretq_f64_f32(b);
  return vreinterpretq_f32_f64(second ? vzip2q_f64(x, y) : vzip1q_f64(x, y));
}

// Where a tile reads and writes rows of 8 channels: out, or room for its rim.
struct Place {
  float *at;
  int64_t stride;
  const float *bias; // 8 channels, or null
};

// Sums of earlier chunks to total[pair of rows][pair of channels].
template <int Pairs>
LLMC_INLINE void loadSums(const Place &place, float32x4_t total[Pairs][4]) {
  LLMC_UNROLL
  for (int i = 0; i < 2 * Pairs; ++i) {
    const float *at = place.at + i / 2 * 2 * place.stride + i % 2 * 4;
    float32x4_t first = vld1q_f32(at), second = vld1q_f32(at + place.stride);
    total[i / 2][i % 2 * 2] = zipPairs(first, second, 0);
    total[i / 2][i % 2 * 2 + 1] = zipPairs(first, second, 1);
  }
}

// Rows of 8 channels from the sums, times `scales` where given.
template <int Pairs>
LLMC_INLINE void storeSums(const Place &place, const float32x4_t (*total)[4],
                           const float *scales) {
  float32x4_t v[2 * Pairs][2];
  LLMC_UNROLL
  for (int i = 0; i < 4 * Pairs; ++i)
    v[i / 2][i % 2] = zipPairs(total[i / 4][i % 2 * 2],
                               total[i / 4][i % 2 * 2 + 1], i / 2 % 2);
  if (scales) {
    float32x4_t s[2] = {vld1q_f32(scales), vld1q_f32(scales + 4)};
    LLMC_UNROLL
    for (int i = 0; i < 4 * Pairs; ++i)
      v[i / 2][i % 2] = vmulq_f32(v[i / 2][i % 2], s[i % 2]);
  }
  if (place.bias) {
    float32x4_t b[2] = {vld1q_f32(place.bias), vld1q_f32(place.bias + 4)};
    LLMC_UNROLL
    for (int i = 0; i < 4 * Pairs; ++i)
      v[i / 2][i % 2] = vaddq_f32(v[i / 2][i % 2], b[i % 2]);
  }
  float *at = place.at;
  LLMC_UNROLL
  for (int r = 0; r < 2 * Pairs; ++r, at += place.stride) {
    vst1q_f32(at, v[r][0]);
    vst1q_f32(at + 4, v[r][1]);
  }
}

// Rows [row, row + Rows) and 8 channels from n on of out; where only some of
// them are there, a tile works in room.
template <int Rows> class Rim {
public:
  LLMC_INLINE_MEMBER Rim(const llmc_linear_args &a, int64_t row, int64_t n,
                         int64_t end)
      : out{a.out + row * a.out_stride + n, a.out_stride,
            a.bias ? a.bias + n : nullptr},
        rows(a.rows - row), channels(end - n) {}

  // Where to work; what out has is there.
  LLMC_INLINE_MEMBER Place enter() { return isWhole() ? out : fill(); }
  LLMC_INLINE_MEMBER void leave() const {
    if (!isWhole())
      copyBack();
  }

private:
  LLMC_INLINE_MEMBER bool isWhole() const {
    return rows >= Rows && channels >= LLMC_NR;
  }
  LLMC_INLINE_MEMBER bool isIn(int64_t i) const {
    return i / LLMC_NR < rows && i % LLMC_NR < channels;
  }
  __attribute__((noinline)) Place fill() {
    for (int64_t i = 0; i < Rows * LLMC_NR; ++i)
      room[i] = isIn(i) ? out.at[i / LLMC_NR * out.stride + i % LLMC_NR] : 0.0f;
    for (int64_t c = 0; c < LLMC_NR; ++c)
      bias[c] = out.bias && c < channels ? out.bias[c] : 0.0f;
    return {room, LLMC_NR, out.bias ? bias : nullptr};
  }
  __attribute__((noinline)) void copyBack() const {
    for (int64_t i = 0; i < Rows * LLMC_NR; ++i)
      if (isIn(i))
        out.at[i / LLMC_NR * out.stride + i % LLMC_NR] = room[i];
  }

  Place out;
  int64_t rows, channels;
  float room[Rows * LLMC_NR], bias[LLMC_NR];
};

// What tiles share: channels [begin, end) and k [from, to) of a call.
struct Chunk {
  llmc_linear_args a; // no bias before the last k
  int64_t kp, stride; // of lhs: k as stored, bytes between pairs of rows
  int64_t from, to, begin, end;

  LLMC_INLINE_MEMBER const int8_t *rows(int64_t row) const {
    return static_cast<const int8_t *>(a.lhs) + row / 2 * stride;
  }
};

LLMC_INLINE Chunk wholeCall(const llmc_linear_args *a, int64_t begin,
                            int64_t end) {
  int64_t kp = llmc_q8_k(a->k);
  return {*a, kp, llmc_q8_stride(a->k, 2), 0, kp, begin, end};
}

// work(chunk) for kPanels panels and kChunk k of a call at a time.
template <typename Work>
LLMC_INLINE void eachChunk(const Chunk &call, Work work) {
  Chunk chunk = call;
  for (int64_t n = call.begin; n < call.end; n += kPanels * LLMC_NR)
    for (int64_t k = 0; k < call.kp; k += kChunk) {
      chunk.from = k;
      chunk.to = least(call.kp, k + kChunk);
      chunk.a.bias = chunk.to < call.kp ? nullptr : call.a.bias;
      chunk.begin = n;
      chunk.end = least(call.end, n + kPanels * LLMC_NR);
      work(chunk);
    }
}

// Rows [row, row + 2 * Pairs) of a chunk: sums(panel, total) adds to the sums
// of a panel, scales(panel) gives those of its channels, or null.
template <int Pairs, typename Sums, typename Scales>
LLMC_INLINE void tiles(const Chunk &chunk, int64_t row, Sums sums,
                       Scales scales) {
  for (int64_t n = chunk.begin, panel = 0; n < chunk.end;
       n += LLMC_NR, ++panel) {
    Rim<2 * Pairs> rim(chunk.a, row, n, chunk.end);
    Place place = rim.enter();
    float32x4_t total[Pairs][4];
    if (chunk.from)
      loadSums<Pairs>(place, total);
    else
      LLMC_UNROLL
    for (int i = 0; i < 4 * Pairs; ++i)
      total[i / 4][i % 4] = vdupq_n_f32(0);
    sums(panel, total);
    storeSums<Pairs>(place, total, scales(panel));
    rim.leave();
  }
}

// A row or two: unpacking would cost more than decoding row by row. A row
// is taken out of its pair into scratch, in the layout of decode; then
// decode(args, what scratch has left, first and last channel), some channels at
// a time, so that their weights come from memory once.
template <typename Decode>
static void rowByRow(const Chunk &call, Decode decode) {
  constexpr int64_t kChannels = 64;
  llmc_linear_args one = call.a;
  int8_t *plain = static_cast<int8_t *>(one.scratch);
  one.lhs = plain;
  one.scratch = plain + llmc_q8_stride(one.k, 1);
  for (int64_t n = call.begin; n < call.end; n += kChannels)
    for (int64_t r = 0; r < call.a.rows; ++r) {
      const int8_t *pair = static_cast<const int8_t *>(call.a.lhs);
      if (call.a.rows > 1 || n == call.begin) {
        for (int64_t k = 0; k < call.kp; k += 8)
          vst1_s8(plain + k, vld1_s8(pair + 2 * k + 8 * r));
        const int8_t *scales = pair + 2 * call.kp + 4 * r;
        for (int64_t k = 0; k < call.kp; k += LLMC_Q8_BLOCK)
          storeAs(plain + call.kp + k / LLMC_Q8_BLOCK * 4,
                  loadAs<float>(scales + k / LLMC_Q8_BLOCK * 8));
      }
      one.out = call.a.out + r * one.out_stride;
      decode(&one, n, least(call.end, n + kChannels));
    }
}

} // namespace

#endif
