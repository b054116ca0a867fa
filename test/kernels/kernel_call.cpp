// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/kernels/kernel_call.h"
#include "kernels/activation/gated_activation.h"
#include "kernels/attention/decode_attention.h"
#include "kernels/embedding/embedding.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/linear/linear.h"
#include "kernels/norm/rms_norm.h"
#include "kernels/quantize/quantize.h"
#include "kernels/rope/rope.h"
#include "runtime/cpu_features.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace llmc::test {

namespace {

bool is(const char *a, const char *b) { return std::strcmp(a, b) == 0; }

bool isReference(const llmc_kernel_row &row) {
  std::string symbol = row.symbol;
  return symbol.size() > 4 && symbol.compare(symbol.size() - 4, 4, "_ref") == 0;
}

int64_t kvElement(const llmc_kernel_row &row) {
  return is(row.rhs, "kv_f32") ? 4 : is(row.rhs, "kv_f16") ? 2 : 1;
}

} // namespace

bool Shape::set(const std::string &name, int64_t value) {
  const struct {
    const char *name;
    int64_t Shape::*field;
  } fields[] = {{"rows", &Shape::rows},         {"n", &Shape::n},
                {"k", &Shape::k},               {"heads", &Shape::heads},
                {"kv_heads", &Shape::kvHeads},  {"head_dim", &Shape::headDim},
                {"context", &Shape::context},   {"calls", &Shape::calls}};
  for (const auto &field : fields)
    if (name == field.name) {
      this->*field.field = value;
      return true;
    }
  return false;
}

// References are slow, and the same at any size.
Shape defaultShape(const llmc_kernel_row &row) {
  Shape s;
  bool slow = isReference(row);
  if (is(row.op, "linear")) {
    bool prefill = is(row.graph, "prefill");
    s.rows = prefill ? 128 : 1;
    s.n = prefill || slow ? 64 : 512;
  } else if (is(row.op, "attention")) {
    s.rows = slow ? 1 : 64;
  } else if (is(row.op, "decode_attention")) {
    s.rows = 1;
  } else if (is(row.op, "gated_activation")) {
    s.k = 5632;
  }
  return s;
}

bool canRun(const llmc_kernel_row &row) {
  return row.kernel &&
         (row.isa < 0 || rt::cpuFeatures().isa >> row.isa & 1);
}

const llmc_kernel_row *findKernelRow(const std::string &symbol) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (symbol == rows[i].symbol)
      return canRun(rows[i]) ? &rows[i] : nullptr;
  return nullptr;
}

KernelCall::KernelCall(const llmc_kernel_row &row, const Shape &shape)
    : row(row), shape(shape) {
  const struct {
    const char *op;
    void (KernelCall::*make)();
  } makers[] = {{"embedding", &KernelCall::embedding},
                {"rope_table", &KernelCall::ropeTable},
                {"rms_norm", &KernelCall::rmsNorm},
                {"quantize", &KernelCall::quantize},
                {"linear", &KernelCall::linear},
                {"rope_append", &KernelCall::ropeAppend},
                {"attention", &KernelCall::attention},
                {"decode_attention", &KernelCall::decodeAttention},
                {"gated_activation", &KernelCall::gatedActivation}};
  for (const auto &maker : makers)
    if (is(maker.op, row.op)) {
      (this->*maker.make)();
      return;
    }
  std::fprintf(stderr, "%s: op %s has no benchmark\n", row.symbol, row.op);
  std::exit(2);
}

void KernelCall::run() const {
  // As llmc_slice cuts: whole granules, and the last slice takes the rest.
  int64_t granules = (units + row.granule - 1) / row.granule;
  for (int64_t i = 0; i < shape.calls; ++i) {
    int64_t begin = granules * i / shape.calls * row.granule;
    int64_t end = granules * (i + 1) / shape.calls * row.granule;
    end = end < units ? end : units;
    if (begin < end)
      row.kernel(args.get(), begin, end);
  }
}

template <typename T> T *KernelCall::zeros(int64_t bytes) {
  memory.emplace_back(new char[bytes + 128]());
  uintptr_t p = reinterpret_cast<uintptr_t>(memory.back().get());
  return reinterpret_cast<T *>((p + 63) / 64 * 64);
}

template <typename T> T *KernelCall::operand(int64_t bytes) {
  T *p = zeros<T>(bytes);
  for (int64_t i = 0; i < bytes; ++i)
    reinterpret_cast<char *>(p)[i] = char(48 + i * 37 % 16);
  return p;
}

template <typename Args>
void KernelCall::arguments(const Args &value, int64_t count) {
  args = std::make_shared<Args>(value);
  units = count;
}

int64_t KernelCall::rowBytes(int64_t rows, int64_t k) const {
  return is(row.out, "f32")
             ? rows * k * 4
             : llmc_q8_bytes(rows, k, is(row.out, "q8x2") ? 2 : 1);
}

void KernelCall::embedding() {
  const llmc_layout *layout = llmc_find_layout(row.rhs);
  int64_t vocab = 8 * shape.rows;
  auto *tokens = zeros<int32_t>(shape.rows * 4);
  for (int64_t i = 0; i < shape.rows; ++i)
    tokens[i] = int32_t(7 * i % vocab);
  arguments(llmc_embedding_args{
                tokens,
                operand<char>((vocab + layout->nr - 1) / layout->nr *
                              layout->panel_bytes(shape.k)),
                zeros<float>(shape.rows * shape.k * 4), vocab, shape.k, 1.0},
            shape.rows);
  work = double(shape.rows * shape.k);
  bytes = double(shape.rows * layout->panel_bytes(shape.k)) / layout->nr;
}

void KernelCall::ropeTable() {
  int64_t d = shape.headDim;
  auto *positions = zeros<int32_t>(shape.rows * 4);
  for (int64_t i = 0; i < shape.rows; ++i)
    positions[i] = int32_t(shape.context + i);
  arguments(llmc_rope_table_args{positions, operand<float>(d * 2),
                                 zeros<float>(shape.rows * d * 4), shape.rows,
                                 d, 1.0},
            shape.rows);
  work = double(shape.rows * d);
}

void KernelCall::rmsNorm() {
  int64_t bytesOf = shape.rows * shape.k * 4;
  arguments(llmc_rms_norm_args{operand<float>(bytesOf), operand<float>(bytesOf),
                               operand<float>(shape.k * 4),
                               zeros<char>(rowBytes(shape.rows, shape.k)),
                               nullptr, shape.rows, shape.k, 1e-5},
            shape.rows);
  work = double(shape.rows * shape.k);
}

void KernelCall::quantize() {
  arguments(llmc_quantize_args{operand<float>(shape.rows * shape.k * 4),
                               zeros<char>(rowBytes(shape.rows, shape.k)),
                               shape.rows, shape.k},
            shape.rows);
  work = double(shape.rows * shape.k);
}

void KernelCall::linear() {
  const llmc_layout *layout = llmc_find_layout(row.rhs);
  int64_t rows = shape.rows, n = shape.n, k = shape.k;
  int64_t lhs = is(row.lhs, "f32")
                    ? rows * k * 4
                    : llmc_q8_bytes(rows, k, is(row.lhs, "q8x2") ? 2 : 1);
  int64_t rhs = (n + layout->nr - 1) / layout->nr * layout->panel_bytes(k);
  arguments(llmc_linear_args{operand<char>(lhs), operand<char>(rhs), nullptr,
                             zeros<float>(rows * n * 4), rows, n, k, n,
                             zeros<char>(row.scratch0 + row.scratch_k * k)},
            n);
  unit = "multiply-add";
  work = double(rows) * double(n) * double(k);
  bytes = double(rhs);
}

void KernelCall::ropeAppend() {
  int64_t d = shape.headDim, width = (shape.heads + 2 * shape.kvHeads) * d;
  int64_t part =
      llmc_kv_part_bytes(shape.kvHeads, shape.context, d, kvElement(row));
  auto *positions = zeros<int32_t>(shape.rows * 4);
  for (int64_t i = 0; i < shape.rows; ++i)
    positions[i] = int32_t(shape.context - shape.rows + i);
  arguments(llmc_rope_append_args{operand<float>(shape.rows * width * 4),
                                  operand<float>(shape.rows * d * 4),
                                  zeros<int32_t>(shape.rows * 4), positions,
                                  zeros<char>(part), zeros<char>(part),
                                  shape.rows, shape.heads, shape.kvHeads, d, d,
                                  shape.context, 2 * part},
            shape.kvHeads * shape.rows);
  work = double(shape.rows * width);
}

// `positions`: sum over the rows of the positions that each sees.
void KernelCall::countKv(double positions) {
  unit = "multiply-add";
  work = 2 * positions * double(shape.heads * shape.headDim);
  double rowOfHead = double(shape.headDim * kvElement(row));
  if (kvElement(row) == 1)
    rowOfHead += 4; // its scale
  bytes = 2 * double(shape.context * shape.kvHeads) * rowOfHead;
}

void KernelCall::attention() {
  int64_t rows = shape.rows, d = shape.headDim, context = shape.context;
  int64_t stride = (shape.heads + 2 * shape.kvHeads) * d;
  int64_t part = llmc_kv_part_bytes(shape.kvHeads, context, d, kvElement(row));
  auto *positions = zeros<int32_t>(rows * 4);
  for (int64_t i = 0; i < rows; ++i)
    positions[i] = int32_t(context - rows + i);
  arguments(llmc_attention_args{operand<float>(stride * rows * 4),
                                zeros<int32_t>(rows * 4), positions,
                                operand<char>(part), operand<char>(part),
                                zeros<float>(rows * shape.heads * d * 4), rows,
                                shape.heads, shape.kvHeads, d, context,
                                2 * part, 0, stride, 0.1, 0, shape.heads * d,
                                zeros<char>(row.scratch0 + row.scratch_k * d)},
            shape.kvHeads * rows);
  countKv(double(rows) * double(2 * context - rows + 1) / 2);
}

void KernelCall::decodeAttention() {
  int64_t d = shape.headDim, context = shape.context;
  int64_t part = llmc_kv_part_bytes(shape.kvHeads, context, d, kvElement(row));
  auto *position = zeros<int32_t>(4);
  *position = int32_t(context - 1);
  arguments(
      llmc_decode_attention_args{
          operand<float>((shape.heads + 2 * shape.kvHeads) * d * 4),
          operand<float>(d * 4), zeros<int32_t>(4), position,
          operand<char>(part), operand<char>(part),
          zeros<float>(shape.heads * d * 4),
          zeros<float>(llmc_attention_partial_bytes(shape.heads, d, context, 0)),
          zeros<char>(shape.kvHeads * LLMC_ATTENTION_COUNTER_BYTES),
          shape.heads, shape.kvHeads, d, d, context, 2 * part, 0, 0.1, 0,
          zeros<char>(row.scratch0 + row.scratch_k * d)},
      shape.kvHeads * LLMC_ATTENTION_SPLITS);
  countKv(double(context));
}

void KernelCall::gatedActivation() {
  int64_t rows = shape.rows, width = shape.k;
  arguments(llmc_gated_activation_args{operand<float>(rows * 2 * width * 4),
                                       zeros<float>(rows * width * 4), rows,
                                       width},
            rows * 2 * width);
  work = double(rows * width);
}

} // namespace llmc::test
