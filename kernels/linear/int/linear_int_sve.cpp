// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decode with NEON dot products; SVE only widens the multipliers while it loads
// them, four lanes of any vector length.
#include "kernels/linear/dot_arm.h"
#include <arm_neon_sve_bridge.h>
#include <arm_sve.h>

namespace {

struct Sve : Dotprod {
  template <int64_t Group, int R> using Totals = GroupTotals<Sve, Group, R>;
  template <int64_t Group> static constexpr int shift() { return kShift; }
  template <int R>
  LLMC_INLINE void multiply(RowSums<R> &total, const RowSums<R> &s,
                            const int8_t *m) {
    svbool_t four = svptrue_pat_b32(SV_VL4);
    multiplyBy(total, s, svget_neonq_s32(svld1sb_s32(four, m)),
               svget_neonq_s32(svld1sb_s32(four, m + 4)));
  }
};

} // namespace

#define KERNEL(layout, Panel)                                                  \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_sve) {                         \
    decode<Sve, Panel>(args, begin, end);                                      \
  }
KERNEL(i4_n8_g32, Int4Panel<32>)
KERNEL(i4_n8_g64, Int4Panel<64>)
KERNEL(i4_n8_g128, Int4Panel<128>)
