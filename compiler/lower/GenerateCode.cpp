// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code for what `raise` did not recognise: functions of linalg on tensors, each
// with its destination as last argument, become functions with a kernel's
// signature. They are bufferized alone, in a module of their own; loops are
// left to LLVM's vectorizer, so exp and its like become polynomials here.
#include "compiler/lower/Lower.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace llmc {
#define GEN_PASS_DEF_GENERATECODE
#include "compiler/lower/Passes.h.inc"

namespace {

/// The string attribute of a function to generate: a letter for each argument.
constexpr llvm::StringLiteral kGenerated = "llm.generated";

/// From linalg on tensors to LLVM functions that take memref descriptors.
void buildBodyPipeline(OpPassManager &pm) {
  bufferization::OneShotBufferizationOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.setFunctionBoundaryTypeConversion(
      bufferization::LayoutMapOption::IdentityLayoutMap);
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addPass(bufferization::createDropEquivalentBufferResultsPass());
  pm.addPass(createCanonicalizerPass());
  OpPassManager &function = pm.nest<func::FuncOp>();
  // Temporaries are parts of one row.
  function.addPass(bufferization::createPromoteBuffersToStackPass(1 << 16));
  function.addPass(createConvertLinalgToLoopsPass());
  pm.addPass(createApproximateMath());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createConvertSCFToCFPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
}

/// A function to generate, before it is lowered.
struct Signature {
  std::string name, letters;
  bool isFlat = false;          // slices of elements, not rows
  SmallVector<int64_t> widths;  // of a row of each argument
};

class GenerateCode : public impl::GenerateCodeBase<GenerateCode> {
  void getDependentDialects(DialectRegistry &registry) const override {
    arith::registerBufferizableOpInterfaceExternalModels(registry);
    bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(
        registry);
    linalg::registerBufferizableOpInterfaceExternalModels(registry);
    tensor::registerBufferizableOpInterfaceExternalModels(registry);
    OpPassManager pm("builtin.module");
    buildBodyPipeline(pm);
    pm.getDependentDialects(registry);
  }

  void runOnOperation() override {
    auto functions = llvm::to_vector(llvm::make_filter_range(
        getOperation().getOps<func::FuncOp>(),
        [](func::FuncOp op) { return op->hasAttr(kGenerated); }));
    if (functions.empty())
      return;
    OpBuilder b(functions.front());
    auto alone = b.create<ModuleOp>(functions.front().getLoc());
    SmallVector<Signature> signatures;
    for (func::FuncOp function : functions) {
      std::optional<Signature> signature = describe(function);
      if (!signature)
        return signalPassFailure();
      signatures.push_back(*signature);
      function->moveBefore(alone.getBody(), alone.getBody()->end());
      // Bufferization takes a private function with a body as called by none.
      function.setPublic();
    }
    OpPassManager pm("builtin.module");
    buildBodyPipeline(pm);
    if (failed(runPipeline(pm, alone)))
      return signalPassFailure();
    for (Operation &op : llvm::make_early_inc_range(*alone.getBody()))
      op.moveBefore(alone);
    alone.erase();
    for (const Signature &signature : signatures)
      wrap(signature);
  }

  static std::optional<Signature> describe(func::FuncOp function) {
    auto letters = function->getAttrOfType<StringAttr>(kGenerated);
    if (!letters || letters.size() != function.getNumArguments()) {
      function.emitOpError() << kGenerated << " must be a letter of r g i c w for "
                                              "each argument";
      return std::nullopt;
    }
    Signature signature;
    signature.name = function.getName().str();
    signature.letters = letters.str();
    for (auto [letter, argument] :
         llvm::zip(signature.letters, function.getArgumentTypes())) {
      auto type = dyn_cast<RankedTensorType>(argument);
      bool isIndex = letter == 'i';
      if (!type || type.getRank() != 1 ||
          !(isIndex ? type.getElementType().isInteger(32)
                    : type.getElementType().isF32())) {
        function.emitOpError() << "takes " << argument
                               << ", expected tensors of one f32 row or slice";
        return std::nullopt;
      }
      signature.isFlat |= !isIndex && type.isDynamicDim(0);
      signature.widths.push_back(isIndex ? 1 : type.getDimSize(0));
    }
    return signature;
  }

  void wrap(const Signature &signature);
};

/// Emits the kernel around a lowered body.
class Wrapper {
public:
  Wrapper(LLVM::LLVMFuncOp body, const Signature &signature)
      : body(body), signature(signature), b(body.getLoc(), body.getContext()),
        pointer(LLVM::LLVMPointerType::get(b.getContext())),
        i64(b.getI64Type()) {}

  void emit() {
    b.setInsertionPoint(body);
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(b.getContext()), {pointer, i64, i64});
    kernel = b.create<LLVM::LLVMFuncOp>(signature.name, type,
                                        LLVM::Linkage::Internal);
    b.setInsertionPointToStart(kernel.addEntryBlock(b));
    for (unsigned i = 0; i < signature.widths.size(); ++i)
      bases.push_back(b.create<LLVM::LoadOp>(
          pointer, offset(kernel.getArgument(0), pointer, integer(i))));
    Value begin = kernel.getArgument(1), end = kernel.getArgument(2);
    if (signature.isFlat) {
      callFlat(begin, b.create<LLVM::SubOp>(end, begin));
      b.create<LLVM::ReturnOp>(ValueRange());
    } else {
      emitRows(begin, end);
    }
  }

private:
  Value integer(int64_t value) {
    return b.create<LLVM::ConstantOp>(i64, b.getI64IntegerAttr(value));
  }
  Value offset(Value base, Type element, Value index) {
    return b.create<LLVM::GEPOp>(pointer, element, base, LLVM::GEPArg(index));
  }

  void call(ArrayRef<Value> data, ArrayRef<Value> counts) {
    SmallVector<Value> operands;
    for (auto [base, count] : llvm::zip(data, counts))
      operands.append({base, base, integer(0), count, integer(1)});
    b.create<LLVM::CallOp>(body, operands);
  }

  /// Calls the body for `count` elements from element `first`.
  void callFlat(Value first, Value count) {
    SmallVector<Value> data, counts(bases.size(), count);
    for (auto [base, letter] : llvm::zip(bases, signature.letters))
      data.push_back(letter == 'c' ? base : offset(base, b.getF32Type(), first));
    call(data, counts);
  }

  /// Calls the body for row `index`; gathered rows are those of its number.
  void callRow(Value index) {
    Value gathered = index;
    for (auto [base, letter] : llvm::zip(bases, signature.letters))
      if (letter == 'i')
        gathered = b.create<LLVM::SExtOp>(
            i64, b.create<LLVM::LoadOp>(b.getI32Type(),
                                        offset(base, b.getI32Type(), index)));
    SmallVector<Value> data, counts;
    for (auto [base, letter, size] :
         llvm::zip(bases, signature.letters, signature.widths)) {
      Value width = integer(size);
      Value row = letter == 'g' ? gathered : index;
      bool isWhole = letter == 'c' || letter == 'i';
      data.push_back(isWhole ? base
                             : offset(base, b.getF32Type(),
                                      b.create<LLVM::MulOp>(row, width)));
      counts.push_back(width);
    }
    call(data, counts);
  }

  void emitRows(Value begin, Value end) {
    Block *entry = b.getInsertionBlock();
    Region *region = entry->getParent();
    Block *head = b.createBlock(region, region->end(), {i64}, {b.getLoc()});
    Block *row = b.createBlock(region, region->end());
    Block *exit = b.createBlock(region, region->end());
    b.setInsertionPointToEnd(entry);
    b.create<LLVM::BrOp>(ValueRange{begin}, head);
    b.setInsertionPointToEnd(head);
    Value index = head->getArgument(0);
    Value more = b.create<LLVM::ICmpOp>(LLVM::ICmpPredicate::slt, index, end);
    b.create<LLVM::CondBrOp>(more, row, exit);
    b.setInsertionPointToEnd(row);
    callRow(index);
    Value next = b.create<LLVM::AddOp>(index, integer(1));
    b.create<LLVM::BrOp>(ValueRange{next}, head);
    b.setInsertionPointToEnd(exit);
    b.create<LLVM::ReturnOp>(ValueRange());
  }

  LLVM::LLVMFuncOp body, kernel;
  const Signature &signature;
  ImplicitLocOpBuilder b;
  Type pointer, i64;
  SmallVector<Value> bases; // of the kernel's slots
};

void GenerateCode::wrap(const Signature &signature) {
  auto body = getOperation().lookupSymbol<LLVM::LLVMFuncOp>(signature.name);
  assert(body && body.getNumArguments() == 5 * signature.widths.size() &&
         "a body takes a descriptor per argument");
  MLIRContext *context = &getContext();
  body.setName((signature.name + "_body").c_str());
  body.setLinkage(LLVM::Linkage::Internal);
  body->removeAttr(kGenerated);
  body.setPassthroughAttr(
      ArrayAttr::get(context, {StringAttr::get(context, "alwaysinline")}));
  // Buffers of one step never overlap (the arena plan), which the vectorizer
  // need not test.
  for (unsigned i = 0; i < signature.widths.size(); ++i)
    body.setArgAttr(5 * i + 1, LLVM::LLVMDialect::getNoAliasAttrName(),
                    UnitAttr::get(context));
  Wrapper(body, signature).emit();
}

} // namespace
} // namespace llmc
