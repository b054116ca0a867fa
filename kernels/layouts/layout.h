// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the bytes of a packed weight lie. A layout is a row of layouts.def: pure
// functions shared by compiler, kernels' tests and docs. A matrix [n, k] is
// stored as ceil(n / nr) panels of nr output channels, one after the other, so
// it can be packed in a stream, panel by panel; missing channels of the last
// panel are zero. A vector is one row.
#ifndef LLMC_KERNELS_LAYOUTS_LAYOUT_H
#define LLMC_KERNELS_LAYOUTS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct llmc_coded_rows;

struct llmc_layout {
  const char *name;   // "i4_n8_g32"
  const char *scheme; // f32 f16 bf16 int8 int4 block4 block8, z: zero points
  int64_t group;      // k per multiplier or scale, 0: none
  int64_t nr;         // channels per panel
  // Bytes of one panel. Packed matrix = ceil(n / nr) * panel_bytes(k).
  int64_t (*panel_bytes)(int64_t k);
  // Encodes (rounds, quantizes) and packs one panel. rows: f32 [count][k],
  // 1 <= count <= nr. work: at least pack_work(k) bytes.
  void (*pack)(const float *rows, int64_t count, int64_t k, void *panel,
               void *work);
  int64_t (*pack_work)(int64_t k);
  // The exact values that the packed panel stands for, f32 [nr][k].
  void (*unpack)(const void *panel, int64_t k, float *rows);
  // Packs codes that are given, of block schemes; else null.
  void (*pack_codes)(const struct llmc_coded_rows *rows, int64_t count,
                     int64_t k, void *panel);
};

// Rows of codes; weight = (code - zero) * scale. G = groups started in k.
struct llmc_coded_rows {
  const int8_t *codes; // [count][k]
  const int8_t *zeros; // [count][G], all 0 where the scheme has none
  const float *scales; // [count][G]
};

#ifdef __cplusplus
extern "C" {
#endif
// The row named `name`, or null. layouts.cpp.
const struct llmc_layout *llmc_find_layout(const char *name);
#ifdef __cplusplus
}
#endif

#endif
