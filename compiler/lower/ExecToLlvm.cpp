// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "compiler/lower/Lower.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/llm/LlmDialect.h"
#include "llmc/model_abi.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace llmc {
#define GEN_PASS_DEF_EXECTOLLVM
#include "compiler/lower/Passes.h.inc"

namespace {

int64_t offsetOf(exec::Field field) {
  switch (field) {
  case exec::Field::Tokens:
    return offsetof(llmc_step, tokens);
  case exec::Field::Sequences:
    return offsetof(llmc_step, sequences);
  case exec::Field::Positions:
    return offsetof(llmc_step, positions);
  case exec::Field::Rows:
    return offsetof(llmc_step, rows);
  case exec::Field::LogitRows:
    return offsetof(llmc_step, logit_rows);
  case exec::Field::NLogitRows:
    return offsetof(llmc_step, n_logit_rows);
  case exec::Field::Logits:
    return offsetof(llmc_step, logits);
  case exec::Field::Kv:
    return offsetof(llmc_step, kv);
  }
  llvm_unreachable("unknown field");
}

/// The integer fields; all others are addresses.
bool isInteger(exec::Field field) {
  return field == exec::Field::Rows || field == exec::Field::NLogitRows;
}

/// Writes the function of one program.
class GraphWriter {
public:
  GraphWriter(exec::ProgramOp program, StringRef prefix)
      : program(program), module(program->getParentOfType<ModuleOp>()),
        name((prefix + "_" + program.getSymName()).str()),
        b(program.getContext()), loc(program.getLoc()),
        pointer(LLVM::LLVMPointerType::get(b.getContext())),
        i64(b.getI64Type()) {}

  LogicalResult run() {
    begin();
    for (Operation &op : *program.getBody().begin())
      if (failed(emit(&op)))
        return failure();
    b.create<LLVM::ReturnOp>(loc, ValueRange());
    return success();
  }

private:
  Value integer(int64_t value) {
    return b.create<LLVM::ConstantOp>(loc, i64, b.getI64IntegerAttr(value));
  }
  Value at(Value base, int64_t bytes) {
    if (!bytes)
      return base;
    return b.create<LLVM::GEPOp>(loc, pointer, b.getI8Type(), base,
                                 LLVM::GEPArg(integer(bytes)));
  }
  Value load(Type type, int64_t offset) {
    return b.create<LLVM::LoadOp>(loc, type, at(step, offset), 8);
  }

  void begin();
  LogicalResult emit(Operation *op);
  FailureOr<Value> slotValue(Value slot);
  LogicalResult call(Operation *op, StringRef symbol, ValueRange args,
                     Value count, int64_t per, int64_t granule, bool each);
  LLVM::LLVMFuncOp kernel(StringRef symbol);

  exec::ProgramOp program;
  ModuleOp module;
  std::string name;
  OpBuilder b;
  Location loc;
  Type pointer, i64;
  Value step, thread32, thread, threads; // the function's arguments
  Value arena, privateArena, weights, barrier, args;
};

void GraphWriter::begin() {
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()),
      {pointer, b.getI32Type(), b.getI32Type()});
  b.setInsertionPoint(program);
  auto function = b.create<LLVM::LLVMFuncOp>(loc, name, type,
                                             LLVM::Linkage::Internal);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  step = function.getArgument(0);
  thread32 = function.getArgument(1);
  thread = b.create<LLVM::SExtOp>(loc, i64, thread32);
  threads = b.create<LLVM::SExtOp>(loc, i64, function.getArgument(2));
  int64_t slots = 1;
  for (Operation &op : *program.getBody().begin())
    slots = std::max<int64_t>(slots, op.getNumOperands());
  args = b.create<LLVM::AllocaOp>(loc, pointer, i64, integer(slots), 64);
  arena = load(pointer, offsetof(llmc_step, arena));
  weights = load(pointer, offsetof(llmc_step, weights));
  barrier = load(pointer, offsetof(llmc_step, barrier));
  Value stride = load(i64, offsetof(llmc_step, private_stride));
  Value distance = b.create<LLVM::MulOp>(loc, stride, thread);
  privateArena = b.create<LLVM::GEPOp>(
      loc, pointer, b.getI8Type(),
      load(pointer, offsetof(llmc_step, private_arena)),
      LLVM::GEPArg(distance));
}

FailureOr<Value> GraphWriter::slotValue(Value slot) {
  Operation *op = slot.getDefiningOp();
  if (auto buffer = dyn_cast<exec::BufferOp>(op)) {
    if (int64_t(buffer.getOffset()) < 0)
      return buffer.emitOpError() << "has no offset; run llmc-plan-arena first";
    bool shared = buffer.getSpace() == exec::Space::Shared;
    return at(shared ? arena : privateArena, buffer.getOffset());
  }
  if (auto field = dyn_cast<exec::FieldOp>(op)) {
    Value value = load(isInteger(field.getField()) ? i64 : pointer,
                       offsetOf(field.getField()));
    return at(value, field.getOffset());
  }
  if (auto weight = dyn_cast<exec::WeightOp>(op)) {
    auto source = module.lookupSymbol<llm::WeightOp>(weight.getWeight());
    if (!source || !source.getPackedAttr())
      return weight.emitOpError() << "names no packed llm.weight";
    return at(weights, source.getPackedAttr().getOffset());
  }
  auto value = cast<TypedAttr>(cast<exec::ConstantOp>(op).getValue());
  return Value(b.create<LLVM::ConstantOp>(loc, value.getType(), value));
}

LLVM::LLVMFuncOp GraphWriter::kernel(StringRef symbol) {
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol))
    return function;
  OpBuilder head(module.getBodyRegion());
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), {pointer, i64, i64});
  return head.create<LLVM::LLVMFuncOp>(loc, symbol, type);
}

LogicalResult GraphWriter::call(Operation *op, StringRef symbol,
                                ValueRange slots, Value count, int64_t per,
                                int64_t granule, bool each) {
  for (auto [index, slot] : llvm::enumerate(slots)) {
    FailureOr<Value> value = slotValue(slot);
    if (failed(value))
      return failure();
    b.create<LLVM::StoreOp>(loc, *value, at(args, 8 * index), 8);
  }
  FailureOr<Value> units = slotValue(count);
  if (failed(units))
    return failure();
  if (per != 1)
    units = Value(b.create<LLVM::MulOp>(loc, *units, integer(per)));
  LLVM::LLVMFuncOp callee = kernel(symbol);
  if (each) {
    b.create<LLVM::CallOp>(loc, callee, ValueRange{args, integer(0), *units});
    return success();
  }
  Value address = b.create<LLVM::AddressOfOp>(loc, callee);
  b.create<LLVM::CallOp>(
      loc, getSliceFunction(module),
      ValueRange{address, args, *units, integer(granule), thread, threads});
  return success();
}

LogicalResult GraphWriter::emit(Operation *op) {
  if (auto s = dyn_cast<exec::StepOp>(op))
    return call(op, s.getKernel(), s.getArgs(), s.getCount(), s.getPer(),
                s.getGranule(), s.getEach());
  if (auto c = dyn_cast<exec::CallOp>(op)) {
    if (!module.lookupSymbol<LLVM::LLVMFuncOp>(c.getCallee()))
      return c.emitOpError() << "calls @" << c.getCallee()
                             << ", which is no LLVM function";
    return call(op, c.getCallee(), c.getArgs(), c.getCount(), c.getPer(),
                c.getGranule(), c.getEach());
  }
  if (auto meet = dyn_cast<exec::BarrierOp>(op)) {
    if (auto divides = meet.getUnlessDivides())
      b.create<LLVM::CallOp>(
          loc, getMeetFunction(module),
          ValueRange{barrier, integer(*divides), thread32, threads});
    else
      b.create<LLVM::CallOp>(loc, getBarrierFunction(module),
                             ValueRange{barrier, thread32});
  }
  return success();
}

struct ExecToLlvm : impl::ExecToLlvmBase<ExecToLlvm> {
  using ExecToLlvmBase::ExecToLlvmBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Builder b(module.getContext());
    int64_t arena = 0, privateBytes = 0;
    SmallVector<exec::ProgramOp> programs(module.getOps<exec::ProgramOp>());
    for (exec::ProgramOp program : programs) {
      arena = std::max<int64_t>(arena, program.getArenaBytes());
      privateBytes = std::max<int64_t>(privateBytes, program.getPrivateBytes());
      if (failed(GraphWriter(program, name).run()))
        return signalPassFailure();
      program.erase();
    }
    module->setAttr("exec.arena_bytes", b.getI64IntegerAttr(arena));
    module->setAttr("exec.private_bytes", b.getI64IntegerAttr(privateBytes));
  }
};
} // namespace

void buildLowerPhase(OpPassManager &pm, const PhaseOptions &options) {
  pm.addPass(createGenerateCode());
  pm.addPass(createExecToLlvm({options.name}));
  pm.addPass(createEmitDescriptor());
}

} // namespace llmc
