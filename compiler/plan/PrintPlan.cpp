// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/Plan.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::exec;

namespace llmc {

static bool isAttention(StringRef op) {
  return op == "attention" || op == "decode_attention";
}

BarrierCount barriersPerLayer(ProgramOp program) {
  BarrierCount count, result;
  int64_t attentions = 0;
  for (Operation &op : *program.getBody().begin()) {
    if (auto barrier = dyn_cast<BarrierOp>(op)) {
      ++count.most;
      count.least += !barrier.getUnlessDivides();
    }
    auto step = dyn_cast<StepOp>(op);
    if (!step || !isAttention(step.getOp()))
      continue;
    if (attentions++) {
      result.most = std::max(result.most, count.most);
      result.least = std::max(result.least, count.least);
    }
    count = {};
  }
  return attentions > 1 ? result : count;
}

namespace {
/// Names of slots in step listings: b3 for the third buffer, else the source.
std::string slotName(Value slot, const DenseMap<Value, int> &numbers) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto it = numbers.find(slot); it != numbers.end())
    os << 'b' << it->second;
  else if (auto weight = slot.getDefiningOp<WeightOp>())
    os << '@' << weight.getWeight();
  else if (auto field = slot.getDefiningOp<FieldOp>()) {
    os << stringifyField(field.getField());
    if (field.getOffset())
      os << '+' << int64_t(field.getOffset());
  } else if (auto constant = slot.getDefiningOp<ConstantOp>()) {
    if (auto integer = dyn_cast<IntegerAttr>(constant.getValue()))
      os << integer.getInt();
    else
      os << cast<FloatAttr>(constant.getValue()).getValueAsDouble();
  }
  return text;
}

void printStep(Operation &op, const DenseMap<Value, int> &numbers,
               llvm::raw_ostream &os) {
  auto step = dyn_cast<StepOp>(op);
  auto call = dyn_cast<CallOp>(op);
  os << "    " << (step ? step.getKernel() : call.getCallee()) << '(';
  llvm::interleaveComma(step ? step.getArgs() : call.getArgs(), os,
                        [&](Value arg) { os << slotName(arg, numbers); });
  os << ") units " << slotName(step ? step.getCount() : call.getCount(), numbers)
     << '*' << int64_t(step ? step.getPer() : call.getPer()) << " granule "
     << int64_t(step ? step.getGranule() : call.getGranule());
  os << ((step ? step.getEach() : call.getEach()) ? " each\n" : "\n");
}

void printProgram(ProgramOp program, llvm::raw_ostream &os) {
  BarrierCount barriers = barriersPerLayer(program);
  os << '@' << program.getSymName() << ": rows " << int64_t(program.getRows())
     << ", arena " << int64_t(program.getArenaBytes()) << " bytes, private "
     << int64_t(program.getPrivateBytes()) << " bytes a thread, barriers per layer "
     << barriers.most;
  if (barriers.least != barriers.most)
    os << " (" << barriers.least << " where the threads divide the KV heads)";
  os << '\n';
  DenseMap<Value, int> numbers;
  for (auto buffer : program.getOps<BufferOp>()) {
    int number = numbers.size();
    numbers[buffer] = number;
    os << "  b" << number << ' ' << stringifySpace(buffer.getSpace()) << ' '
       << int64_t(buffer.getOffset()) << " .. "
       << int64_t(buffer.getOffset() + buffer.getBytes());
    if (buffer.getName())
      os << ' ' << *buffer.getName();
    os << '\n';
  }
  int64_t epoch = 0;
  os << "  epoch 0\n";
  for (Operation &op : *program.getBody().begin()) {
    if (isa<StepOp, CallOp>(op))
      printStep(op, numbers, os);
    auto barrier = dyn_cast<BarrierOp>(op);
    if (!barrier)
      continue;
    if (auto divides = barrier.getUnlessDivides())
      os << "    barrier unless threads divide " << int64_t(*divides) << '\n';
    else
      os << "  barrier, epoch " << ++epoch << '\n';
  }
}
} // namespace

void printPlan(ModuleOp module, llvm::raw_ostream &os) {
  if (auto bytes = module->getAttrOfType<IntegerAttr>("exec.kv_bytes"))
    os << "KV cache: " << bytes.getInt() << " bytes per sequence\n";
  for (auto program : module.getOps<ProgramOp>())
    printProgram(program, os);
}

} // namespace llmc
