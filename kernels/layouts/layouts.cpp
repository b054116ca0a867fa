// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/formats/float16.h"
#include "kernels/formats/int_formats.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/panels.h"

namespace {

void clear(void *p, int64_t bytes) { __builtin_memset(p, 0, bytes); }

float loadFloat(const void *p) {
  float x;
  __builtin_memcpy(&x, p, sizeof(x));
  return x;
}

void storeFloat(void *p, float x) { __builtin_memcpy(p, &x, sizeof(x)); }

int64_t noWork(int64_t) { return 0; }

// Layouts whose codes cannot be given.
struct Encoded {
  static constexpr void (*packCodes)(const llmc_coded_rows *, int64_t, int64_t,
                                     void *) = nullptr;
};

// Element types of the float layouts.
struct F32 {
  typedef float Stored;
  static float encode(float x) { return x; }
  static float decode(float x) { return x; }
};
struct F16 {
  typedef uint16_t Stored;
  static uint16_t encode(float x) { return llmc_float_to_f16(x); }
  static float decode(uint16_t x) { return llmc_f16_to_float(x); }
};
struct BF16 {
  typedef uint16_t Stored;
  static uint16_t encode(float x) { return llmc_float_to_bf16(x); }
  static float decode(uint16_t x) { return llmc_bf16_to_float(x); }
};

template <typename T, int64_t NR> struct FloatPanel : Encoded {
  typedef typename T::Stored Stored;
  static int64_t bytes(int64_t k) { return k * NR * (int64_t)sizeof(Stored); }
  static constexpr int64_t (*work)(int64_t) = noWork;

  static void pack(const float *rows, int64_t count, int64_t k, void *panel,
                   void *) {
    Stored *out = static_cast<Stored *>(panel);
    for (int64_t i = 0; i < k; ++i)
      for (int64_t c = 0; c < NR; ++c)
        out[i * NR + c] = T::encode(c < count ? rows[c * k + i] : 0.0f);
  }

  static void unpack(const void *panel, int64_t k, float *rows) {
    const Stored *in = static_cast<const Stored *>(panel);
    for (int64_t c = 0; c < NR; ++c)
      for (int64_t i = 0; i < k; ++i)
        rows[c * k + i] = T::decode(in[i * NR + c]);
  }
};

struct Int8Panel : Encoded {
  static int64_t bytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static int64_t work(int64_t k) { return llmc_round_up(k, 32); }

  static void pack(const float *rows, int64_t count, int64_t k, void *panel,
                   void *work) {
    clear(panel, bytes(k));
    int8_t *out = static_cast<int8_t *>(panel);
    int8_t *codes = static_cast<int8_t *>(work);
    for (int64_t c = 0; c < count; ++c) {
      float scale;
      llmc_encode_int8(rows + c * k, k, codes, &scale);
      for (int64_t i = 0; i < k; ++i)
        out[i / 4 * 4 * LLMC_NR + c * 4 + i % 4] = codes[i];
      storeFloat(out + llmc_i8_scales(k) + c * sizeof(float), scale);
    }
  }

  static void unpack(const void *panel, int64_t k, float *rows) {
    const int8_t *in = static_cast<const int8_t *>(panel);
    for (int64_t c = 0; c < LLMC_NR; ++c) {
      float scale = loadFloat(in + llmc_i8_scales(k) + c * sizeof(float));
      for (int64_t i = 0; i < k; ++i)
        rows[c * k + i] =
            (float)in[i / 4 * 4 * LLMC_NR + c * 4 + i % 4] * scale;
    }
  }
};

template <int64_t Group> struct Int4Panel : Encoded {
  static int64_t bytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  // Codes, multipliers and steps of one row.
  static int64_t work(int64_t k) {
    int64_t groups = (k + Group - 1) / Group;
    return llmc_round_up(k, 32) + llmc_round_up(groups, 32) +
           groups * (int64_t)sizeof(float);
  }

  static void pack(const float *rows, int64_t count, int64_t k, void *panel,
                   void *work) {
    clear(panel, bytes(k));
    uint8_t *out = static_cast<uint8_t *>(panel);
    int64_t kp = llmc_round_up(k, 32), groups = (k + Group - 1) / Group;
    int8_t *codes = static_cast<int8_t *>(work);
    int8_t *multipliers = codes + kp;
    float *steps =
        reinterpret_cast<float *>(multipliers + llmc_round_up(groups, 32));
    for (int64_t c = 0; c < count; ++c) {
      float scale;
      llmc_encode_int4(rows + c * k, k, Group, codes, multipliers, &scale,
                       steps);
      for (int64_t g = 0; g < groups; ++g)
        out[llmc_i4_multiplier_offset(g * Group, c, Group)] =
            (uint8_t)multipliers[g];
      for (int64_t i = 0; i < kp; ++i)
        out[llmc_i4_nibble_offset(i, c, kp, Group)] |=
            (uint8_t)((codes[i] & 15) << (i % 32 < 16 ? 0 : 4));
      storeFloat(out + llmc_i4_scales(k, Group) + c * sizeof(float), scale);
    }
  }

  static void unpack(const void *panel, int64_t k, float *rows) {
    const uint8_t *in = static_cast<const uint8_t *>(panel);
    int64_t kp = llmc_round_up(k, 32);
    for (int64_t c = 0; c < LLMC_NR; ++c) {
      float scale =
          loadFloat(in + llmc_i4_scales(k, Group) + c * sizeof(float));
      for (int64_t i = 0; i < k; ++i) {
        int byte = in[llmc_i4_nibble_offset(i, c, kp, Group)];
        int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
        int code = (nibble ^ 8) - 8;
        int r = (int8_t)in[llmc_i4_multiplier_offset(i, c, Group)];
        rows[c * k + i] = (float)(code * r) * scale;
      }
    }
  }
};

template <int Bits, int64_t Group, bool Zeros> struct BlockPanel {
  static int64_t bytes(int64_t k) {
    return llmc_block_panel_bytes(k, Bits, Group, Zeros);
  }
  static int64_t groups(int64_t k) { return (k + Group - 1) / Group; }
  // Codes, zeros and scales of a panel.
  static int64_t work(int64_t k) {
    int64_t perRow = k + 32 + groups(k) * (int64_t)(1 + sizeof(float));
    return LLMC_NR * perRow;
  }

  // Calls f(bytes, first k, k as stored) for every 256 k.
  template <typename Byte, typename F>
  static void eachSpan(Byte *panel, int64_t k, F f) {
    int64_t kp = llmc_round_up(k, 32);
    for (int64_t first = 0; first < kp; first += LLMC_SUPERBLOCK) {
      int64_t span = kp - first < LLMC_SUPERBLOCK ? kp - first : LLMC_SUPERBLOCK;
      f(panel, first, span);
      panel += llmc_block_span_bytes(span, Bits, Group, Zeros);
    }
  }

  static void packCodes(const llmc_coded_rows *rows, int64_t count, int64_t k,
                        void *panel) {
    clear(panel, bytes(k));
    auto packSpan = [&](uint8_t *to, int64_t first, int64_t span) {
      uint8_t *zeros = to + llmc_block_zeros(span, Group);
      uint8_t *codes = to + llmc_block_codes(span, Group, Zeros);
      int64_t end = k - first < span ? k - first : span;
      for (int64_t c = 0; c < count; ++c) {
        for (int64_t g = 0; g * Group < end; ++g) {
          int64_t from = c * groups(k) + first / Group + g;
          storeFloat(to + (g * LLMC_NR + c) * sizeof(float),
                     rows->scales[from]);
          if (Zeros)
            zeros[g * LLMC_NR + c] = (uint8_t)rows->zeros[from];
        }
        for (int64_t i = 0; i < end; ++i) {
          uint8_t code = (uint8_t)rows->codes[c * k + first + i];
          if (Bits == 4)
            code = (uint8_t)((code & 15) << (i % 32 < 16 ? 0 : 4));
          codes[llmc_block_code_offset(i, c, Bits)] |= code;
        }
      }
    };
    eachSpan((uint8_t *)panel, k, packSpan);
  }

  static void pack(const float *rows, int64_t count, int64_t k, void *panel,
                   void *work) {
    float *scales = static_cast<float *>(work);
    int8_t *zeros = reinterpret_cast<int8_t *>(scales + count * groups(k));
    int8_t *codes = zeros + count * groups(k);
    // A row's codes end in padding that the next row overwrites.
    for (int64_t c = 0; c < count; ++c)
      llmc_encode_blocks(rows + c * k, k, Bits, Group, Zeros, codes + c * k,
                         zeros + c * groups(k), scales + c * groups(k));
    llmc_coded_rows given = {codes, zeros, scales};
    packCodes(&given, count, k, panel);
  }

  static void unpack(const void *panel, int64_t k, float *rows) {
    auto unpackSpan = [&](const uint8_t *in, int64_t first, int64_t span) {
      const uint8_t *zeros = in + llmc_block_zeros(span, Group);
      const uint8_t *codes = in + llmc_block_codes(span, Group, Zeros);
      for (int64_t c = 0; c < LLMC_NR; ++c)
        for (int64_t i = 0; i < span && first + i < k; ++i) {
          int64_t at = i / Group * LLMC_NR + c;
          int byte = codes[llmc_block_code_offset(i, c, Bits)];
          int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
          int code = Bits == 8 ? (int8_t)byte : (nibble ^ 8) - 8;
          int zero = Zeros ? (int8_t)zeros[at] : 0;
          rows[c * k + first + i] =
              (float)(code - zero) * loadFloat(in + at * sizeof(float));
        }
    };
    eachSpan((const uint8_t *)panel, k, unpackSpan);
  }
};

// Which panel a row of layouts.def names, by scheme.
template <int64_t Group, int64_t NR> struct Panels {
  typedef FloatPanel<F32, NR> f32;
  typedef FloatPanel<F16, NR> f16;
  typedef FloatPanel<BF16, NR> bf16;
  typedef Int8Panel int8;
  typedef Int4Panel<Group> int4;
  typedef BlockPanel<4, Group, false> block4;
  typedef BlockPanel<4, Group, true> block4z;
  typedef BlockPanel<8, Group, false> block8;
  typedef BlockPanel<8, Group, true> block8z;
};

const llmc_layout kLayouts[] = {
#define LLMC_LAYOUT(name, scheme, group, nr)                                   \
  {#name,                                                                      \
   #scheme,                                                                    \
   group,                                                                      \
   nr,                                                                         \
   Panels<group, nr>::scheme::bytes,                                           \
   Panels<group, nr>::scheme::pack,                                            \
   Panels<group, nr>::scheme::work,                                            \
   Panels<group, nr>::scheme::unpack,                                          \
   Panels<group, nr>::scheme::packCodes},
#include "kernels/layouts/layouts.def"
};

bool equal(const char *a, const char *b) {
  while (*a && *a == *b)
    ++a, ++b;
  return *a == *b;
}

} // namespace

const llmc_layout *llmc_find_layout(const char *name) {
  for (const llmc_layout &layout : kLayouts)
    if (equal(layout.name, name))
      return &layout;
  return nullptr;
}
