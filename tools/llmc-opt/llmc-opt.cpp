// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// llmc-opt: runs passes (--llmc-fuse-qkv), phases (--llmc-fuse) or none on IR
// in text form, for lit tests and for looking into a model by hand.
#include "compiler/Phases.h"
#include "compiler/quantize/QuantRules.h"
#include "compiler/target/Target.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/llm/LlmDialect.h"
#include "dialects/onnx/OnnxDialect.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

using namespace llmc;

namespace llmc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/raise/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/quantize/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/fuse/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/specialize/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/pack/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/plan/Passes.h.inc"
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/lower/Passes.h.inc"
} // namespace llmc

namespace {
/// The options of every pipeline llmc-<phase>.
struct PipelineOptions : mlir::PassPipelineOptions<PipelineOptions> {
  Option<std::string> target{*this, "target", llvm::cl::init("generic-arm64")};
  ListOption<std::string> quantize{
      *this, "quantize", llvm::cl::desc("[PATTERN=]SCHEME[:group=N][:asym]")};
  Option<int64_t> context{*this, "context", llvm::cl::init(4096)};
  Option<int64_t> rows{*this, "rows", llvm::cl::init(512)};
  Option<std::string> kv{*this, "kv", llvm::cl::desc("f32, f16 or int8"),
                         llvm::cl::init("f16")};
  Option<std::string> name{*this, "name", llvm::cl::init("model")};
};
} // namespace

static PhaseOptions phaseOptions(const PipelineOptions &from) {
  llvm::ExitOnError exitOnError("llmc-opt: ");
  PhaseOptions options;
  options.target = exitOnError(findTarget(from.target));
  for (const std::string &text : from.quantize)
    options.quantize.push_back(exitOnError(parseQuantRule(text)));
  options.context = from.context;
  options.rows = from.rows;
  options.kv = from.kv == "f32"    ? KvType::F32
               : from.kv == "int8" ? KvType::I8
                                   : KvType::F16;
  options.name = from.name;
  return options;
}

static void registerPhases() {
  for (const Phase &phase : phases())
    if (phase.build)
      mlir::PassPipelineRegistration<PipelineOptions>(
          ("llmc-" + phase.name).str(), phase.summary,
          [build = phase.build](mlir::OpPassManager &pm,
                                const PipelineOptions &options) {
            build(pm, phaseOptions(options));
          });
  registerLlmcRaisePasses();
  registerLlmcQuantizePasses();
  registerLlmcFusePasses();
  registerLlmcSpecializePasses();
  registerLlmcPackPasses();
  registerLlmcPlanPasses();
  registerLlmcLowerPasses();
}

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<mlir::llm::LlmDialect, mlir::exec::ExecDialect,
                  mlir::onnx::OnnxDialect>();
  mlir::registerTransformsPasses();
  registerPhases();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "llmc phase driver\n", registry));
}
