// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// embedding of integer tables, 32 k of a row at a time: 4 k lie together, the
// next 4 a row of LLMC_NR channels further.
#include "kernels/embedding/embedding.h"
#include "kernels/layouts/panels.h"
#include "kernels/vectors.h"

namespace {

const int64_t kNext = 4 * LLMC_NR;

// What codes are multiplied by; of most models the embedding has no scale.
struct Channel {
  float scale;
  Vec<16> operator()(const Vec<16> &v) const { return v * scale; }
};
struct ScaledChannel {
  float scale, all;
  Vec<16> operator()(const Vec<16> &v) const { return v * scale * all; }
};

// write(out) writes 32 floats, of which n are wanted.
template <typename Write>
LLMC_INLINE void write32(float *out, int64_t n, Write write) {
  if (n >= 32)
    return write(out);
  float whole[32];
  write(whole);
  for (int64_t i = 0; i < n; ++i)
    out[i] = whole[i];
}

struct Int8Row {
  static int64_t bytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static int64_t scales(int64_t k) { return llmc_i8_scales(k); }

  static Vec<16> codes(const char *in) {
    Vec<16> v;
    v.lo.lo = floatsOf(loadAs<Bytes4>(in));
    v.lo.hi = floatsOf(loadAs<Bytes4>(in + kNext));
    v.hi.lo = floatsOf(loadAs<Bytes4>(in + 2 * kNext));
    v.hi.hi = floatsOf(loadAs<Bytes4>(in + 3 * kNext));
    return v;
  }

  template <typename Scale>
  static void read(const char *panel, int64_t c, int64_t k, Scale scaled,
                   float *out) {
    const char *in = panel + c * 4;
    for (int64_t i = 0; i < k; i += 32, in += 8 * kNext)
      write32(out + i, k - i, [&](float *to) {
        storeAs(to, scaled(codes(in)));
        storeAs(to + 16, scaled(codes(in + 4 * kNext)));
      });
  }
};

template <int64_t Group> struct Int4Row {
  static int64_t bytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  static int64_t scales(int64_t k) { return llmc_i4_scales(k, Group); }

  template <typename Scale>
  static void read(const char *panel, int64_t c, int64_t k, Scale scaled,
                   float *out) {
    int64_t kp = llmc_round_up(k, 32);
    for (int64_t b = 0; b < k; b += LLMC_SUPERBLOCK) {
      const char *in = panel + llmc_i4_nibble_offset(b, c, kp, Group);
      const char *multipliers = panel + llmc_i4_multiplier_offset(b, c, Group);
      int64_t n = k - b < LLMC_SUPERBLOCK ? k - b : LLMC_SUPERBLOCK;
      for (int64_t i = 0; i < n; i += 32, in += 4 * kNext)
        write32(out + b + i, n - i, [&](float *to) {
          IntVec<4> words = {loadAs<int32_t>(in), loadAs<int32_t>(in + kNext),
                             loadAs<int32_t>(in + 2 * kNext),
                             loadAs<int32_t>(in + 3 * kNext)};
          Bytes16 codes = __builtin_bit_cast(Bytes16, words);
          int8_t r = (int8_t)multipliers[i / Group * LLMC_NR];
          storeAs(to, scaled(floatsOf(times(codes << 4 >> 4, r))));
          storeAs(to + 16, scaled(floatsOf(times(codes >> 4, r))));
        });
    }
  }
};

template <typename Row>
void embedding(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_embedding_args *>(args);
  int64_t k = a->width;
  float all = (float)a->scale;
  for (int64_t r = begin; r < end; ++r) {
    int64_t c = a->tokens[r] % LLMC_NR;
    const char *panel = static_cast<const char *>(a->table) +
                        a->tokens[r] / LLMC_NR * Row::bytes(k);
    float scale = loadAs<float>(panel + Row::scales(k) + c * 4);
    if (all == 1.0f)
      Row::read(panel, c, k, Channel{scale}, a->out + r * k);
    else
      Row::read(panel, c, k, ScaledChannel{scale, all}, a->out + r * k);
  }
}

} // namespace

#define EMBEDDING(layout, Row)                                                 \
  LLMC_KERNEL(llmc_embedding_f32_##layout##_1x32_any) {                        \
    embedding<Row>(args, begin, end);                                          \
  }
EMBEDDING(i8_n8, Int8Row)
EMBEDDING(i4_n8_g32, Int4Row<32>)
EMBEDDING(i4_n8_g64, Int4Row<64>)
EMBEDDING(i4_n8_g128, Int4Row<128>)
