// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/activation/gated_activation.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/norm/rms_norm.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rope/rope.h"
#include "test/kernels/oracle.h"

namespace llmc::test {

namespace {

int64_t outBytes(const char *type, int64_t rows, int64_t k) {
  if (is(type, "f32"))
    return rows * k * 4;
  return llmc_q8_bytes(rows, k, is(type, "q8x2") ? 2 : 1);
}

Buffer copyOf(const std::vector<float> &v) {
  Buffer b(v.size() * 4);
  std::memcpy(b.as(), v.data(), v.size() * 4);
  return b;
}

const int64_t kWidths[] = {1, 8, 15, 16, 17, 84, 173, 256, 260, 271, 1024};

} // namespace

void checkRmsNorm(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  const int32_t index[] = {4, 1, 2};
  for (int64_t width : kWidths)
    for (int mode = 0; mode < 4; ++mode) {
      SCOPED_TRACE("width=" + std::to_string(width) + " mode=" +
                   std::to_string(mode));
      const int64_t rows = 5, n = mode & 1 ? 3 : rows;
      std::vector<float> x = gaussian(rows * width, width),
                         delta = gaussian(rows * width, 2),
                         weight = gaussian(width, 3);
      if (width > 16)
        for (int64_t i = 0; i < width; ++i)
          x[width + i] = delta[width + i] = 0; // a row of zeros
      Buffer x1 = copyOf(x), x2 = copyOf(x);
      Buffer want(outBytes(row.out, n, width)), got(outBytes(row.out, n, width));
      llmc_rms_norm_args args = {x1.as<float>(),
                                 mode & 2 ? delta.data() : nullptr,
                                 weight.data(),
                                 want.as(),
                                 mode & 1 ? index : nullptr,
                                 n,
                                 width,
                                 1e-5};
      oracle.kernel(&args, 0, n);
      args.x = x2.as<float>();
      args.out = got.as();
      runSliced(row, &args, n, 1 + width % 2);
      EXPECT_TRUE(got.guarded() && x2.guarded());
      EXPECT_TRUE(x1 == x2) << "the residual differs";
      ASSERT_TRUE(want == got);
    }
}

void checkQuantize(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  for (int64_t width : kWidths)
    for (int64_t rows : {1, 3, 4}) {
      std::vector<float> x = gaussian(rows * width, width);
      x[rows * width / 2] = -37;
      Buffer want(outBytes(row.out, rows, width)),
          got(outBytes(row.out, rows, width));
      llmc_quantize_args args = {x.data(), want.as(), rows, width};
      oracle.kernel(&args, 0, rows);
      args.out = got.as();
      runSliced(row, &args, rows, 2);
      EXPECT_TRUE(got.guarded());
      ASSERT_TRUE(want == got) << "rows=" << rows << " width=" << width;
    }
}

void checkRopeTable(const llmc_kernel_row &row, const llmc_kernel_row &oracle) {
  const int32_t positions[] = {0, 1, 77, 131071, 1073741823};
  for (int64_t dim : {2, 14, 16, 48, 128}) {
    std::vector<float> frequencies;
    for (int64_t i = 0; i < dim / 2; ++i)
      frequencies.push_back(1.0f / float(1 + i * i));
    Buffer want(5 * dim * 4), got(5 * dim * 4);
    llmc_rope_table_args args = {positions, frequencies.data(),
                                 want.as<float>(), 5, dim, 1.25};
    oracle.kernel(&args, 0, 5);
    args.table = got.as<float>();
    runSliced(row, &args, 5, 2);
    EXPECT_TRUE(got.guarded());
    ASSERT_TRUE(want == got) << "dim=" << dim;
  }
}

void checkGatedActivation(const llmc_kernel_row &row,
                          const llmc_kernel_row &oracle) {
  for (int64_t width : kWidths)
    for (int64_t pieces : {1, 3}) {
      const int64_t rows = 3;
      std::vector<float> in = gaussian(rows * 2 * width, width);
      in[0] = 120;
      in[rows * width] = -120;
      Buffer want(rows * width * 4), got(rows * width * 4);
      llmc_gated_activation_args args = {in.data(), want.as<float>(), rows,
                                         width};
      oracle.kernel(&args, 0, rows * 2 * width);
      args.out = got.as<float>();
      runSliced(row, &args, rows * 2 * width, pieces);
      EXPECT_TRUE(got.guarded());
      ASSERT_TRUE(want == got) << "width=" << width << " pieces=" << pieces;
    }
}

} // namespace llmc::test
