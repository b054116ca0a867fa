// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/Codegen.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;

namespace llmc {
namespace {

void initializeTargets() {
  LLVMInitializeAArch64TargetInfo();
  LLVMInitializeAArch64Target();
  LLVMInitializeAArch64TargetMC();
  LLVMInitializeAArch64AsmPrinter();
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
}

Expected<std::unique_ptr<TargetMachine>> createMachine(const Target &target) {
  initializeTargets();
  std::string message;
  const llvm::Target *found =
      TargetRegistry::lookupTarget(target.triple, message);
  if (!found)
    return createStringError("target " + target.name + ": " + message);
  TargetOptions options;
  std::unique_ptr<TargetMachine> machine(found->createTargetMachine(
      target.triple, target.cpu, target.features, options, Reloc::PIC_,
      /*CM=*/std::nullopt, CodeGenOptLevel::Default));
  if (!machine)
    return createStringError("target " + target.name +
                             ": LLVM has no machine for it");
  return std::move(machine);
}

/// The module without what only the compiler reads.
mlir::OwningOpRef<mlir::ModuleOp> stripped(mlir::ModuleOp module) {
  mlir::OwningOpRef<mlir::ModuleOp> copy(module.clone());
  for (auto weight :
       llvm::make_early_inc_range(copy->getOps<mlir::llm::WeightOp>()))
    weight.erase();
  for (mlir::NamedAttribute attribute :
       llvm::to_vector((*copy)->getDiscardableAttrs()))
    (*copy)->removeDiscardableAttr(attribute.getName());
  return copy;
}

void optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O2)
      .run(module, modules);
}
} // namespace

Expected<SmallVector<char, 0>> generateCode(mlir::ModuleOp module,
                                            const Target &target,
                                            CodeKind kind) {
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  mlir::OwningOpRef<mlir::ModuleOp> copy = stripped(module);
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  LLVMContext context;
  std::unique_ptr<Module> ir =
      mlir::translateModuleToLLVMIR(*copy, context, "llmc");
  if (!ir)
    return createStringError("the module is not all LLVM dialect");
  ir->setTargetTriple(target.triple);
  ir->setDataLayout((*machine)->createDataLayout());
  ir->setPICLevel(PICLevel::BigPIC);
  optimize(*ir, **machine);
  SmallVector<char, 0> code;
  raw_svector_ostream os(code);
  if (kind == CodeKind::LlvmIr) {
    ir->print(os, nullptr);
    return code;
  }
  legacy::PassManager passes;
  auto type = kind == CodeKind::Object ? CodeGenFileType::ObjectFile
                                       : CodeGenFileType::AssemblyFile;
  if ((*machine)->addPassesToEmitFile(passes, os, nullptr, type))
    return createStringError("target " + target.name +
                             ": LLVM cannot write this kind of file");
  passes.run(*ir);
  return code;
}

} // namespace llmc
