// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/attention/decode_attention.h"
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
                         {6, 2, 256, 256, 140}, {16, 2, 22, 22, 90}};

int64_t elementOf(const llmc_kernel_row &row) {
  return is(row.rhs, "kv_f32") ? 4 : is(row.rhs, "kv_f16") ? 2 : 1;
}

// A KV cache of three sequences: random up to `filled` positions, NaN behind
// (int8: a scale of NaN), so that a kernel that reads what was never written is
// found.
struct Cache {
  Cache(const Shape &s, int64_t element, int64_t filled)
      : element(element),
        stride(llmc_kv_sequence_bytes(1, s.kvHeads, s.context, s.headDim,
                                      element)),
        bytes(3 * stride, 0xff) {
    Random random(9);
    v = bytes.as() + llmc_kv_part_offset(0, 1, s.kvHeads, s.context, s.headDim,
                                         element);
    for (int64_t q = 0; q < 3; ++q)
      for (uint8_t *part : {bytes.as(), v})
        for (int64_t h = 0; h < s.kvHeads; ++h)
          fill(part + q * stride, s, h, filled, random);
  }
  void fill(uint8_t *part, const Shape &s, int64_t h, int64_t filled,
            Random &random) {
    int64_t row = llmc_kv_row(h, 0, s.context, s.headDim);
    for (int64_t i = 0; i < filled * s.headDim; ++i)
      set(part, row + i, random.gaussian());
    auto *scales = reinterpret_cast<float *>(
        part + llmc_kv_scales_offset(s.kvHeads, s.context, s.headDim));
    for (int64_t p = 0; element == 1 && p < filled; ++p)
      scales[llmc_kv_scale(h, p, s.context)] = 0.03f * float(random.uniform());
  }
  void set(uint8_t *at, int64_t i, float x) {
    if (element == 4)
      reinterpret_cast<float *>(at)[i] = x;
    else if (element == 2)
      reinterpret_cast<uint16_t *>(at)[i] = llmc_float_to_f16(x);
    else
      reinterpret_cast<int8_t *>(at)[i] = int8_t(21 * x);
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
  Cache cache(s, elementOf(row), largest(rows) + 1);
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
    int64_t element = elementOf(row);
    Cache want(s, element, 3), got(s, element, 3);
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

namespace {

const llmc_kernel_row &rowOf(const std::string &symbol) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  size_t i = 0;
  while (i < count && symbol != rows[i].symbol)
    ++i;
  EXPECT_LT(i, count) << symbol;
  return rows[i];
}

// The operands of one decoded row, and what a kernel makes of them.
struct Decoded {
  Decoded(const Shape &s, int64_t element, int32_t position, Options o)
      : s(s), cache(s, element, position), at(position), options(o),
        qkv(gaussian((s.heads + 2 * s.kvHeads) * s.headDim, 4)),
        table(gaussian(s.rotary, 6)), out(s.heads * s.headDim * 4),
        partials(llmc_attention_partial_bytes(s.heads, s.headDim, s.context,
                                              o.window)),
        counters(s.kvHeads * LLMC_ATTENTION_COUNTER_BYTES, 0) {}

  // Slices of the units, the last one first when `backwards`.
  void decode(const llmc_kernel_row &row, int64_t pieces, bool backwards) {
    Buffer scratch = scratchOf(row, s.headDim);
    std::vector<float> before = qkv;
    llmc_decode_attention_args args = {
        qkv.data(),       table.data(), &sequence,       &at,
        cache.bytes.as(), cache.v,      out.as<float>(), partials.as<float>(),
        counters.as(),    s.heads,      s.kvHeads,       s.headDim,
        s.rotary,         s.context,    cache.stride,    options.window,
        0.3,              options.softcap, scratch.as()};
    int64_t units = s.kvHeads * LLMC_ATTENTION_SPLITS;
    for (int64_t i = 0; i < pieces; ++i) {
      int64_t piece = backwards ? pieces - 1 - i : i;
      int64_t begin = units * piece / pieces, end = units * (piece + 1) / pieces;
      if (begin < end)
        row.kernel(&args, begin, end);
    }
    EXPECT_TRUE(out.guarded() && partials.guarded() && counters.guarded() &&
                scratch.guarded() && cache.bytes.guarded());
    EXPECT_EQ(before, qkv) << "qkv is written";
    EXPECT_TRUE(counters == Buffer(s.kvHeads * LLMC_ATTENTION_COUNTER_BYTES, 0))
        << "a counter is not set back";
  }

  // The same by the two ops that it joins.
  void apart(const llmc_kernel_row &rope, const llmc_kernel_row &attention) {
    llmc_rope_append_args append = {
        qkv.data(), table.data(), &sequence, &at,     cache.bytes.as(),
        cache.v,    1,            s.heads,   s.kvHeads, s.headDim,
        s.rotary,   s.context,    cache.stride};
    rope.kernel(&append, 0, s.kvHeads);
    int64_t stride = (s.heads + 2 * s.kvHeads) * s.headDim;
    llmc_attention_args args = {
        qkv.data(), &sequence, &at, cache.bytes.as(), cache.v, out.as<float>(),
        1, s.heads, s.kvHeads, s.headDim, s.context, cache.stride,
        options.window, stride, 0.3, options.softcap, s.heads * s.headDim,
        nullptr};
    attention.kernel(&args, 0, s.kvHeads);
  }

  const Shape &s;
  Cache cache;
  int32_t sequence = 1, at;
  Options options;
  std::vector<float> qkv, table;
  Buffer out, partials, counters;
};

} // namespace

void checkDecodeAttention(const llmc_kernel_row &row,
                          const llmc_kernel_row &oracle) {
  std::string kv = row.rhs, variant = is(row.variant, "-") ? "" : std::string("_") + row.variant;
  const auto &rope = rowOf("llmc_rope_append_f32_" + kv + "_ref");
  const auto &attention = rowOf("llmc_attention_f32_f32_" + kv + variant + "_ref");
  const Options options[] = {{0, 0}, {33, 0}, {70, 20}};
  for (const Shape &s : kShapes)
    for (int64_t position : {int64_t(0), int64_t(64), s.context - 1}) {
      const Options &o = options[(position + s.heads) % 3];
      SCOPED_TRACE("heads=" + std::to_string(s.heads) + "/" +
                   std::to_string(s.kvHeads) + " dim=" +
                   std::to_string(s.headDim) + " position=" +
                   std::to_string(position) + " window=" +
                   std::to_string(o.window));
      Decoded want(s, elementOf(row), int32_t(position), o);
      want.apart(rope, attention);
      Decoded whole(s, elementOf(row), int32_t(position), o);
      whole.decode(oracle, 1, false);
      ASSERT_TRUE(want.out == whole.out) << "the oracle is not the two ops'";
      ASSERT_TRUE(want.cache.bytes == whole.cache.bytes);
      for (int64_t pieces : {1, 2, 3, 5, 8, 16, 64}) {
        Decoded got(s, elementOf(row), int32_t(position), o);
        got.decode(row, pieces, pieces % 2 == 0);
        ASSERT_TRUE(want.cache.bytes == got.cache.bytes) << pieces << " pieces";
        ASSERT_TRUE(want.out == got.out) << pieces << " pieces";
      }
    }
}

} // namespace llmc::test
