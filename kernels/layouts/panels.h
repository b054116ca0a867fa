// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets inside the panels of layouts.def, for the packer and the kernels: one
// place that says where a byte lies. Units are bytes.
#ifndef LLMC_KERNELS_LAYOUTS_PANELS_H
#define LLMC_KERNELS_LAYOUTS_PANELS_H

#include <stdint.h>

#define LLMC_NR 8           // channels per panel
#define LLMC_SUPERBLOCK 256 // k that share one activation scale

static inline int64_t llmc_round_up(int64_t x, int64_t to) {
  return (x + to - 1) / to * to;
}

// int8: [kp / 4][8][4], then scales.
static inline int64_t llmc_i8_scales(int64_t k) {
  return llmc_round_up(k, 32) * LLMC_NR;
}
static inline int64_t llmc_i8_panel_bytes(int64_t k) {
  return llmc_i8_scales(k) + LLMC_NR * (int64_t)sizeof(float);
}

// int4: bytes of the multipliers that head `span` (<= 256) k.
static inline int64_t llmc_i4_multipliers(int64_t span, int64_t group) {
  return llmc_round_up(llmc_round_up(span, group) / group * LLMC_NR, 16);
}
// A whole 256-block.
static inline int64_t llmc_i4_block_bytes(int64_t group) {
  return llmc_i4_multipliers(LLMC_SUPERBLOCK, group) +
         LLMC_SUPERBLOCK * LLMC_NR / 2;
}
// From the panel's start to its scales.
static inline int64_t llmc_i4_scales(int64_t k, int64_t group) {
  int64_t kp = llmc_round_up(k, 32), whole = kp / LLMC_SUPERBLOCK;
  int64_t rest = kp % LLMC_SUPERBLOCK;
  int64_t tail =
      rest ? llmc_i4_multipliers(rest, group) + rest * LLMC_NR / 2 : 0;
  return whole * llmc_i4_block_bytes(group) + tail;
}
static inline int64_t llmc_i4_panel_bytes(int64_t k, int64_t group) {
  return llmc_i4_scales(k, group) + LLMC_NR * (int64_t)sizeof(float);
}
// Of the multiplier of (k, channel).
static inline int64_t llmc_i4_multiplier_offset(int64_t k, int64_t channel,
                                                int64_t group) {
  return k / LLMC_SUPERBLOCK * llmc_i4_block_bytes(group) +
         k % LLMC_SUPERBLOCK / group * LLMC_NR + channel;
}
// Of the byte that holds the nibble of (k, channel); high when k % 32 >= 16.
static inline int64_t llmc_i4_nibble_offset(int64_t k, int64_t channel,
                                            int64_t kp, int64_t group) {
  int64_t block = k / LLMC_SUPERBLOCK, in = k % LLMC_SUPERBLOCK;
  int64_t rest = kp - block * LLMC_SUPERBLOCK;
  int64_t span = rest < LLMC_SUPERBLOCK ? rest : LLMC_SUPERBLOCK;
  return block * llmc_i4_block_bytes(group) + llmc_i4_multipliers(span, group) +
         in / 32 * 16 * LLMC_NR + in % 16 / 4 * 4 * LLMC_NR + channel * 4 +
         in % 4;
}

// Block schemes: 256 of kp (the last `span` may be shorter) begin with the
// scales of their groups. From there to the zero points, and to the codes:
static inline int64_t llmc_block_zeros(int64_t span, int64_t group) {
  return llmc_round_up(span, group) / group * LLMC_NR * (int64_t)sizeof(float);
}
static inline int64_t llmc_block_codes(int64_t span, int64_t group,
                                       int64_t zeros) {
  int64_t scales = llmc_block_zeros(span, group);
  return scales + (zeros ? llmc_round_up(scales / 4, 16) : 0);
}
// Of `span` (<= 256) k, codes and all.
static inline int64_t llmc_block_span_bytes(int64_t span, int64_t bits,
                                            int64_t group, int64_t zeros) {
  return span ? llmc_block_codes(span, group, zeros) + span * LLMC_NR * bits / 8
              : 0;
}
static inline int64_t llmc_block_panel_bytes(int64_t k, int64_t bits,
                                             int64_t group, int64_t zeros) {
  int64_t kp = llmc_round_up(k, 32);
  return kp / LLMC_SUPERBLOCK *
             llmc_block_span_bytes(LLMC_SUPERBLOCK, bits, group, zeros) +
         llmc_block_span_bytes(kp % LLMC_SUPERBLOCK, bits, group, zeros);
}
// Of a code, from the first code of its 256; `in` counts from there too. 4 bits:
// the byte's high nibble when in % 32 >= 16.
static inline int64_t llmc_block_code_offset(int64_t in, int64_t channel,
                                             int64_t bits) {
  if (bits == 8)
    return in / 4 * 4 * LLMC_NR + channel * 4 + in % 4;
  return in / 32 * 16 * LLMC_NR + in % 16 / 4 * 4 * LLMC_NR + channel * 4 +
         in % 4;
}

// The block layouts of layouts.def: X(layout, bits, group, zeros).
#define LLMC_BLOCK_LAYOUTS(X)                                                  \
  X(b4_n8_g16, 4, 16, false)                                                   \
  X(b4_n8_g32, 4, 32, false)                                                   \
  X(b4_n8_g128, 4, 128, false)                                                 \
  X(b4z_n8_g16, 4, 16, true)                                                   \
  X(b4z_n8_g32, 4, 32, true)                                                   \
  X(b4z_n8_g128, 4, 128, true)                                                 \
  X(b8_n8_g16, 8, 16, false)                                                   \
  X(b8_n8_g32, 8, 32, false)                                                   \
  X(b8_n8_g128, 8, 128, false)                                                 \
  X(b8z_n8_g16, 8, 16, true)                                                   \
  X(b8z_n8_g32, 8, 32, true)                                                   \
  X(b8z_n8_g128, 8, 128, true)

#endif
