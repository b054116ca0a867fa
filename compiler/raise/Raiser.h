// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How an onnx graph becomes an llm graph: on demand from the logits, each value
// is covered by the largest building block that some matcher finds there
// (maximal munch, as in instruction selection). Matchers only read the onnx
// graph, so the probes stay true; what they build stands in the new @main. A
// matcher is one file Raise*.cpp; it answers null where its pattern is not.
#ifndef LLMC_COMPILER_RAISE_RAISER_H
#define LLMC_COMPILER_RAISE_RAISER_H

#include "compiler/raise/attention/Mask.h"
#include "compiler/raise/probe/Probe.h"
#include "dialects/llm/LlmDialect.h"
#include "dialects/onnx/OnnxDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <map>

namespace llmc {

/// Attribute of functions that `lower` generates code for: a letter for each
/// argument, r for rows, c for a constant vector, w for the destination.
inline constexpr llvm::StringLiteral kGeneratedAttr = "llm.generated";

/// Facts that matchers find on their way, for #llm.config.
struct ModelFacts {
  int64_t vocab = 0, hidden = 0, layers = 0, heads = 0, kvHeads = 0,
          headDim = 0, context = 0;
  int64_t gated = 0, widest = 0; // of a gated activation, of a linear's x
  mlir::Type sourceType; // of the embedding table
};

/// A rotary embedding of the first 2 * frequencies columns of every head.
struct RopeMatch {
  std::vector<float> frequencies;
  double scale = 1;
  int64_t positions = 0; // of the tables it was read from, 0: any
  int64_t headDim = 0;
  int64_t begin = 0;        // of a head, modulo headDim
  bool interleaved = false; // neighbours turn, not halves
};

/// Columns of a value, that is of a weight's n; all by default. With `step`, runs
/// of `run` columns so far apart. With `pairs`, of every so many columns first
/// the even ones, then the odd; a run is as long.
struct Slice {
  int64_t begin = 0, count = -1, pairs = 0, run = 0, step = 0;
  bool isAll() const { return count < 0; }
  /// Where column `i` of the slice comes from.
  int64_t at(int64_t i) const;
};

class Raiser {
public:
  Raiser(mlir::ModuleOp module, const GraphInputs &inputs,
         const Probes &probes);

  /// The [rows, width] value of the onnx value `v`; null after an error.
  mlir::Value rows(mlir::Value v);
  /// The same by patterns alone, nothing generated; null where none is there.
  mlir::Value patterns(mlir::Value v);
  /// `v` without what changes neither its shape nor its elements: Identity,
  /// casts between floats, reshapes and slices to the same shape.
  mlir::Value skip(mlir::Value v) const;
  /// The operation that makes skip(v), if it is an `Op`.
  template <typename Op> Op def(mlir::Value v) const {
    return skip(v).getDefiningOp<Op>();
  }
  /// True when the reduction is over the last axis and keeps it.
  bool reducesLastAxis(mlir::Operation *reduce) const;
  /// For the two operands of a commutative op: the other one when one of them
  /// satisfies `is`.
  mlir::Value otherIf(mlir::Operation *op,
                      llvm::function_ref<bool(mlir::Value)> is) const;

  /// An onnx matrix as the weight [n, k] of a linear or table: an initializer,
  /// its transpose. `transposed`: the value is [k, n], as MatMul has it. With a
  /// slice, only those of the n.
  mlir::FlatSymbolRefAttr matrix(mlir::Value v, bool transposed,
                                 mlir::Operation *user, Slice slice = {});
  bool isMatrix(mlir::Value v) const;
  /// The weight [N, K] of a com.microsoft.MatMulNBits; null after an error.
  mlir::FlatSymbolRefAttr blockMatrix(mlir::Operation *op, Slice slice);
  /// A constant vector of `width` elements, perhaps an initializer plus a
  /// number; null where it is none.
  mlir::FlatSymbolRefAttr vector(mlir::Value v, int64_t width,
                                 mlir::Operation *user, Slice slice = {});
  bool isVector(mlir::Value v, int64_t width) const;
  /// A weight of small values that stand in no file.
  mlir::FlatSymbolRefAttr values(llvm::StringRef name,
                                 llvm::ArrayRef<float> values);

  /// The function itself, named, or an equal one that was made before.
  mlir::func::FuncOp shareGenerated(mlir::func::FuncOp function);
  /// The elements of a float constant, read from its file where it has one;
  /// nullopt where it is none or the file cannot be read.
  std::optional<std::vector<float>> elements(mlir::Value v) const;
  /// `v` at kFromZero or kWithPast; where the probes have no elements because a table is too
  /// large, they are read from its file. No elements: not a constant.
  ProbeTensor valueAt(size_t point, mlir::Value v) const;
  /// [rows, width] of f32.
  mlir::RankedTensorType rowsOf(int64_t width);
  /// The error that the part at `op` has, reported once.
  mlir::Value fail(mlir::Operation *op, const llvm::Twine &message);
  bool hasFailed() const { return failed; }

  const GraphInputs &inputs;
  const Probes &probes;
  mlir::ModuleOp module;
  mlir::OpBuilder b; // in the new @main
  mlir::Value tokens, sequences, positions, logitRows, cache;
  ModelFacts facts;

  /// Rotary tables by their frequencies.
  llvm::SmallVector<std::pair<std::vector<float>, mlir::Value>> ropeTables;
  /// What pairs of cos and sin tables hold.
  mutable llvm::DenseMap<std::pair<mlir::Value, mlir::Value>,
                         std::optional<RopeMatch>>
      ropeCaches;
  /// The attentions whose windows their masks tell.
  std::vector<std::pair<mlir::llm::AttentionOp, Mask>> masks;
  /// What a node with several results was raised to, by its operation.
  llvm::DenseMap<mlir::Value, mlir::Value> known;

private:
  mlir::FlatSymbolRefAttr addWeight(llvm::StringRef name,
                                    mlir::RankedTensorType type,
                                    llvm::ArrayRef<mlir::Attribute> parts,
                                    mlir::DenseI64ArrayAttr chunks,
                                    mlir::DenseF32ArrayAttr value);
  /// The rows of `source` that the slice says.
  mlir::FlatSymbolRefAttr addSource(llvm::StringRef name,
                                    mlir::RankedTensorType type,
                                    mlir::llm::SourceAttr source, Slice slice);
  std::string weightName(mlir::onnx::InitializerOp initializer,
                         mlir::Operation *user) const;
  /// A weight of `shape` in an initializer, which is its transpose or has it
  /// as it is, plus `addend`.
  struct Form {
    llvm::SmallVector<int64_t, 2> shape;
    bool transposed = false;
    int64_t addend = 0;
    Slice slice;
  };
  mlir::FlatSymbolRefAttr fromInitializer(mlir::onnx::InitializerOp initializer,
                                          mlir::Operation *user,
                                          const Form &form);

  bool failed = false;
  llvm::StringMap<mlir::func::FuncOp> generated; // by their text
  llvm::StringSet<> names;
  using WeightKey = std::tuple<void *, bool, int64_t, int64_t, int64_t, int64_t,
                               int64_t, int64_t>;
  static WeightKey keyOf(mlir::Value v, bool transposed, int64_t addend,
                         Slice slice) {
    return {v.getAsOpaquePointer(), transposed, addend, slice.begin,
            slice.count, slice.pairs, slice.run, slice.step};
  }
  std::map<WeightKey, mlir::FlatSymbolRefAttr> weights;
  mutable llvm::DenseMap<mlir::Value, ProbeTensor> evaluated[4]; // by probe
};

// The matchers: the [rows, width] value of `v`, or null.
mlir::Value raiseEmbedding(Raiser &raiser, mlir::Value v);
mlir::Value raiseRmsNorm(Raiser &raiser, mlir::Value v);
/// With `select`, only those rows are computed.
mlir::Value raiseLinear(Raiser &raiser, mlir::Value v, mlir::Value select);
/// Columns of a linear, as the linear of a slice of its weight.
mlir::Value raiseColumns(Raiser &raiser, mlir::Value v, Slice slice);
/// Columns of any rows, by generated code.
mlir::Value generateColumns(Raiser &raiser, mlir::Value from, Slice slice,
                            mlir::Operation *node);
/// A Split or Slice of columns.
mlir::Value raiseSlice(Raiser &raiser, mlir::Value v);
/// What a linear, or columns of one, reads.
struct LinearInput {
  mlir::Value x;
  bool hasBias;
};
std::optional<LinearInput> matchLinear(const Raiser &raiser, mlir::Value v);
mlir::Value raiseGatedActivation(Raiser &raiser, mlir::Value v);
mlir::Value raiseAttention(Raiser &raiser, mlir::Value v);
/// A whole node: opset 23, ONNX Runtime's.
mlir::Value raiseAttentionBlock(Raiser &raiser, mlir::Value v);
mlir::Value raiseGroupQueryAttention(Raiser &raiser, mlir::Value v);
mlir::Value raiseAdd(Raiser &raiser, mlir::Value v);
mlir::Value raiseElementwise(Raiser &raiser, mlir::Value v);

/// x, [rows, heads * head_dim], rotated; one table serves the whole graph.
mlir::Value buildRope(Raiser &raiser, mlir::Value x, const RopeMatch &match);
/// The frequency of each column of tables [positions, width] of cos and sin.
std::optional<RopeMatch> matchRopeCaches(const Raiser &raiser, mlir::Value cos,
                                         mlir::Value sin);

} // namespace llmc

#endif
