// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/embedding/embedding.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/linear/linear.h"
#include "kernels/quantize/quantize.h"
#include "test/kernels/oracle.h"
#include <map>
#include <tuple>

namespace llmc::test {

namespace {

// Packing and the oracle are slow under emulation and the same for all kernels
// of a layout, so both are kept.
typedef std::map<std::tuple<std::string, int64_t, int64_t, int64_t>, Buffer>
    Kept;

Buffer &packed(const char *name, int64_t n, int64_t k) {
  static Kept kept;
  auto at = kept.find({name, n, k, 0});
  if (at != kept.end())
    return at->second;
  const llmc_layout *l = llmc_find_layout(name);
  std::vector<float> w = gaussian(n * k, n + k);
  Buffer out((n + l->nr - 1) / l->nr * l->panel_bytes(k));
  std::vector<uint8_t> work(l->pack_work(k) + 1);
  for (int64_t c = 0; c < n; c += l->nr)
    l->pack(w.data() + c * k, std::min(l->nr, n - c), k,
            out.as() + c / l->nr * l->panel_bytes(k), work.data());
  return kept.emplace(Kept::key_type{name, n, k, 0}, std::move(out))
      .first->second;
}

// Activations in the encoding that a row reads.
Buffer lhsOf(const char *type, const std::vector<float> &x, int64_t rows,
             int64_t k) {
  if (is(type, "f32")) {
    Buffer out(rows * k * 4);
    std::memcpy(out.as(), x.data(), rows * k * 4);
    return out;
  }
  int64_t interleave = is(type, "q8x2") ? 2 : 1;
  Buffer out(llmc_q8_bytes(rows, k, interleave));
  size_t count;
  const llmc_kernel_row *table = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (is(table[i].op, "quantize") && is(table[i].out, type)) {
      llmc_quantize_args args = {x.data(), out.as(), rows, k};
      table[i].kernel(&args, 0, rows);
      break;
    }
  return out;
}

const Buffer &expected(const llmc_kernel_row &oracle, llmc_linear_args args,
                       const std::vector<float> &x) {
  static Kept kept;
  Kept::key_type key{oracle.symbol, args.rows, args.n, args.k};
  auto at = kept.find(key);
  if (at != kept.end())
    return at->second;
  Buffer lhs = lhsOf(oracle.lhs, x, args.rows, args.k);
  Buffer out(args.rows * args.out_stride * 4);
  args.lhs = lhs.as();
  args.out = out.as<float>();
  oracle.kernel(&args, 0, args.n);
  return kept.emplace(key, std::move(out)).first->second;
}

void checkShape(const llmc_kernel_row &row, const llmc_kernel_row &oracle,
                int64_t rows, int64_t n, int64_t k) {
  SCOPED_TRACE("rows=" + std::to_string(rows) + " n=" + std::to_string(n) +
               " k=" + std::to_string(k));
  std::vector<float> x = gaussian(rows * k, rows + k), bias = gaussian(n, 5);
  const int64_t stride = n + 3;
  Buffer lhs = lhsOf(row.lhs, x, rows, k), got(rows * stride * 4);
  Buffer scratch = scratchOf(row, k);
  llmc_linear_args args = {lhs.as(),
                           packed(row.rhs, n, k).as(),
                           (rows + n) % 2 ? bias.data() : nullptr,
                           got.as<float>(),
                           rows,
                           n,
                           k,
                           stride,
                           scratch.as()};
  runSliced(row, &args, n, 1 + (n + k) % 3);
  EXPECT_TRUE(got.guarded() && scratch.guarded()) << "writes outside";
  ASSERT_TRUE(expected(oracle, args, x) == got) << "differs from the oracle";
}

// Products and sums that leave f32 at either end, infinities and NaN.
void checkEdges(const llmc_kernel_row &row, const llmc_kernel_row &oracle,
                int64_t rows) {
  const uint16_t edges[] = {0,      0x8000, 0x0001, 0x807f, 0x0080, 0x8080,
                            0x1f80, 0x9fff, 0x2000, 0x3f80, 0xbf81, 0x4300,
                            0x5f7f, 0xdf80, 0x7f7f, 0xff7f, 0x7f80, 0x7fc1};
  const int64_t n = 16, k = 6;
  Random random(7 + rows);
  for (int round = 0; round < 300; ++round) {
    // The rarer kinds would otherwise hide what else there is.
    auto edge = [&] {
      return edges[random.next() % (std::size(edges) - 4 + round % 5)];
    };
    std::vector<float> x(rows * k);
    std::vector<uint16_t> w(n * k);
    for (float &to : x)
      to = llmc_bf16_to_float(edge());
    for (uint16_t &to : w)
      to = edge();
    Buffer want(rows * n * 4), got(rows * n * 4), scratch = scratchOf(row, k);
    llmc_linear_args args = {x.data(), w.data(), nullptr, want.as<float>(), rows,
                             n,        k,        n,       scratch.as()};
    oracle.kernel(&args, 0, n);
    args.out = got.as<float>();
    row.kernel(&args, 0, n);
    ASSERT_TRUE(want == got) << "edges, round " << round;
  }
}

} // namespace

void checkLinear(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  const int64_t ks[] = {1, 31, 64, 84, 96, 173, 256, 300, 544, 1024};
  const int64_t ns[] = {1, 8, 13, 24, 32, 37, 71};
  std::vector<int64_t> rows = {1};
  if (!is(row.graph, "decode"))
    rows.insert(rows.end(), {2, 3, 4, 5, 6, 7, 9, 13, 33});
  for (size_t i = 0; i < std::size(ks); ++i)
    for (int64_t r : rows)
      checkShape(row, oracle, r, ns[i % std::size(ns)], ks[i]);
  for (int64_t n : ns)
    checkShape(row, oracle, rows.back(), n, 288);
  checkShape(row, oracle, rows.back() > 9 ? 9 : 1, 13, 4160);
  if (rows.back() > 1) // more rows and k than a kernel keeps at a time
    checkShape(row, oracle, 133, 5, 1049);
  if (is(row.variant, "bfdot"))
    checkEdges(row, oracle, std::min<int64_t>(rows.back(), 5));
}

void checkEmbedding(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  for (int64_t k : {1, 33, 64, 173, 300})
    for (double scale : {1.0, 1.7}) {
      const int64_t vocab = 19, rows = 5;
      const int32_t tokens[rows] = {0, 18, 7, 8, 18};
      Buffer &table = packed(row.rhs, vocab, k);
      Buffer want(rows * k * 4), got(rows * k * 4);
      llmc_embedding_args args = {tokens, table.as(), want.as<float>(),
                                  vocab,  k,          scale};
      oracle.kernel(&args, 0, rows);
      args.out = got.as<float>();
      runSliced(row, &args, rows, 2);
      EXPECT_TRUE(got.guarded());
      ASSERT_TRUE(want == got) << "k=" << k << " scale=" << scale;
    }
}

} // namespace llmc::test
