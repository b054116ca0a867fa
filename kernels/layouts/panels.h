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

#endif
