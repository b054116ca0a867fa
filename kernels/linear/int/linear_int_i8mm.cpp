// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/int/few_rows_arm.h"

namespace {

// total + the sums of 2 * Pairs rows over `span` k of an unpacked panel.
template <int Pairs>
LLMC_INLINE void addSums(const int8_t *w, const int8_t *x, int64_t stride,
                         int64_t span, const int8_t *rowScales,
                         float32x4_t total[Pairs][4]) {
  for (; span > 0; span -= LLMC_Q8_BLOCK) {
    int32x4_t acc[Pairs][4];
    pairBlock<Pairs, 32>(w, x, stride, least(LLMC_Q8_BLOCK, span), acc);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p) {
      float32x4_t scale = pairScale(rowScales + p * stride);
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c)
        total[p][c] = addPairSum(total[p][c], acc[p][c], scale);
    }
    w += LLMC_Q8_BLOCK * LLMC_NR;
    x += 2 * LLMC_Q8_BLOCK;
    rowScales += 8;
  }
}

// Rows [row, row + 2 * Pairs), row even, of an unpacked chunk.
template <int Pairs, typename Panel>
__attribute__((noinline)) void rows(const Chunk &of, int64_t row) {
  const Chunk chunk = of; // nobody else writes to the copy
  int64_t span = chunk.to - chunk.from, bytes = Panel::bytes(chunk.a.k);
  const int8_t *w = static_cast<const int8_t *>(chunk.a.scratch);
  const int8_t *x = chunk.rows(row);
  const int8_t *rowScales = x + 2 * chunk.kp + chunk.from / LLMC_Q8_BLOCK * 8;
  const uint8_t *channelScales = static_cast<const uint8_t *>(chunk.a.rhs) +
                                 chunk.begin / LLMC_NR * bytes +
                                 Panel::scales(chunk.a.k);
  x += 2 * chunk.from;
  tiles<Pairs>(
      chunk, row,
      [=](int64_t panel, float32x4_t(*total)[4]) {
        addSums<Pairs>(w + panel * span * LLMC_NR, x, chunk.stride, span,
                       rowScales, total);
      },
      [=](int64_t panel) {
        return reinterpret_cast<const float *>(
            chunk.to < chunk.kp ? nullptr : channelScales + panel * bytes);
      });
}

// k from `from` (a multiple of 256) to `to` of a panel.
template <int64_t Group>
void unpack(Int4Panel<Group> p, const uint8_t *panel, int64_t from, int64_t to,
            int8_t *out) {
  panel += from / LLMC_SUPERBLOCK * llmc_i4_block_bytes(Group);
  unpackPanel<Group, true>(p, panel, to - from, out);
}
void unpack(Int8Panel p, const uint8_t *panel, int64_t from, int64_t to,
            int8_t *out) {
  unpackPanel<true>(p, panel + from * LLMC_NR, to - from, out);
}

// Up to kPanels panels: unpacked once, then all rows.
template <typename Panel> void unpackedRows(const Chunk &chunk) {
  int64_t bytes = Panel::bytes(chunk.a.k), span = chunk.to - chunk.from;
  int8_t *w = static_cast<int8_t *>(chunk.a.scratch);
  const uint8_t *panel =
      static_cast<const uint8_t *>(chunk.a.rhs) + chunk.begin / LLMC_NR * bytes;
  for (int64_t n = chunk.begin; n < chunk.end; n += LLMC_NR, panel += bytes) {
    unpack(Panel(), panel, chunk.from, chunk.to, w);
    w += span * LLMC_NR;
  }
  for (int64_t row = 0, pairs; row < chunk.a.rows; row += 2 * pairs) {
    // Three pairs keep all sums in registers; four are better cut evenly.
    pairs = (chunk.a.rows - row + 1) / 2;
    pairs = pairs == 4 ? 2 : least(pairs, 3);
    if (pairs == 3)
      rows<3, Panel>(chunk, row);
    else if (pairs == 2)
      rows<2, Panel>(chunk, row);
    else
      rows<1, Panel>(chunk, row);
  }
}

template <typename Panel>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  Chunk call = wholeCall(a, begin, end);
  if (a->rows > 1 && a->rows <= 2 * kFewPairs)
    return fewPairs<Panel>(call);
  if (a->rows < 2)
    return rowByRow(call,
                    [](const llmc_linear_args *one, int64_t from, int64_t to) {
                      decode<Widening, Panel>(one, from, to);
                    });
  eachChunk(call, unpackedRows<Panel>);
}

} // namespace

#define KERNEL(layout, Panel)                                                  \
  LLMC_KERNEL(llmc_linear_f32_q8x2_##layout##_6x8_i8mm) {                      \
    prefill<Panel>(args, begin, end);                                          \
  }
LLMC_INT_LAYOUTS(KERNEL)
