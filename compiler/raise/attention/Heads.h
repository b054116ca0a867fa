// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the operands of an attention are made of. In: a value of the onnx graph,
// however its heads are laid out. Out: the rows [rows, width] that its elements
// come from, which columns they are, and how they were rotated and scaled. The
// elements of the rows are numbered and the numbers sent through the graph's
// own moves (reshapes, transposes, splits, repetitions, the concatenation with
// the past), so that a layout counts by where it puts them.
#ifndef LLMC_COMPILER_RAISE_ATTENTION_HEADS_H
#define LLMC_COMPILER_RAISE_ATTENTION_HEADS_H

#include "compiler/raise/attention/Mask.h"
#include "compiler/raise/attention/Rotation.h"

namespace llmc {

struct Heads {
  mlir::Value source; // [rows, width]
  int64_t begin = 0;  // its columns [begin, begin + headDim) and so on
  int64_t heads = 0, headDim = 0;
  int64_t stride = 0;  // from one head to the next; 0: headDim
  int64_t readers = 0; // heads that the operand has: a multiple of `heads`
  double scale = 1;
  std::optional<RopeMatch> rope;
  mlir::Value past; // the cache input that comes before, or null
};

/// How an operand holds its heads.
struct HeadLayout {
  enum Kind {
    Plain,  // [lead.., positions, head_dim]
    Turned, // [lead.., head_dim, positions]
    Joined, // [batch, positions, heads * head_dim]
    Packed  // [batch, positions, heads, parts, head_dim]
  } kind = Plain;
  /// The sizes of `lead` at a probe: batch, then heads in their order.
  llvm::function_ref<llvm::SmallVector<int64_t>(size_t point)> lead;
  int64_t heads = 0; // Joined and Packed
  int64_t part = 0;  // Packed
};

/// Nullopt where the operand's elements are not the heads of some rows.
std::optional<Heads> matchHeads(const Raiser &raiser, mlir::Value v,
                                const HeadLayout &layout);
/// True when `v`, [rows, heads * head_dim], holds the elements of `from`,
/// [batch * heads, sequence, head_dim].
bool isJoined(const Raiser &raiser, mlir::Value v, mlir::Value from);
/// True for an operation that only moves the elements of its first operand.
bool isMove(mlir::Operation *op);

struct AttentionMatch {
  Heads q, k, v;
  double scale = 1;
  std::optional<Mask> mask = {};
  int64_t window = 0; // without a mask; 0: all
  double softcap = 0; // 0: none
};

/// True when the operands fit together: one head_dim, the past of each.
bool fits(const Raiser &raiser, const AttentionMatch &match);
/// Appends k and v as the next layer of the cache and attends with q over it;
/// null after an error.
mlir::Value buildAttention(Raiser &raiser, mlir::Operation *op,
                           const AttentionMatch &match);

} // namespace llmc

#endif
