// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/Plan.h"
#include "compiler/target/KernelRegistry.h"
#include "kernels/attention/decode_attention.h"
#include "kernels/layouts/lhs_q8.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace mlir::exec;

namespace llmc {
namespace {

/// Walks one graph and emits its steps. Tensor values map to slots: addresses
/// of buffers or fields of llmc_step.
class ProgramBuilder {
public:
  ProgramBuilder(func::FuncOp function, const CachePlan &cache)
      : function(function), cache(cache), b(function.getContext()) {}

  LogicalResult run();

private:
  // Slots. Constants, fields and weights are made once, at the program's head.
  Value integer(int64_t value) { return constant(b.getI64IntegerAttr(value)); }
  Value real(const APFloat &v) {
    return constant(b.getF64FloatAttr(v.convertToDouble()));
  }
  Value constant(TypedAttr value);
  Value field(Field field, int64_t offset = 0);
  Value weight(FlatSymbolRefAttr symbol);
  Value cachePart(int64_t layer, int64_t part) {
    return field(Field::Kv, cache.partOffset(layer, part));
  }
  Value buffer(Space space, int64_t bytes, StringRef name);
  Value scratch(const KernelRow &row, int64_t k);
  template <typename Make> Value atHead(Attribute key, Make make);

  // Tensor values.
  bool isLogitRows(Value tensor) const { return logitRows.contains(tensor); }
  Value rowsOf(Value tensor);
  int64_t bytesOf(RankedTensorType type) const;
  /// Where the rows-sliced step that makes `result` puts it.
  Value define(OpResult result, Space space);
  /// Of what a step over rows makes: with one row every thread repeats it.
  Space rowSpace() const { return oneRow ? Space::Private : Space::Shared; }
  /// With one row a norm stays private when x, which it may write, is.
  bool isPrivate(Value slot) const {
    auto made = slot.getDefiningOp<BufferOp>();
    return made && made.getSpace() == Space::Private;
  }
  LogicalResult inPlace(Operation *op, Value operand, OpResult result);

  // Steps.
  const KernelRow *kernelOf(Operation *op);
  void step(Operation *op, const KernelRow &row, ValueRange args, Value count,
            int64_t per, int64_t granule, bool each = false);
  LogicalResult emit(Operation *op);
  LogicalResult emit(llm::EmbeddingOp op, const KernelRow &row);
  LogicalResult emit(llm::RopeTableOp op, const KernelRow &row);
  LogicalResult emit(llm::RmsNormOp op, const KernelRow &row);
  LogicalResult emit(llm::AddRmsNormOp op, const KernelRow &row);
  LogicalResult emit(llm::QuantizeOp op, const KernelRow &row);
  LogicalResult emit(llm::LinearOp op, const KernelRow &row);
  LogicalResult emit(llm::RopeAppendOp op, const KernelRow &row);
  LogicalResult emit(llm::AttentionOp op, const KernelRow &row);
  LogicalResult emitDecode(llm::AttentionOp op, llm::RopeAppendOp rope,
                           const KernelRow &row);
  LogicalResult emit(llm::GatedActivationOp op, const KernelRow &row);
  LogicalResult emit(llm::GeneratedOp op);

  func::FuncOp function;
  const CachePlan &cache;
  OpBuilder b;
  ProgramOp program;
  Operation *head = nullptr; // constants go before it
  Value counters; // of decode_attention, zero between runs
  int64_t maxRows = 0;
  bool oneRow = false;
  DenseMap<Value, Value> slots;
  DenseSet<Value> logitRows; // tensors with a row per wanted logits row
  DenseMap<Attribute, Value> heads;
  DenseMap<Value, StepOp> linears; // by the slot of their result
};

int64_t width(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getShape().back();
}

template <typename Make>
Value ProgramBuilder::atHead(Attribute key, Make make) {
  Value &value = heads[key];
  if (!value) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&program.getBody().front());
    if (head)
      b.setInsertionPointAfter(head);
    value = make();
    head = value.getDefiningOp();
  }
  return value;
}

Value ProgramBuilder::constant(TypedAttr value) {
  return atHead(value, [&] {
    return b.create<ConstantOp>(function.getLoc(), b.getType<SlotType>(), value);
  });
}

Value ProgramBuilder::field(Field field, int64_t offset) {
  auto name = FieldAttr::get(b.getContext(), field);
  return atHead(b.getArrayAttr({name, b.getI64IntegerAttr(offset)}), [&] {
    return b.create<FieldOp>(function.getLoc(), b.getType<SlotType>(), field,
                             offset);
  });
}

Value ProgramBuilder::weight(FlatSymbolRefAttr symbol) {
  return atHead(symbol, [&] {
    return b.create<WeightOp>(function.getLoc(), b.getType<SlotType>(), symbol);
  });
}

Value ProgramBuilder::buffer(Space space, int64_t bytes, StringRef name) {
  return b.create<BufferOp>(function.getLoc(), b.getType<SlotType>(), space,
                            bytes, -1, b.getStringAttr(name));
}

Value ProgramBuilder::scratch(const KernelRow &row, int64_t k) {
  int64_t bytes = row.scratchBytes(k);
  return bytes ? buffer(Space::Private, bytes, "scratch") : integer(0);
}

Value ProgramBuilder::rowsOf(Value tensor) {
  if (isLogitRows(tensor))
    return field(Field::NLogitRows);
  return oneRow ? integer(1) : field(Field::Rows);
}

int64_t ProgramBuilder::bytesOf(RankedTensorType type) const {
  int64_t rows = type.isDynamicDim(0) ? maxRows : type.getDimSize(0);
  if (auto q8 = dyn_cast_or_null<llm::Q8Attr>(type.getEncoding()))
    return llmc_q8_bytes(rows, type.getDimSize(1), q8.getInterleave());
  return rows * type.getDimSize(1) *
         int64_t(type.getElementTypeBitWidth() / 8);
}

Value ProgramBuilder::define(OpResult result, Space space) {
  bool returned = llvm::any_of(result.getUsers(), [](Operation *user) {
    return isa<func::ReturnOp>(user);
  });
  if (returned)
    return slots[result] = field(Field::Logits);
  return slots[result] =
             buffer(space, bytesOf(cast<RankedTensorType>(result.getType())),
                    result.getOwner()->getName().stripDialect());
}

/// `result` takes over the buffer of `operand`, which no later step may read.
LogicalResult ProgramBuilder::inPlace(Operation *op, Value operand,
                                      OpResult result) {
  for (Operation *user : operand.getUsers())
    if (user != op && !user->isBeforeInBlock(op))
      return op->emitOpError()
             << "overwrites a value that " << user->getName()
             << " reads later; expected a last use";
  slots[result] = slots.lookup(operand);
  return success();
}

const KernelRow *ProgramBuilder::kernelOf(Operation *op) {
  auto symbol = op->getAttrOfType<StringAttr>("kernel");
  if (!symbol) {
    op->emitOpError() << "has no kernel; expected one that pack has chosen";
    return nullptr;
  }
  const KernelRow *row = findKernel(symbol);
  if (!row)
    op->emitOpError() << "kernel " << symbol << " is no row of the kernel table";
  return row;
}

void ProgramBuilder::step(Operation *op, const KernelRow &row, ValueRange args,
                          Value count, int64_t per, int64_t granule,
                          bool each) {
  b.create<StepOp>(op->getLoc(), row.symbol, row.op, args, count, per, granule,
                   each);
}

LogicalResult ProgramBuilder::emit(llm::EmbeddingOp op, const KernelRow &row) {
  auto table = llm::lookupWeight(op, op.getWeightAttr());
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), rowSpace());
  step(op, row,
       {slots.lookup(op.getTokens()), weight(op.getWeightAttr()), out,
        integer(table.getRows()), integer(table.getColumns()),
        real(op.getScale())},
       rows, 1, row.granule, oneRow);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::RopeTableOp op, const KernelRow &row) {
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), rowSpace());
  step(op, row,
       {slots.lookup(op.getPositions()), weight(op.getWeightAttr()), out, rows,
        integer(width(op.getResult())), real(op.getScale())},
       rows, 1, row.granule, oneRow);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::RmsNormOp op, const KernelRow &row) {
  if (op.getSelect())
    logitRows.insert(op.getResult());
  Value rows = rowsOf(op.getResult());
  bool each = isPrivate(slots.lookup(op.getX()));
  Value out = define(cast<OpResult>(op.getResult()),
                     each ? Space::Private : Space::Shared);
  Value select = op.getSelect() ? slots.lookup(op.getSelect()) : integer(0);
  step(op, row,
       {slots.lookup(op.getX()), integer(0), weight(op.getWeightAttr()), out,
        select, rows, integer(width(op.getX())), real(op.getEpsilon())},
       rows, 1, row.granule, each);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::AddRmsNormOp op, const KernelRow &row) {
  if (op.getSelect())
    logitRows.insert(op.getResult());
  else if (failed(inPlace(op, op.getX(), cast<OpResult>(op.getSum()))))
    return failure();
  Value rows = rowsOf(op.getResult());
  bool each = isPrivate(slots.lookup(op.getX()));
  Value out = define(cast<OpResult>(op.getResult()),
                     each ? Space::Private : Space::Shared);
  Value select = op.getSelect() ? slots.lookup(op.getSelect()) : integer(0);
  step(op, row,
       {slots.lookup(op.getX()), slots.lookup(op.getDelta()),
        weight(op.getWeightAttr()), out, select, rows,
        integer(width(op.getX())), real(op.getEpsilon())},
       rows, 1, row.granule, each);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::QuantizeOp op, const KernelRow &row) {
  if (isLogitRows(op.getX()))
    logitRows.insert(op.getResult());
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), rowSpace());
  step(op, row,
       {slots.lookup(op.getX()), out, rows, integer(width(op.getX()))}, rows, 1,
       row.granule, oneRow);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::LinearOp op, const KernelRow &row) {
  int64_t n = width(op.getResult()), k = width(op.getX());
  bool logits = isLogitRows(op.getX());
  if (logits)
    logitRows.insert(op.getResult());
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), Space::Shared);
  Value bias = op.getBiasAttr() ? weight(op.getBiasAttr()) : integer(0);
  // With one row the number of rows is 0 or 1, and so 0 or n columns are made.
  Value count = oneRow && logits ? rows : integer(1);
  step(op, row,
       {slots.lookup(op.getX()), weight(op.getWeightAttr()), bias, out, rows,
        integer(n), integer(k), integer(n), scratch(row, k)},
       count, n, row.granule);
  linears[out] = cast<StepOp>(b.getInsertionBlock()->back());
  return success();
}

LogicalResult ProgramBuilder::emit(llm::RopeAppendOp op, const KernelRow &row) {
  if (row.op == "decode_attention") { // its attention does both
    slots[op.getResult()] = slots.lookup(op.getQkv());
    return success();
  }
  if (failed(inPlace(op, op.getQkv(), cast<OpResult>(op.getResult()))))
    return failure();
  Value rows = rowsOf(op.getResult());
  step(op, row,
       {slots.lookup(op.getQkv()), slots.lookup(op.getTable()),
        slots.lookup(op.getSequences()), slots.lookup(op.getPositions()),
        cachePart(op.getLayer(), 0), cachePart(op.getLayer(), 1), rows,
        integer(op.getHeads()), integer(op.getKvHeads()),
        integer(op.getHeadDim()), integer(width(op.getTable())),
        integer(cache.context), integer(cache.sequenceBytes())},
       rows, op.getKvHeads(), row.granule);
  return success();
}

LogicalResult ProgramBuilder::emitDecode(llm::AttentionOp op,
                                         llm::RopeAppendOp rope,
                                         const KernelRow &row) {
  int64_t heads = op.getHeads(), headDim = op.getHeadDim();
  int64_t partials = llmc_attention_partial_bytes(heads, headDim, cache.context,
                                                  op.getWindow());
  Value out = define(cast<OpResult>(op.getResult()), Space::Shared);
  step(op, row,
       {slots.lookup(op.getQ()), slots.lookup(rope.getTable()),
        slots.lookup(op.getSequences()), slots.lookup(op.getPositions()),
        cachePart(op.getLayer(), 0), cachePart(op.getLayer(), 1), out,
        buffer(Space::Shared, partials, "partials"), counters, integer(heads),
        integer(op.getKvHeads()), integer(headDim),
        integer(width(rope.getTable())), integer(cache.context),
        integer(cache.sequenceBytes()), integer(op.getWindow()),
        real(op.getScale()), real(op.getSoftcap()), scratch(row, headDim)},
       integer(1), op.getKvHeads() * LLMC_ATTENTION_SPLITS, row.granule);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::AttentionOp op, const KernelRow &row) {
  if (row.op == "decode_attention")
    return emitDecode(op, op.getQ().getDefiningOp<llm::RopeAppendOp>(), row);
  int64_t joined = (op.getHeads() + 2 * op.getKvHeads()) * op.getHeadDim();
  if (width(op.getQ()) != joined)
    return op.emitOpError() << "reads " << width(op.getQ())
                            << " columns; the kernel wants the joined qkv of "
                            << joined;
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), Space::Shared);
  step(op, row,
       {slots.lookup(op.getQ()), slots.lookup(op.getSequences()),
        slots.lookup(op.getPositions()), cachePart(op.getLayer(), 0),
        cachePart(op.getLayer(), 1), out, rows, integer(op.getHeads()),
        integer(op.getKvHeads()), integer(op.getHeadDim()),
        integer(cache.context), integer(cache.sequenceBytes()),
        integer(op.getWindow()), integer(joined), real(op.getScale()),
        real(op.getSoftcap()), integer(width(op.getResult())),
        scratch(row, op.getHeadDim())},
       rows, op.getKvHeads(), row.granule);
  return success();
}

LogicalResult ProgramBuilder::emit(llm::GatedActivationOp op,
                                   const KernelRow &row) {
  if (op.getUp())
    return op.emitOpError() << "has gate and up apart; the kernel wants them "
                               "interleaved, as fuse leaves them";
  Value in = slots.lookup(op.getGate());
  Value rows = rowsOf(op.getResult());
  Value out = define(cast<OpResult>(op.getResult()), Space::Shared);
  int64_t columns = 2 * width(op.getResult()), granule = row.granule;
  // One row: the columns of the linear stay on the thread that made them.
  if (StepOp linear = linears.lookup(in); linear && oneRow) {
    granule = std::lcm(granule, int64_t(linear.getGranule()));
    linear.setGranule(granule);
  }
  step(op, row, {in, out, rows, integer(width(op.getResult()))}, rows, columns,
       granule);
  return success();
}

/// One row is repeated by every thread, so that what follows may stay private.
LogicalResult ProgramBuilder::emit(llm::GeneratedOp op) {
  SmallVector<Value> args;
  for (Value input : op.getInputs()) {
    args.push_back(slots.lookup(input));
    if (isLogitRows(input))
      logitRows.insert(op.result_begin(), op.result_end());
  }
  if (op.getSelect()) {
    args.push_back(slots.lookup(op.getSelect()));
    logitRows.insert(op.result_begin(), op.result_end());
  }
  size_t weights = op.getWeights() ? op.getWeights()->size() : 0;
  for (size_t i = 0; i < weights; ++i)
    args.push_back(weight(cast<FlatSymbolRefAttr>((*op.getWeights())[i])));
  for (OpResult result : op->getOpResults())
    args.push_back(define(result, rowSpace()));
  std::string effects = std::string(op->getNumOperands(), 'r') +
                        std::string(weights, 'c') +
                        std::string(op->getNumResults(), 'w');
  int64_t per = op.getUnitsPerRow();
  b.create<CallOp>(op.getLoc(), op.getCallee(), effects, args,
                   rowsOf(op->getResult(0)), per, per == 1 ? 1 : 16, oneRow);
  return success();
}

LogicalResult ProgramBuilder::emit(Operation *op) {
  if (isa<func::ReturnOp>(op))
    return success();
  for (Value operand : op->getOperands())
    if (isa<RankedTensorType>(operand.getType()) && !slots.contains(operand))
      return op->emitOpError() << "reads a value that no step computes";
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<llm::EmbeddingOp, llm::RopeTableOp, llm::RmsNormOp,
            llm::AddRmsNormOp, llm::QuantizeOp, llm::LinearOp,
            llm::RopeAppendOp, llm::AttentionOp, llm::GatedActivationOp>(
          [&](auto typed) -> LogicalResult {
            const KernelRow *row = kernelOf(op);
            return row ? emit(typed, *row) : failure();
          })
      .Case([&](llm::GeneratedOp call) { return emit(call); })
      .Default([](Operation *other) {
        return other->emitOpError()
               << "has no kernel; fuse or generated code must replace it";
      });
}

LogicalResult ProgramBuilder::run() {
  if (function.getNumArguments() != 5)
    return function.emitOpError()
           << "has " << function.getNumArguments()
           << " arguments, expected tokens, sequences, positions, logit rows "
              "and the KV cache";
  auto tokens = dyn_cast<RankedTensorType>(function.getArgument(0).getType());
  oneRow = tokens && tokens.getRank() == 1 && tokens.getDimSize(0) == 1;
  maxRows = oneRow ? 1 : cache.rows;
  b.setInsertionPoint(function);
  program = b.create<ProgramOp>(function.getLoc(), function.getSymName(),
                                maxRows);
  b.setInsertionPointToStart(&program.getBody().emplaceBlock());
  counters = buffer(Space::Shared, cache.kvHeads * LLMC_ATTENTION_COUNTER_BYTES,
                    "counters");
  counters.getDefiningOp()->setAttr("exec.persistent", b.getUnitAttr());
  const Field fields[] = {Field::Tokens, Field::Sequences, Field::Positions,
                          Field::LogitRows};
  for (auto [argument, name] : llvm::zip(function.getArguments(), fields))
    slots[argument] = field(name);
  for (Operation &op : function.getBody().front())
    if (failed(emit(&op)))
      return failure();
  return success();
}
} // namespace

LogicalResult buildProgram(func::FuncOp function, const CachePlan &cache) {
  return ProgramBuilder(function, cache).run();
}

} // namespace llmc
