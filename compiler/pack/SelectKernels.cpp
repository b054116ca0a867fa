// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/KernelRegistry.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DECL_SELECTKERNELS
#define GEN_PASS_DEF_SELECTKERNELS
#include "compiler/pack/Passes.h.inc"

namespace {
/// The interleave that the kernel table's word q8 or q8xN means.
bool interleaveOf(StringRef encoding, int64_t &interleave) {
  interleave = 1;
  return encoding.consume_front("q8") &&
         (encoding.empty() ||
          (encoding.consume_front("x") && llvm::to_integer(encoding, interleave)));
}

bool isQ8(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isa_and_nonnull<Q8Attr>(type.getEncoding());
}

/// A tensor's encoding in the kernel table's words: f32, q8, q8x2.
std::string encodingOf(Value value) {
  if (!isQ8(value))
    return "f32";
  auto q8 = cast<Q8Attr>(cast<RankedTensorType>(value.getType()).getEncoding());
  return q8.getInterleave() == 1 ? "q8" : "q8x" + std::to_string(q8.getInterleave());
}

/// With one row a kernel of its own joins rope_append and the attention that
/// alone reads its q; both operations name it.
bool isDecodeAttention(Operation *op, StringRef graph) {
  auto attention = dyn_cast<AttentionOp>(op);
  auto rope = attention ? attention.getQ().getDefiningOp<RopeAppendOp>()
                        : dyn_cast<RopeAppendOp>(op);
  return graph == "decode" && rope && rope.getResult().hasOneUse() &&
         isa<AttentionOp>(*rope.getResult().user_begin());
}

/// What an operation without kernels of its own needs to be fused; empty for
/// the others.
StringRef whatFusionNeeds(Operation *op) {
  return TypeSwitch<Operation *, StringRef>(op)
      .Case<RopeOp, KvAppendOp>([](auto) {
        return "q, k and v of an attention must have one scheme, one input, one "
               "rope table and a bias each or none";
      })
      .Case([](GatedActivationOp op) {
        return op.getUp() ? "gate and up must have one scheme, one input and a "
                            "bias each or none"
                          : "";
      })
      .Case([](SelectRowsOp) { return "a norm must read the selected rows"; })
      .Case([](AddOp) { return "additions are left to norms or generated code"; })
      .Default([](Operation *) { return ""; });
}

struct SelectKernels : impl::SelectKernelsBase<SelectKernels> {
  using SelectKernelsBase::SelectKernelsBase;

  void runOnOperation() override {
    auto found = findTarget(target);
    if (!found) {
      getOperation().emitError(llvm::toString(found.takeError()));
      return signalPassFailure();
    }
    cpu = *found;
    kvName = "kv_" + kv;
    SymbolTable table(getOperation());
    symbols = &table;
    for (StringRef graph : {"decode", "prefill"})
      if (auto function = table.lookup<func::FuncOp>(graph))
        if (function
                .walk([&](Operation *op) {
                  return failed(select(op, graph)) ? WalkResult::interrupt()
                                                   : WalkResult::advance();
                })
                .wasInterrupted())
          return signalPassFailure();
  }

private:
  LogicalResult select(Operation *op, StringRef graph) {
    if (!isa_and_nonnull<LlmDialect>(op->getDialect()) || isa<GeneratedOp>(op))
      return success();
    if (StringRef needs = whatFusionNeeds(op); !needs.empty())
      return op->emitError() << needs << "; " << op->getName()
                             << " has no kernel of its own";
    for (Value result : op->getResults())
      if (isQ8(result))
        setInterleave(result, graph);
    std::string out, lhs; // the query borrows them
    KernelQuery query = queryFor(op, graph, out, lhs);
    std::string why;
    const KernelRow *row = selectKernel(query, *cpu, &why);
    if (!row)
      return refuse(op, query, why);
    op->setAttr(kKernelAttr, StringAttr::get(&getContext(), row->symbol));
    return success();
  }

  StringRef layoutOf(FlatSymbolRefAttr symbol) {
    PackedAttr packed = symbols->lookup<WeightOp>(symbol.getAttr()).getPackedAttr();
    return packed ? packed.getLayout() : StringRef("(not packed)");
  }

  KernelQuery queryFor(Operation *op, StringRef graph, std::string &out,
                       std::string &lhs) {
    KernelQuery query;
    query.op = isa<AddRmsNormOp>(op) ? "rms_norm" : op->getName().stripDialect();
    if (isDecodeAttention(op, graph))
      query.op = "decode_attention";
    query.graph = graph;
    if (isa<RmsNormOp, AddRmsNormOp, QuantizeOp>(op))
      query.out = out = encodingOf(op->getResults().back());
    TypeSwitch<Operation *>(op)
        .Case([&](LinearOp linear) {
          query.lhs = lhs = encodingOf(linear.getX());
          query.rhs = layoutOf(linear.getWeightAttr());
        })
        .Case([&](EmbeddingOp op) { query.rhs = layoutOf(op.getWeightAttr()); })
        .Case<RopeAppendOp, AttentionOp>([&](auto) { query.rhs = kvName; })
        .Case([&](GatedActivationOp op) {
          query.variant = stringifyActivation(op.getKind());
        });
    return query;
  }

  /// Gives int8 activations an encoding that their producer can write and all
  /// their linears can read: of those, the one of the newest row.
  void setInterleave(Value value, StringRef graph) {
    Operation *producer = value.getDefiningOp();
    auto first = value.use_empty() ? LinearOp()
                                   : dyn_cast<LinearOp>(*value.user_begin());
    if (!first)
      return;
    for (const KernelRow &row : llvm::reverse(kernelTable())) {
      int64_t interleave;
      if (row.op != "linear" || row.rhs != layoutOf(first.getWeightAttr()) ||
          (row.graph != "any" && row.graph != graph) || !cpu->has(row.isa) ||
          !interleaveOf(row.lhs, interleave))
        continue;
      std::string out, lhs;
      KernelQuery made = queryFor(producer, graph, out, lhs);
      made.out = row.lhs;
      bool fits = selectKernel(made, *cpu) &&
                  llvm::all_of(value.getUsers(), [&](Operation *user) {
                    auto linear = dyn_cast<LinearOp>(user);
                    return linear && selectKernel({"linear", graph, "", row.lhs,
                                                   layoutOf(linear.getWeightAttr()), ""},
                                                  *cpu);
                  });
      if (!fits)
        continue;
      auto type = cast<RankedTensorType>(value.getType());
      value.setType(RankedTensorType::get(type.getShape(), type.getElementType(),
                                          Q8Attr::get(&getContext(), interleave)));
      return;
    }
  }

  LogicalResult refuse(Operation *op, const KernelQuery &query, StringRef why) {
    InFlightDiagnostic error = op->emitOpError()
                               << "has no kernel for " << query.graph << " on "
                               << cpu->name;
    for (auto [what, value] : {std::pair("result", query.out), {"x", query.lhs},
                               {"layout", query.rhs}, {"kind", query.variant}})
      if (!value.empty())
        error << ", " << what << " " << value;
    SmallVector<StringRef> lines;
    why.split(lines, '\n', -1, /*KeepEmpty=*/false);
    for (StringRef line : lines)
      error << "; " << line;
    return error;
  }

  const Target *cpu = nullptr;
  SymbolTable *symbols = nullptr;
  std::string kvName;
};
} // namespace
} // namespace llmc
