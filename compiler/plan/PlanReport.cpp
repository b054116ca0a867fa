// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/PlanReport.h"
#include "compiler/plan/Plan.h"

using namespace mlir;
using namespace mlir::exec;

namespace llmc {
namespace {

int64_t integerOf(Value slot) {
  auto constant = slot.getDefiningOp<ConstantOp>();
  auto value = constant ? dyn_cast<IntegerAttr>(constant.getValue()) : nullptr;
  return value ? value.getInt() : 0;
}

PlannedCount countOf(Value slot) {
  auto field = slot.getDefiningOp<FieldOp>();
  if (!field)
    return PlannedCount::One;
  return field.getField() == Field::NLogitRows ? PlannedCount::LogitRows
                                               : PlannedCount::Rows;
}

int64_t packedBytes(ModuleOp module, Value slot) {
  auto weight = slot.getDefiningOp<WeightOp>();
  auto op = weight ? module.lookupSymbol<llm::WeightOp>(weight.getWeight())
                   : llm::WeightOp();
  return op && op.getPackedAttr() ? op.getPackedAttr().getBytes() : 0;
}

/// K and V of one position.
int64_t positionBytes(StringRef kvType, int64_t kvHeads, int64_t headDim) {
  int64_t element = kvType == "f32" ? 4 : kvType == "f16" ? 2 : 1;
  return 2 * kvHeads * (headDim * element + (element == 1 ? 4 : 0));
}

/// Fills in what the slots of ops.def say of the work.
class Work {
public:
  Work(ModuleOp module, StepOp step, PlannedStep &out)
      : module(module), args(step.getArgs()), out(out) {
    if (auto type = module->getAttrOfType<StringAttr>("exec.kv_type"))
      kvType = type;
    StringRef op = step.getOp();
    if (op == "embedding")
      embedding();
    else if (op == "linear")
      linear();
    else if (op == "rms_norm")
      norm();
    else if (op == "rope_append")
      elements(6, (at(7) + 2 * at(8)) * at(9));
    else if (op == "attention")
      attention(6, at(7), at(8), at(9), at(12));
    else if (op == "decode_attention")
      attention(-1, at(9), at(10), at(11), at(15));
    else if (op == "rope_table" || op == "gated_activation" || op == "quantize")
      elements(op == "rope_table" ? 3 : 2, at(op == "rope_table" ? 4 : 3));
  }

private:
  int64_t at(unsigned slot) const { return integerOf(args[slot]); }
  void elements(unsigned rows, int64_t width) {
    out.rows = countOf(args[rows]);
    out.work = double(width);
    out.shape = std::to_string(width);
  }
  void embedding() {
    out.rows = out.count;
    out.work = double(at(4));
    out.shape = std::to_string(at(4));
    out.bytes = packedBytes(module, args[1]) / std::max<int64_t>(1, at(3));
  }
  void norm() {
    elements(5, at(6));
    out.bytes = packedBytes(module, args[2]);
  }
  void linear() {
    out.rows = countOf(args[4]);
    out.work = double(at(5)) * double(at(6));
    out.shape = std::to_string(at(6)) + " x " + std::to_string(at(5));
    out.bytes = packedBytes(module, args[1]) + packedBytes(module, args[2]);
  }
  void attention(int rows, int64_t heads, int64_t kvHeads, int64_t headDim,
                 int64_t window) {
    out.rows = rows < 0 ? PlannedCount::One : countOf(args[rows]);
    out.work = 2.0 * double(heads * headDim);
    out.shape = std::to_string(heads) + " on " + std::to_string(kvHeads) + " x " +
                std::to_string(headDim);
    out.kvBytes = positionBytes(kvType, kvHeads, headDim);
    out.window = window;
  }

  ModuleOp module;
  OperandRange args;
  PlannedStep &out;
  StringRef kvType;
};

template <typename Op> PlannedStep plannedStep(Op op) {
  PlannedStep step;
  step.count = countOf(op.getCount());
  step.per = op.getPer() * (step.count == PlannedCount::One
                                ? std::max<int64_t>(1, integerOf(op.getCount()))
                                : 1);
  step.granule = op.getGranule();
  step.each = op.getEach();
  return step;
}

void describeBuffers(ProgramOp program, Space space, PlannedGraph &graph) {
  for (const BufferLife &life : bufferLives(program, space)) {
    BufferOp buffer = life.buffer;
    PlannedBuffer out;
    out.name = buffer.getName().value_or("").str();
    out.shared = space == Space::Shared;
    out.offset = buffer.getOffset();
    out.bytes = buffer.getBytes();
    out.first = life.persistent ? 0 : life.first;
    out.last = life.persistent ? INT64_MAX : life.last;
    graph.buffers.push_back(std::move(out));
  }
}
} // namespace

PlannedGraph describePlan(ProgramOp program) {
  auto module = program->getParentOfType<ModuleOp>();
  PlannedGraph graph;
  graph.name = program.getSymName().str();
  graph.arenaBytes = program.getArenaBytes();
  graph.privateBytes = program.getPrivateBytes();
  for (Operation &op : *program.getBody().begin()) {
    if (auto step = dyn_cast<StepOp>(op)) {
      PlannedStep out = plannedStep(step);
      out.op = step.getOp().str();
      out.symbol = step.getKernel().str();
      Work(module, step, out);
      graph.steps.push_back(std::move(out));
    } else if (auto call = dyn_cast<CallOp>(op)) {
      PlannedStep out = plannedStep(call);
      out.op = "generated";
      out.symbol = call.getCallee().str();
      for (Value arg : call.getArgs())
        out.bytes += packedBytes(module, arg);
      graph.steps.push_back(std::move(out));
    } else if (auto barrier = dyn_cast<BarrierOp>(op)) {
      PlannedStep out;
      out.op = "barrier";
      out.unlessDivides = barrier.getUnlessDivides().value_or(0);
      graph.epochs += !out.unlessDivides;
      graph.steps.push_back(std::move(out));
    }
  }
  describeBuffers(program, Space::Shared, graph);
  describeBuffers(program, Space::Private, graph);
  return graph;
}

} // namespace llmc
