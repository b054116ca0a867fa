// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call of a kernel of the table, for the benchmark (kernel_bench) and for
// counting cycles (kernel_cycles): in, a row and a shape; out, a call on operands
// of the right sizes, and what work it does. Values are made up: they do not
// change the speed. An op that is not known here stops the program.
#ifndef LLMC_TEST_KERNELS_KERNEL_CALL_H
#define LLMC_TEST_KERNELS_KERNEL_CALL_H

#include "kernels/kernel_rows.h"
#include <memory>
#include <string>
#include <vector>

namespace llmc::test {

// What a call is made of; an op looks only at what concerns it. `k` is the width
// of a row where there are no columns.
struct Shape {
  int64_t rows = 8, n = 512, k = 2048;
  int64_t heads = 32, kvHeads = 4, headDim = 64, context = 512;
  int64_t calls = 1; // the units are cut into this many, as threads would

  // Sets the field of that name (kv_heads, ...); false: there is none.
  bool set(const std::string &name, int64_t value);
};

// Where the table's figures are taken: the matrices and heads of a 1.1B model.
Shape defaultShape(const llmc_kernel_row &row);

// Null unless `row` can run on this CPU.
const llmc_kernel_row *findKernelRow(const std::string &symbol);
bool canRun(const llmc_kernel_row &row);

class KernelCall {
public:
  KernelCall(const llmc_kernel_row &row, const Shape &shape);

  void run() const;

  const char *unit = "element"; // of the work: or multiply-add
  double work = 0;              // of one run
  double bytes = 0; // of weights or KV cache read by one run, 0: none

private:
  void embedding(), ropeTable(), rmsNorm(), quantize(), linear(), ropeAppend();
  void attention(), decodeAttention(), gatedActivation();

  // Bytes that make small positive floats of any type, 64-aligned.
  template <typename T> T *operand(int64_t bytes);
  template <typename T> T *zeros(int64_t bytes);
  template <typename Args> void arguments(const Args &args, int64_t units);
  int64_t rowBytes(int64_t rows, int64_t k) const; // of the result's type
  void countKv(double positions);

  const llmc_kernel_row &row;
  const Shape shape;
  std::vector<std::unique_ptr<char[]>> memory;
  std::shared_ptr<void> args;
  int64_t units = 0;
};

} // namespace llmc::test

#endif
