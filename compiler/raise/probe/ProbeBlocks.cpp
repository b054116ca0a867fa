// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/ProbeOps.h"

using namespace mlir;

namespace llmc {

using Inputs = ArrayRef<const ProbeTensor *>;
using Results = SmallVector<ProbeTensor, 1>;

//===----------------------------------------------------------------------===//
// Attention: shapes alone
//===----------------------------------------------------------------------===//

/// y as wide as `width` says, and present keys and values after the past ones,
/// operands `past` and the next.
static Results attention(const ProbeNode &node, int64_t width, unsigned past) {
  Results results(node.op->getNumResults());
  results[0] = makeTensor(node.x().type, node.x().shape);
  if (node.x().rank() == 5) // packed: [batch, sequence, heads, parts, head_dim]
    results[0].shape.resize(3);
  results[0].shape.back() = width;
  int64_t added = node.x().rank() == 4 ? node.x().shape[2] : node.x().shape[1];
  for (unsigned i = 1; i < results.size() && i < 3; ++i)
    if (node.has(past + i - 1) && node.inputs[past + i - 1]->rank() == 4) {
      results[i] = makeTensor(node.x().type, node.inputs[past + i - 1]->shape);
      results[i].shape[2] += added;
    }
  return results;
}

static Results groupQueryAttention(const ProbeNode &node) {
  int64_t heads = onnx::getInt(node.op, "num_heads", 0);
  int64_t kvHeads = onnx::getInt(node.op, "kv_num_heads", 0);
  int64_t width = node.x().shape.back();
  if (heads <= 0 || kvHeads <= 0)
    return {};
  bool packed = !onnx::getInput(node.op, 1);
  return attention(node, packed ? width / (heads + 2 * kvHeads) * heads : width,
                   3);
}

//===----------------------------------------------------------------------===//
// RotaryEmbedding: elements too
//===----------------------------------------------------------------------===//

namespace {
/// One node of opset 23 or com.microsoft.
struct Rotary {
  const ProbeTensor *x, *cos, *sin, *positions; // positions may be null
  bool interleaved;
  int64_t headDim, half; // pairs that turn

  /// The row of the tables for sequence `s` of batch `b`.
  int64_t rowOf(int64_t b, int64_t s) const {
    if (!positions)
      return b * cos->shape[1] + s;
    bool isOffset = positions->data->size() == 1;
    int64_t at = isOffset ? 0 : b * positions->shape.back() + s;
    at %= int64_t(positions->data->size()); // one row may serve all batches
    return int64_t((*positions->data)[at]) + (isOffset ? s : 0);
  }
};
} // namespace

static std::vector<double> rotate(const Rotary &r) {
  std::vector<double> out = *r.x->data;
  bool joined = r.x->rank() == 3;
  int64_t sequence = r.x->shape[joined ? 1 : 2];
  int64_t rows = int64_t(out.size()) / r.headDim;
  int64_t heads = rows / (r.x->shape[0] * sequence);
  int64_t width = r.cos->shape.back();
  for (int64_t row = 0; row < rows; ++row) {
    // [b, s, heads] or [b, heads, s]
    int64_t b = row / (heads * sequence);
    int64_t s = joined ? row / heads % sequence : row % sequence;
    int64_t table = r.rowOf(b, s) * width;
    if (table < 0 || table + width > int64_t(r.cos->data->size()))
      return {};
    const double *x = r.x->data->data() + row * r.headDim;
    for (int64_t i = 0; i < r.half; ++i) {
      int64_t first = r.interleaved ? 2 * i : i;
      int64_t second = r.interleaved ? 2 * i + 1 : i + r.half;
      double c = (*r.cos->data)[table + i], s1 = (*r.sin->data)[table + i];
      out[row * r.headDim + first] = x[first] * c - x[second] * s1;
      out[row * r.headDim + second] = x[first] * s1 + x[second] * c;
    }
  }
  return out;
}

static Results rotaryEmbedding(const ProbeNode &node) {
  bool isMicrosoft = isa<onnx::MicrosoftRotaryEmbeddingOp>(node.op);
  unsigned cos = isMicrosoft ? 2 : 1, positions = isMicrosoft ? 1 : 3;
  ProbeTensor result = makeTensor(node.x().type, node.x().shape);
  Rotary r{node.inputs[0], node.inputs[cos], node.inputs[cos + 1],
           node.has(positions) ? node.inputs[positions] : nullptr,
           onnx::getInt(node.op, "interleaved", 0) != 0, 0, 0};
  bool known = node.x().data && r.cos->data && r.sin->data &&
               r.cos->rank() >= (r.positions ? 2 : 3) &&
               r.cos->shape == r.sin->shape &&
               (!r.positions || (r.positions->data && !r.positions->data->empty()));
  int64_t rank = node.x().rank();
  if (known && (rank == 3 || rank == 4)) {
    int64_t heads = onnx::getInt(node.op, "num_heads", 0);
    int64_t rotary = onnx::getInt(node.op, "rotary_embedding_dim", 0);
    r.half = rotary ? rotary / 2 : r.cos->shape.back();
    r.headDim = rank == 4 ? node.x().shape.back()
                : heads   ? node.x().shape.back() / heads
                          : 2 * r.half;
    if (r.headDim > 0 && 2 * r.half <= r.headDim && r.half <= r.cos->shape.back() &&
        node.x().shape.back() % r.headDim == 0)
      if (std::vector<double> data = rotate(r); !data.empty())
        setData(result, std::move(data));
  }
  return {std::move(result)};
}

SmallVector<ProbeTensor, 1> evaluateBlock(Operation *op, Inputs inputs) {
  ProbeNode node{op, inputs};
  if (inputs.empty() || !node.x().known || node.x().rank() < 2)
    return {};
  if (isa<onnx::RotaryEmbeddingOp, onnx::MicrosoftRotaryEmbeddingOp>(op))
    return rotaryEmbedding(node);
  if (node.x().rank() < 3)
    return {};
  if (isa<onnx::MicrosoftGroupQueryAttentionOp>(op))
    return groupQueryAttention(node);
  if (isa<onnx::AttentionOp>(op))
    return attention(node, node.x().shape.back(), 4);
  if (isa<onnx::MicrosoftMultiHeadAttentionOp>(op)) {
    bool packed = node.x().rank() == 5;
    return attention(node, node.x().shape.back() * (packed ? node.x().shape[2] : 1),
                     6);
  }
  return {};
}

} // namespace llmc
