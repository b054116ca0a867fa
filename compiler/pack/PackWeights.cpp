// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/KernelRegistry.h"
#include "dialects/llm/LlmDialect.h"
#include "kernels/layouts/layout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DECL_PACKWEIGHTS
#define GEN_PASS_DEF_PACKWEIGHTS
#include "compiler/pack/Passes.h.inc"

namespace {
constexpr int64_t kAlignment = 64;

/// An operation that reads a weight, in a graph.
struct Use {
  Operation *op;
  StringRef graph;
  StringRef opName() const { return op->getName().stripDialect(); }
};

struct PackWeights : impl::PackWeightsBase<PackWeights> {
  using PackWeightsBase::PackWeightsBase;

  void runOnOperation() override {
    auto found = findTarget(target);
    if (!found) {
      getOperation().emitError(llvm::toString(found.takeError()));
      return signalPassFailure();
    }
    int64_t offset = 0;
    for (auto &[weight, uses] : findUses(getOperation())) {
      const llmc_layout *layout = chooseLayout(weight, uses, **found);
      if (!layout)
        return signalPassFailure();
      int64_t panels = llvm::divideCeil(weight.getRows(), layout->nr);
      int64_t bytes = panels * layout->panel_bytes(weight.getColumns());
      weight.setPackedAttr(
          PackedAttr::get(&getContext(), layout->name, offset, bytes));
      offset = llvm::alignTo(offset + bytes, kAlignment);
    }
    getOperation()->setAttr(
        kWeightsBytesAttr,
        IntegerAttr::get(IntegerType::get(&getContext(), 64), offset));
  }

  /// Every weight that is read, in the order of first use in @decode.
  static llvm::MapVector<WeightOp, SmallVector<Use>> findUses(ModuleOp module) {
    SymbolTable symbols(module);
    llvm::MapVector<WeightOp, SmallVector<Use>> uses;
    for (StringRef graph : {"decode", "prefill"})
      if (auto function = symbols.lookup<func::FuncOp>(graph))
        function.walk([&](Operation *op) {
          op->getAttrDictionary().walk([&](FlatSymbolRefAttr symbol) {
            if (auto weight = symbols.lookup<WeightOp>(symbol.getAttr()))
              uses[weight].push_back({op, graph});
          });
        });
    return uses;
  }

  static const llmc_layout *chooseLayout(WeightOp weight, ArrayRef<Use> uses,
                                         const Target &target) {
    if (weight.getTensorType().getRank() == 1)
      return llmc_find_layout("f32_n1");
    QuantAttr quant = weight.getQuantAttr();
    if (!quant) {
      weight.emitOpError("has no scheme, expected one that quantize has set");
      return nullptr;
    }
    std::string others;
    for (const KernelRow &row : llvm::reverse(kernelTable())) {
      const llmc_layout *layout = llmc_find_layout(row.rhs.data());
      if (row.op != uses.front().opName() || !layout ||
          !canRead(uses, row.rhs, target))
        continue;
      if (holds(*layout, quant))
        return layout;
      if (!StringRef(others).contains(row.rhs))
        others += (others.empty() ? "" : ", ") + row.rhs.str();
    }
    weight.emitOpError() << "llm." << uses.front().opName() << " cannot read "
                         << quant << " on " << target.name << "; layouts that "
                         << "all uses of the weight can read: "
                         << (others.empty() ? "none" : others);
    return nullptr;
  }

  static bool canRead(ArrayRef<Use> uses, StringRef layout,
                      const Target &target) {
    return llvm::all_of(uses, [&](Use use) {
      return selectKernel({use.opName(), use.graph, "", "", layout, ""}, target);
    });
  }

  static bool holds(const llmc_layout &layout, QuantAttr quant) {
    std::string scheme = stringifyScheme(quant.getScheme()).str();
    if (quant.getAsymmetric())
      scheme += 'z';
    // A block that is longer than the layout's group repeats its scale.
    return scheme == layout.scheme &&
           (quant.isBlocks() ? quant.getGroup() % layout.group == 0
                             : quant.getGroup() == layout.group);
  }
};
} // namespace
} // namespace llmc
