// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "compiler/plan/Plan.h"
#include "kernels/layouts/kv_layout.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace llmc {
#define GEN_PASS_DEF_LLMTOEXEC
#include "compiler/plan/Passes.h.inc"

int64_t CachePlan::sequenceBytes() const {
  return llmc_kv_sequence_bytes(layers, kvHeads, context, headDim, element);
}

int64_t CachePlan::partOffset(int64_t layer, int64_t part) const {
  return llmc_kv_part_offset(layer, part, kvHeads, context, headDim, element);
}

namespace {
struct LlmToExec : impl::LlmToExecBase<LlmToExec> {
  using LlmToExecBase::LlmToExecBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    CachePlan cache;
    if (failed(planCache(module, cache)))
      return signalPassFailure();
    SmallVector<func::FuncOp> graphs;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal() && !function->hasAttr("llm.generated"))
        graphs.push_back(function);
    for (func::FuncOp graph : graphs) {
      if (failed(buildProgram(graph, cache)))
        return signalPassFailure();
      graph.erase();
    }
  }

  LogicalResult planCache(ModuleOp module, CachePlan &cache) {
    auto config = module->getAttrOfType<llm::ConfigAttr>(llm::kConfigAttr);
    if (!config)
      return module.emitError() << "the module has no llm.config";
    if (kv != "f32" && kv != "f16" && kv != "int8")
      return module.emitError()
             << "kv is \"" << kv << "\", expected f32, f16 or int8";
    cache.context = context;
    cache.rows = rows;
    cache.layers = config.getLayers();
    cache.kvHeads = config.getKvHeads();
    cache.headDim = config.getHeadDim();
    cache.element = kv == "f32" ? 4 : kv == "f16" ? 2 : 1;
    Builder b(module.getContext());
    module->setAttr("exec.context", b.getI64IntegerAttr(context));
    module->setAttr("exec.rows", b.getI64IntegerAttr(rows));
    module->setAttr("exec.kv_type", b.getStringAttr(kv));
    module->setAttr("exec.kv_bytes",
                    b.getI64IntegerAttr(cache.sequenceBytes()));
    return success();
  }
};
} // namespace

void buildPlanPhase(OpPassManager &pm, const PhaseOptions &options) {
  LlmToExecOptions o;
  o.context = options.context;
  o.rows = options.rows;
  o.kv = options.kv == KvType::F32   ? "f32"
         : options.kv == KvType::F16 ? "f16"
                                     : "int8";
  pm.addPass(createLlmToExec(o));
  pm.addNestedPass<exec::ProgramOp>(createPlanBarriers());
  pm.addNestedPass<exec::ProgramOp>(createPlanArena());
}

} // namespace llmc
