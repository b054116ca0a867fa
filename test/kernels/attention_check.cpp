// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/attention/attention.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/rope/rope.h"
#include "test/kernels/oracle.h"
#include <limits>

namespace llmc::test {

namespace {

struct Shape {
  int64_t heads, kvHeads, headDim, rotary, context;
};

const Shape kShapes[] = {{4, 4, 16, 16, 200}, {8, 2, 16, 12, 150},
                         {3, 1, 48, 48, 130}, {7, 1, 36, 36, 90},
                         {8, 1, 64, 64, 300}, {2, 2, 128, 64, 70},
                         {6, 2, 256, 256, 140}};

// A KV cache of three sequences: random up to `filled` positions, NaN behind,
// so that a kernel that reads what was never written is found.
struct Cache {
  Cache(const Shape &s, bool half, int64_t filled)
      : element(half ? 2 : 4),
        stride(llmc_kv_sequence_bytes(1, s.kvHeads, s.context, s.headDim,
                                      element)),
        bytes(3 * stride, 0xff) {
    Random random(9);
    v = bytes.as() + llmc_kv_part_offset(0, 1, s.kvHeads, s.context, s.headDim,
                                         element);
    for (int64_t q = 0; q < 3; ++q)
      for (uint8_t *part : {bytes.as(), v})
        for (int64_t h = 0; h < s.kvHeads; ++h)
          for (int64_t i = 0; i < filled * s.headDim; ++i)
            set(part + q * stride, llmc_kv_row(h, 0, s.context, s.headDim) + i,
                random.gaussian());
  }
  void set(uint8_t *at, int64_t i, float x) {
    if (element == 4)
      reinterpret_cast<float *>(at)[i] = x;
    else
      reinterpret_cast<uint16_t *>(at)[i] = llmc_float_to_f16(x);
  }
  int64_t element, stride;
  Buffer bytes;
  uint8_t *v;
};

struct Rows {
  std::vector<int32_t> sequences, positions;
  int64_t size() const { return int64_t(positions.size()); }
};

// A prompt chunk from `first` on in sequence 1, then single rows elsewhere.
Rows mixedRows(int64_t first, int64_t chunk, int64_t context) {
  Rows r;
  for (int64_t i = 0; i < chunk; ++i) {
    r.sequences.push_back(1);
    r.positions.push_back(int32_t(first + i));
  }
  for (int32_t i = 0; i < 2; ++i) {
    r.sequences.push_back(2 * i);
    r.positions.push_back(int32_t((context - 1) / (i + 1)));
  }
  return r;
}

int64_t largest(const Rows &r) {
  int32_t m = 0;
  for (int32_t p : r.positions)
    m = std::max(m, p);
  return m;
}

struct Options {
  int64_t window;
  double softcap;
};

void checkCase(const llmc_kernel_row &row, const llmc_kernel_row &oracle,
               const Shape &s, const Rows &rows, Options o, bool dense) {
  SCOPED_TRACE("heads=" + std::to_string(s.heads) + "/" +
               std::to_string(s.kvHeads) + " dim=" + std::to_string(s.headDim) +
               " rows=" + std::to_string(rows.size()) + " window=" +
               std::to_string(o.window));
  Cache cache(s, is(row.rhs, "kv_f16"), largest(rows) + 1);
  const int64_t n = rows.size(), out = s.heads * s.headDim + 5;
  const int64_t stride = (s.heads + (dense ? 0 : 2 * s.kvHeads)) * s.headDim;
  std::vector<float> qkv = gaussian(n * stride, 4);
  Buffer want(n * out * 4), got(n * out * 4);
  Buffer scratch = scratchOf(row, s.headDim);
  llmc_attention_args args = {qkv.data(),
                              rows.sequences.data(),
                              rows.positions.data(),
                              cache.bytes.as(),
                              cache.v,
                              want.as<float>(),
                              n,
                              s.heads,
                              s.kvHeads,
                              s.headDim,
                              s.context,
                              cache.stride,
                              o.window,
                              stride,
                              0.3,
                              o.softcap,
                              out,
                              nullptr};
  oracle.kernel(&args, 0, s.kvHeads * n);
  args.out = got.as<float>();
  args.scratch = scratch.as();
  runSliced(row, &args, s.kvHeads * n, 1 + n % 4);
  EXPECT_TRUE(got.guarded() && scratch.guarded());
  ASSERT_TRUE(want == got) << "differs from the oracle";
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < s.heads * s.headDim; ++c)
      ASSERT_EQ(want.as<float>()[i * out + c], want.as<float>()[i * out + c])
          << "NaN";
}

} // namespace

void checkAttention(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  for (const Shape &s : kShapes) {
    checkCase(row, oracle, s, mixedRows(0, 11, s.context), {0, 0}, false);
    checkCase(row, oracle, s, mixedRows(58, 12, s.context), {0, 0}, false);
    checkCase(row, oracle, s, mixedRows(50, 9, s.context), {33, 0}, true);
    checkCase(row, oracle, s, mixedRows(3, 2, s.context), {0, 20}, false);
    Rows one = {{1}, {int32_t(s.context - 1)}};
    checkCase(row, oracle, s, one, {0, 0}, false);
    checkCase(row, oracle, s, one, {5, 30}, true);
    Rows first = {{2}, {0}};
    checkCase(row, oracle, s, first, {0, 0}, false);
  }
}

void checkRopeAppend(const llmc_kernel_row &row,
                     const llmc_kernel_row &oracle) {
  for (const Shape &s : kShapes) {
    Rows rows = mixedRows(7, 3, s.context);
    const int64_t n = rows.size();
    const int64_t width = (s.heads + 2 * s.kvHeads) * s.headDim;
    std::vector<float> x = gaussian(n * width, 4), table = gaussian(n * s.rotary, 6);
    bool half = is(row.rhs, "kv_f16");
    Cache want(s, half, 3), got(s, half, 3);
    Buffer x1(x.size() * 4), x2(x.size() * 4);
    std::memcpy(x1.as(), x.data(), x.size() * 4);
    std::memcpy(x2.as(), x.data(), x.size() * 4);
    llmc_rope_append_args args = {x1.as<float>(),
                                  table.data(),
                                  rows.sequences.data(),
                                  rows.positions.data(),
                                  want.bytes.as(),
                                  want.v,
                                  n,
                                  s.heads,
                                  s.kvHeads,
                                  s.headDim,
                                  s.rotary,
                                  s.context,
                                  want.stride};
    oracle.kernel(&args, 0, s.kvHeads * n);
    args.qkv = x2.as<float>();
    args.k_cache = got.bytes.as();
    args.v_cache = got.v;
    runSliced(row, &args, s.kvHeads * n, 3);
    EXPECT_TRUE(x2.guarded() && got.bytes.guarded());
    EXPECT_TRUE(x1 == x2) << "qkv differs, dim=" << s.headDim;
    ASSERT_TRUE(want.bytes == got.bytes) << "cache differs, dim=" << s.headDim;
  }
}

} // namespace llmc::test
