// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "compiler/raise/DecomposeOnnx.h"
#include "compiler/raise/Raiser.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace llmc {
#define GEN_PASS_DECL
#define GEN_PASS_DEF_RAISEONNX
#include "compiler/raise/Passes.h.inc"

namespace {

/// Where the model says no context.
constexpr int64_t kDefaultContext = 4096;

/// Matchers go down a graph by recursion; models have thousands of nodes in a row.
constexpr int64_t kDeepest = 20000;

/// The first node behind more than kDeepest others, or null.
Operation *tooDeep(func::FuncOp main) {
  llvm::DenseMap<Operation *, int64_t> depths;
  for (Operation &op : main.getBody().front()) {
    int64_t depth = 0;
    for (Value operand : op.getOperands())
      depth = std::max(depth, depths.lookup(operand.getDefiningOp()) + 1);
    if (depth > kDeepest)
      return &op;
    depths[&op] = depth;
  }
  return nullptr;
}

/// The result that holds the logits: the one of that name, or the first of
/// [rows, vocabulary].
Value findLogits(func::FuncOp main, const Probes &probes) {
  Operation *end = main.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(end->getOperands())) {
    auto name = main.getResultAttrOfType<StringAttr>(i, onnx::kNameAttr);
    if (name && name.getValue() == "logits")
      return value;
  }
  for (Value value : end->getOperands())
    if (probes.rank(value) >= 2 && probes.rowsWidth(value))
      return value;
  main.emitError("no result is [batch, sequence, vocabulary], expected logits");
  return {};
}

class RaiseOnnx : public impl::RaiseOnnxBase<RaiseOnnx> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !getOperation()->hasAttr(onnx::kOpsetAttr))
      return; // already llm
    std::optional<GraphInputs> inputs = findInputs(main);
    if (!inputs)
      return signalPassFailure();
    decomposeOnnx(main);
    auto stated =
        getOperation()->getAttrOfType<IntegerAttr>(onnx::kContextAttr);
    Probes probes(main, *inputs, stated ? stated.getInt() : 0);
    Raiser raiser(getOperation(), *inputs, probes);
    int64_t context = 0;
    if (failed(raise(raiser, main)) ||
        failed(settleWindows(raiser, context = contextOf(raiser.facts))))
      return signalPassFailure();
    main.erase();
    finish(raiser.facts, context);
  }

  /// The error at the first node that leaves the shape of the logits open.
  static LogicalResult reportShape(Raiser &raiser, func::FuncOp main,
                                   Value logits) {
    llvm::DenseSet<Value> needed{logits};
    Operation *first = nullptr;
    Value open;
    for (Operation &op : llvm::reverse(main.getBody().front())) {
      auto isNeeded = [&](Value v) { return needed.contains(v); };
      if (!llvm::any_of(op.getResults(), isNeeded))
        continue;
      needed.insert(op.operand_begin(), op.operand_end());
      Value result = *llvm::find_if(op.getResults(), isNeeded);
      if (isa<onnx::NoneOp>(op) || raiser.probes.isKnown(result))
        continue;
      first = &op;
      open = result;
    }
    const Probes::Point &far = raiser.probes.points().back();
    if (first && raiser.probes.isKnownBeforeLast(open))
      raiser.fail(first, "has a shape that does not follow from the inputs at "
                         "position " + Twine(far.past + far.sequence - 1) +
                             ", expected one, or a smaller --context");
    else if (first)
      raiser.fail(first, "has a shape that does not follow from the inputs");
    else
      main.emitError("the logits are not [batch, sequence, vocabulary]");
    return failure();
  }

  /// The new @main, built beside the old one.
  static LogicalResult raise(Raiser &raiser, func::FuncOp old) {
    OpBuilder &b = raiser.b;
    if (Operation *op = tooDeep(old))
      return raiser.fail(op, "is behind " + Twine(kDeepest) +
                                 " others in a row, expected fewer"), failure();
    Value logits = findLogits(old, raiser.probes);
    if (!logits)
      return failure();
    logits = raiser.skip(logits);
    std::optional<int64_t> vocab = raiser.probes.rowsWidth(logits);
    if (!vocab)
      return reportShape(raiser, old, logits);
    raiser.facts.vocab = *vocab;
    auto ids = RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
    Type cache = llm::KvCacheType::get(b.getContext());
    b.setInsertionPointAfter(old);
    auto main = b.create<func::FuncOp>(
        old.getLoc(), "main",
        b.getFunctionType({ids, ids, ids, ids, cache},
                          {raiser.rowsOf(*vocab), cache}));
    Block *body = main.addEntryBlock();
    b.setInsertionPointToEnd(body);
    raiser.tokens = body->getArgument(0);
    raiser.sequences = body->getArgument(1);
    raiser.positions = body->getArgument(2);
    raiser.logitRows = body->getArgument(3);
    raiser.cache = body->getArgument(4);
    // Only the rows that want logits meet the last linear.
    Value result = raiseLinear(raiser, logits, raiser.logitRows);
    if (!result) {
      if (Value all = raiser.rows(logits))
        result = b.create<llm::SelectRowsOp>(
            logits.getLoc(), raiser.rowsOf(*vocab), all, raiser.logitRows);
    }
    if (!result || raiser.hasFailed())
      return failure();
    b.create<func::ReturnOp>(old.getLoc(), ValueRange{result, raiser.cache});
    return success();
  }

  /// What is stated, else as far as the rotary tables reach.
  int64_t contextOf(const ModelFacts &facts) {
    auto stated =
        getOperation()->getAttrOfType<IntegerAttr>(onnx::kContextAttr);
    return stated          ? stated.getInt()
           : facts.context ? facts.context
                           : kDefaultContext;
  }

  void finish(const ModelFacts &facts, int64_t context) {
    ModuleOp module = getOperation();
    for (StringRef name : {onnx::kOpsetAttr, onnx::kFileAttr, onnx::kContextAttr})
      module->removeAttr(name);
    module->setAttr(
        llm::kConfigAttr,
        llm::ConfigAttr::get(&getContext(), facts.vocab, facts.hidden,
                             facts.layers, facts.heads, facts.kvHeads,
                             facts.headDim,
                             facts.gated ? facts.gated : facts.widest, context));
    if (facts.sourceType)
      module->setAttr("llm.source_dtype", TypeAttr::get(facts.sourceType));
  }
};

} // namespace

void buildRaisePhase(OpPassManager &pm, const PhaseOptions &) {
  pm.addPass(createRaiseOnnx());
}

} // namespace llmc
