// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_GENERATEQKV
#include "compiler/fuse/Passes.h.inc"

namespace {

/// The sizes of a joined row: for each KV head [query heads][k][v].
struct Shape {
  int64_t heads, kvHeads, headDim;
  int64_t perGroup() const { return heads / kvHeads; }
  int64_t groupWidth() const { return (perGroup() + 2) * headDim; }
  int64_t width() const { return kvHeads * groupWidth(); }
};

struct GenerateQkv : impl::GenerateQkvBase<GenerateQkv> {
  void runOnOperation() override {
    SmallVector<AttentionOp> attentions;
    getOperation().walk([&](AttentionOp op) { attentions.push_back(op); });
    for (AttentionOp attention : attentions)
      if (auto append = attention.getCache().getDefiningOp<KvAppendOp>())
        rewrite(attention, append);
  }

  void rewrite(AttentionOp attention, KvAppendOp append) {
    auto ropeQ = attention.getQ().getDefiningOp<RopeOp>();
    auto ropeK = append.getK().getDefiningOp<RopeOp>();
    bool rotates = ropeQ || ropeK;
    if (rotates && (!ropeQ || !ropeK || ropeQ.getTable() != ropeK.getTable() ||
                    ropeQ.getHeadDim() != attention.getHeadDim() ||
                    ropeK.getHeadDim() != attention.getHeadDim()))
      return; // pack says what it needs
    Shape shape{int64_t(attention.getHeads()), int64_t(attention.getKvHeads()),
                int64_t(attention.getHeadDim())};
    ImplicitLocOpBuilder b(attention.getLoc(), append);
    // q is computed before the attention, perhaps after the append.
    Operation *last = attention.getQ().getDefiningOp();
    if (last && !last->isBeforeInBlock(append))
      b.setInsertionPoint(attention);
    Value q = ropeQ ? ropeQ.getX() : attention.getQ();
    Value k = ropeK ? ropeK.getX() : append.getK();
    auto type = RankedTensorType::get(
        {cast<RankedTensorType>(q.getType()).getDimSize(0), shape.width()},
        b.getF32Type());
    auto joined = b.create<GeneratedOp>(
        TypeRange{type}, FlatSymbolRefAttr::get(functionFor(attention, shape)),
        ValueRange{q, k, append.getV()}, /*select=*/Value(),
        /*weights=*/ArrayAttr(), b.getI64IntegerAttr(1), /*nodes=*/ArrayAttr());
    Value table = rotates ? ropeQ.getTable() : identityTable(b, append);
    auto both = b.create<RopeAppendOp>(
        type, append.getType(), joined.getResult(0), table, append.getCache(),
        append.getSequences(), append.getPositions(), append.getLayerAttr(),
        attention.getHeadsAttr(), attention.getKvHeadsAttr(),
        attention.getHeadDimAttr());
    attention.getQMutable().assign(both.getResult());
    append.replaceAllUsesWith(both.getCacheResult());
    append.erase();
    for (RopeOp rope : {ropeQ, ropeK})
      if (rope && rope.use_empty())
        rope.erase();
  }

  /// The table of frequency 0, which rotates nothing.
  Value identityTable(ImplicitLocOpBuilder &b, KvAppendOp append) {
    if (!identity) {
      ImplicitLocOpBuilder top(append.getLoc(), getOperation().getBodyRegion());
      auto weight = top.create<WeightOp>(
          "rope.none", RankedTensorType::get({1}, top.getF32Type()),
          /*parts=*/ArrayAttr(), /*chunks=*/DenseI64ArrayAttr(),
          top.getDenseF32ArrayAttr({0.0f}), /*quant=*/QuantAttr(),
          /*packed=*/PackedAttr());
      identity = SymbolTable(getOperation()).insert(weight);
    }
    auto rows = cast<RankedTensorType>(append.getPositions().getType());
    return b.create<RopeTableOp>(
        RankedTensorType::get({rows.getDimSize(0), 2}, b.getF32Type()),
        append.getPositions(), FlatSymbolRefAttr::get(identity),
        b.getF64FloatAttr(1.0));
  }

  /// One row of q, k and v to a joined one; all layers have one shape.
  func::FuncOp functionFor(AttentionOp attention, const Shape &shape) {
    if (function)
      return function;
    ModuleOp module = getOperation();
    ImplicitLocOpBuilder b(attention.getLoc(), module.getBodyRegion());
    auto row = [&](int64_t width) {
      return RankedTensorType::get({width}, b.getF32Type());
    };
    RankedTensorType q = row(shape.heads * shape.headDim),
                     kv = row(shape.kvHeads * shape.headDim),
                     out = row(shape.width());
    function = b.create<func::FuncOp>("generated_qkv",
                                      b.getFunctionType({q, kv, kv, out}, {out}));
    function.setPrivate();
    function->setAttr(kGeneratedCodeAttr, b.getStringAttr("rrrw"));
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    auto generic = b.create<linalg::GenericOp>(
        TypeRange{out}, ValueRange(), entry->getArguments().take_back(),
        b.getMultiDimIdentityMap(1), SmallVector{utils::IteratorType::parallel},
        [&](OpBuilder &nested, Location loc, ValueRange) {
          ImplicitLocOpBuilder inner(loc, nested);
          inner.create<linalg::YieldOp>(
              element(inner, entry->getArguments(), shape));
        });
    b.create<func::ReturnOp>(generic.getResults());
    SymbolTable(module).insert(function);
    return function;
  }

  /// Column j of the joined row: of q, k or v by its place in the group.
  static Value element(ImplicitLocOpBuilder &b, ValueRange rows,
                       const Shape &shape) {
    auto index = [&](int64_t value) {
      return b.create<arith::ConstantIndexOp>(value);
    };
    auto linear = [&](Value group, int64_t width, Value rest) {
      return b.create<arith::AddIOp>(
          b.create<arith::MulIOp>(group, index(width)), rest);
    };
    Value j = b.create<linalg::IndexOp>(0);
    Value group = b.create<arith::DivUIOp>(j, index(shape.groupWidth()));
    Value at = b.create<arith::RemUIOp>(j, index(shape.groupWidth()));
    Value dim = b.create<arith::RemUIOp>(at, index(shape.headDim));
    Value head = b.create<arith::DivUIOp>(at, index(shape.headDim));
    auto is = [&](arith::CmpIPredicate predicate, int64_t value) {
      return b.create<arith::CmpIOp>(predicate, head, index(value));
    };
    Value isQ = is(arith::CmpIPredicate::ult, shape.perGroup());
    Value isK = is(arith::CmpIPredicate::eq, shape.perGroup());
    Value qAt = linear(group, shape.perGroup() * shape.headDim,
                       b.create<arith::SelectOp>(isQ, at, index(0)));
    Value kvAt = linear(group, shape.headDim, dim);
    Value q = b.create<tensor::ExtractOp>(rows[0], qAt);
    Value k = b.create<tensor::ExtractOp>(rows[1], kvAt);
    Value v = b.create<tensor::ExtractOp>(rows[2], kvAt);
    return b.create<arith::SelectOp>(isQ, q,
                                     b.create<arith::SelectOp>(isK, k, v));
  }

  func::FuncOp function;
  StringAttr identity;
};
} // namespace
} // namespace llmc
