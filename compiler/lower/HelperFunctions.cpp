// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lower/Lower.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::LLVM;

namespace llmc {
namespace {

/// A function of the module by name: the one there, or a new declaration.
/// `isNew` tells which.
LLVMFuncOp declare(ModuleOp module, StringRef name, ArrayRef<Type> arguments,
                   Linkage linkage, bool &isNew) {
  auto function = module.lookupSymbol<LLVMFuncOp>(name);
  isNew = !function;
  if (function)
    return function;
  OpBuilder b(module.getBodyRegion());
  MLIRContext *context = module.getContext();
  auto type = LLVMFunctionType::get(LLVMVoidType::get(context), arguments);
  return b.create<LLVMFuncOp>(module.getLoc(), name, type, linkage);
}

/// Writes the body of a helper: arithmetic on i64, then `then` where a
/// condition holds.
struct Body {
  OpBuilder b;
  Location loc;
  Body(LLVMFuncOp function)
      : b(function.getContext()), loc(function.getLoc()) {
    function.setPassthroughAttr(b.getArrayAttr(b.getStringAttr("noinline")));
    b.setInsertionPointToStart(function.addEntryBlock(b));
  }
  Value min(Value x, Value y) { return b.create<UMinOp>(loc, x, y); }
  Value add(Value x, Value y) { return b.create<AddOp>(loc, x, y); }
  Value sub(Value x, Value y) { return b.create<SubOp>(loc, x, y); }
  Value mul(Value x, Value y) { return b.create<MulOp>(loc, x, y); }
  Value div(Value x, Value y) { return b.create<UDivOp>(loc, x, y); }
  Value rem(Value x, Value y) { return b.create<URemOp>(loc, x, y); }
  Value less(Value x, Value y) {
    return b.create<ICmpOp>(loc, ICmpPredicate::ult, x, y);
  }
  void returnWith(Value condition, llvm::function_ref<void()> then) {
    Block *entry = b.getInsertionBlock();
    Block *yes = b.createBlock(entry->getParent());
    Block *done = b.createBlock(entry->getParent());
    b.setInsertionPointToEnd(entry);
    b.create<CondBrOp>(loc, condition, yes, done);
    b.setInsertionPointToEnd(yes);
    then();
    b.create<BrOp>(loc, done);
    b.setInsertionPointToEnd(done);
    b.create<ReturnOp>(loc, ValueRange());
  }
};
} // namespace

LLVMFuncOp getBarrierFunction(ModuleOp module) {
  Builder b(module.getContext());
  bool isNew;
  return declare(module, "llmc_barrier_wait",
                 {LLVMPointerType::get(b.getContext()), b.getI32Type()},
                 Linkage::External, isNew);
}

LLVMFuncOp getSliceFunction(ModuleOp module) {
  Builder types(module.getContext());
  Type pointer = LLVMPointerType::get(types.getContext());
  Type i64 = types.getI64Type();
  bool isNew;
  LLVMFuncOp function =
      declare(module, "llmc_slice", {pointer, pointer, i64, i64, i64, i64},
              Linkage::Internal, isNew);
  if (!isNew)
    return function;
  Body f(function);
  Value kernel = function.getArgument(0), args = function.getArgument(1);
  Value units = function.getArgument(2), granule = function.getArgument(3);
  Value thread = function.getArgument(4), threads = function.getArgument(5);
  Value one = f.b.create<ConstantOp>(f.loc, i64, f.b.getI64IntegerAttr(1));
  Value granules = f.div(f.add(units, f.sub(granule, one)), granule);
  Value share = f.div(granules, threads), rest = f.rem(granules, threads);
  Value first = f.add(f.mul(thread, share), f.min(thread, rest));
  Value more = f.b.create<ZExtOp>(f.loc, i64, f.less(thread, rest));
  Value last = f.add(first, f.add(share, more));
  Value begin = f.min(f.mul(first, granule), units);
  Value end = f.min(f.mul(last, granule), units);
  f.returnWith(f.less(begin, end), [&] {
    auto type = LLVMFunctionType::get(LLVMVoidType::get(types.getContext()),
                                      {pointer, i64, i64});
    f.b.create<CallOp>(f.loc, type, ValueRange{kernel, args, begin, end});
  });
  return function;
}

LLVMFuncOp getMeetFunction(ModuleOp module) {
  LLVMFuncOp barrier = getBarrierFunction(module);
  Builder types(module.getContext());
  Type pointer = LLVMPointerType::get(types.getContext());
  Type i64 = types.getI64Type(), i32 = types.getI32Type();
  bool isNew;
  LLVMFuncOp function = declare(module, "llmc_meet", {pointer, i64, i32, i64},
                                Linkage::Internal, isNew);
  if (!isNew)
    return function;
  Body f(function);
  Value zero = f.b.create<ConstantOp>(f.loc, i64, f.b.getI64IntegerAttr(0));
  Value rest = f.rem(function.getArgument(1), function.getArgument(3));
  f.returnWith(f.less(zero, rest), [&] {
    f.b.create<CallOp>(
        f.loc, barrier,
        ValueRange{function.getArgument(0), function.getArgument(2)});
  });
  return function;
}

} // namespace llmc
