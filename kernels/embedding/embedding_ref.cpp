// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// embedding, from every weight layout: one row is gathered out of its panel.
#include "kernels/embedding/embedding.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/panels.h"
#include "kernels/vectors.h"

namespace {

struct F32 {
  typedef float Stored;
  static float decode(float x) { return x; }
};
struct F16 {
  typedef uint16_t Stored;
  static float decode(uint16_t x) { return llmc_f16_to_float(x); }
};
struct BF16 {
  typedef uint16_t Stored;
  static float decode(uint16_t x) { return llmc_bf16_to_float(x); }
};

template <typename T> struct FloatRow {
  static int64_t bytes(int64_t k) {
    return k * LLMC_NR * (int64_t)sizeof(typename T::Stored);
  }
  static void read(const char *panel, int64_t c, int64_t k, float scale,
                   float *out) {
    typedef typename T::Stored Stored;
    const Stored *in = reinterpret_cast<const Stored *>(panel) + c;
    for (int64_t i = 0; i < k; ++i)
      out[i] = T::decode(in[i * LLMC_NR]) * scale;
  }
};

struct Int8Row {
  static int64_t bytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static void read(const char *panel, int64_t c, int64_t k, float scale,
                   float *out) {
    float s = loadAs<float>(panel + llmc_i8_scales(k) + c * sizeof(float));
    for (int64_t i = 0; i < k; ++i) {
      int8_t w = (int8_t)panel[i / 4 * 4 * LLMC_NR + c * 4 + i % 4];
      out[i] = (float)w * s * scale;
    }
  }
};

template <int64_t Group> struct Int4Row {
  static int64_t bytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  static void read(const char *panel, int64_t c, int64_t k, float scale,
                   float *out) {
    const uint8_t *in = reinterpret_cast<const uint8_t *>(panel);
    float s = loadAs<float>(in + llmc_i4_scales(k, Group) + c * sizeof(float));
    int64_t kp = llmc_round_up(k, 32);
    for (int64_t i = 0; i < k; ++i) {
      int byte = in[llmc_i4_nibble_offset(i, c, kp, Group)];
      int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
      int r = (int8_t)in[llmc_i4_multiplier_offset(i, c, Group)];
      out[i] = (float)(((nibble ^ 8) - 8) * r) * s * scale;
    }
  }
};

template <typename Row>
void embedding(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_embedding_args *>(args);
  const char *table = static_cast<const char *>(a->table);
  for (int64_t r = begin; r < end; ++r) {
    int64_t token = a->tokens[r];
    Row::read(table + token / LLMC_NR * Row::bytes(a->width), token % LLMC_NR,
              a->width, (float)a->scale, a->out + r * a->width);
  }
}

} // namespace

#define EMBEDDING(layout, Row)                                                 \
  LLMC_KERNEL(llmc_embedding_f32_##layout##_ref) {                             \
    embedding<Row>(args, begin, end);                                          \
  }
EMBEDDING(f32_n8, FloatRow<F32>)
EMBEDDING(f16_n8, FloatRow<F16>)
EMBEDDING(bf16_n8, FloatRow<BF16>)
EMBEDDING(i8_n8, Int8Row)
EMBEDDING(i4_n8_g32, Int4Row<32>)
EMBEDDING(i4_n8_g64, Int4Row<64>)
EMBEDDING(i4_n8_g128, Int4Row<128>)
