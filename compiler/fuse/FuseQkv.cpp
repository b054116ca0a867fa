// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/fuse/JoinWeights.h"

#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_FUSEQKV
#include "compiler/fuse/Passes.h.inc"

namespace {
/// What feeds one attention.
struct Inputs {
  LinearOp q, k, v;
  RopeOp ropeQ, ropeK;
  KvAppendOp append;
};

struct FuseQkv : impl::FuseQkvBase<FuseQkv> {
  void runOnOperation() override {
    WeightJoiner joiner(getOperation());
    SmallVector<AttentionOp> attentions;
    getOperation().walk([&](AttentionOp op) { attentions.push_back(op); });
    for (AttentionOp attention : attentions) {
      Inputs inputs;
      if (match(attention, inputs) &&
          joiner.canJoin({inputs.q, inputs.k, inputs.v}))
        rewrite(attention, inputs, joiner);
    }
  }

  static bool match(AttentionOp attention, Inputs &in) {
    in.ropeQ = attention.getQ().getDefiningOp<RopeOp>();
    in.append = attention.getCache().getDefiningOp<KvAppendOp>();
    if (!in.ropeQ || !in.append)
      return false;
    in.ropeK = in.append.getK().getDefiningOp<RopeOp>();
    in.v = in.append.getV().getDefiningOp<LinearOp>();
    in.q = in.ropeQ.getX().getDefiningOp<LinearOp>();
    in.k = in.ropeK ? in.ropeK.getX().getDefiningOp<LinearOp>() : LinearOp();
    if (!in.q || !in.k || !in.v || !in.ropeQ->hasOneUse() ||
        !in.ropeK->hasOneUse())
      return false;
    int64_t kvWidth = attention.getKvHeads() * attention.getHeadDim();
    auto width = [](Value value) {
      return cast<RankedTensorType>(value.getType()).getDimSize(1);
    };
    return in.ropeQ.getTable() == in.ropeK.getTable() &&
           in.ropeQ.getHeadDim() == attention.getHeadDim() &&
           in.ropeK.getHeadDim() == attention.getHeadDim() &&
           width(in.k) == kvWidth && width(in.v) == kvWidth &&
           in.append.getLayer() == attention.getLayer() &&
           in.append.getSequences() == attention.getSequences() &&
           in.append.getPositions() == attention.getPositions();
  }

  static void rewrite(AttentionOp attention, Inputs in, WeightJoiner &joiner) {
    int64_t headDim = attention.getHeadDim();
    int64_t perGroup = attention.getHeads() / attention.getKvHeads();
    // Everything that the joined operations read stands before the append.
    OpBuilder builder(in.append);
    LinearOp qkv = joiner.join(builder, {in.q, in.k, in.v},
                               {perGroup * headDim, headDim, headDim}, "qkv");
    auto joined = builder.create<RopeAppendOp>(
        attention.getLoc(), qkv.getType(), in.append.getType(), qkv,
        in.ropeK.getTable(), in.append.getCache(), in.append.getSequences(),
        in.append.getPositions(), in.append.getLayerAttr(),
        attention.getHeadsAttr(), attention.getKvHeadsAttr(),
        attention.getHeadDimAttr());
    attention.getQMutable().assign(joined.getResult());
    in.append.replaceAllUsesWith(joined.getCacheResult());
    for (Operation *dead : {in.append.getOperation(), in.ropeQ.getOperation(),
                            in.ropeK.getOperation(), in.q.getOperation(),
                            in.k.getOperation(), in.v.getOperation()})
      dead->erase();
  }
};
} // namespace
} // namespace llmc
