// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decode with NEON dot products; SVE only widens the multipliers while it loads
// them, four lanes of any vector length.
#include "kernels/linear/dot_arm.h"
#include <arm_neon_sve_bridge.h>
#include <arm_sve.h>

namespace {

struct Sve : Dotprod {
  template <int64_t Group> using Totals = GroupTotals<Sve, Group>;
  template <int64_t Group> static constexpr int shift() { return kShift; }
  LLMC_INLINE void multiply(Sums &total, const Sums &s, const int8_t *r) {
    svbool_t four = svptrue_pat_b32(SV_VL4);
    total.lo = vmlaq_s32(total.lo, s.lo, svget_neonq_s32(svld1sb_s32(four, r)));
    total.hi =
        vmlaq_s32(total.hi, s.hi, svget_neonq_s32(svld1sb_s32(four, r + 4)));
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
