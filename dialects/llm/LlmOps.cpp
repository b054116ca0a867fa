// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::llm;

#include "dialects/llm/LlmDialect.cpp.inc"
#include "dialects/llm/LlmEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/llm/LlmTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/llm/LlmAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/llm/LlmOps.cpp.inc"

void LlmDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/llm/LlmTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/llm/LlmAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/llm/LlmOps.cpp.inc"
      >();
}

WeightOp llm::lookupWeight(Operation *from, FlatSymbolRefAttr symbol) {
  return SymbolTable::lookupNearestSymbolFrom<WeightOp>(from, symbol);
}

LogicalResult QuantAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                Scheme scheme, int64_t group, bool asymmetric) {
  bool isBlocks = scheme == Scheme::Block8 || scheme == Scheme::Block4;
  if (isBlocks && (group < 16 || !llvm::isPowerOf2_64(group)))
    return emitError() << "quant_c1: " << stringifyScheme(scheme) << " has group "
                       << group << ", expected a power of two from 16";
  return success();
}

SourceAttr SourceAttr::takeRows(int64_t begin, int64_t count,
                                int64_t step) const {
  int64_t bits = getType().getIntOrFloatBitWidth();
  BlocksAttr blocks = getBlocks();
  if (blocks) {
    int64_t perRow = llvm::divideCeil(uint64_t(getColumns()),
                                      uint64_t(blocks.getSize()));
    int64_t first = begin * (getRowStride() / (perRow * blocks.getSize()));
    int64_t scaleBits = blocks.getScaleType().getIntOrFloatBitWidth();
    int64_t zeros = blocks.getZeros();
    if (zeros >= 0)
      zeros += first * ((perRow * bits + 7) / 8);
    blocks = BlocksAttr::get(getContext(), blocks.getSize(),
                             blocks.getScales() + first * perRow * scaleBits / 8,
                             blocks.getScaleType(), zeros);
  }
  return get(getContext(), getFile(),
             getOffset() + begin * getRowStride() * bits / 8, getType(), count,
             getColumns(), step * getRowStride(), getColumnStride(), getAddend(),
             blocks);
}

//===----------------------------------------------------------------------===//
// What several verifiers ask
//===----------------------------------------------------------------------===//

/// The shape of a [rows, width] value, or an empty one when it has no rank 2.
static ArrayRef<int64_t> matrixShape(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 2 ? type.getShape() : ArrayRef<int64_t>();
}

static bool isQ8(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isInteger(8) &&
         isa_and_nonnull<Q8Attr>(tensor.getEncoding());
}

/// The weight that `symbol` names, or null and an error.
static WeightOp requireWeight(Operation *op, SymbolTableCollection &symbols,
                              FlatSymbolRefAttr symbol) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, symbol);
  if (!weight)
    op->emitOpError() << "weight: " << symbol << " is not an llm.weight";
  return weight;
}

/// `symbol` must name a vector of `width` elements.
static LogicalResult checkVector(Operation *op, SymbolTableCollection &symbols,
                                 FlatSymbolRefAttr symbol, int64_t width,
                                 StringRef label) {
  WeightOp weight = requireWeight(op, symbols, symbol);
  if (!weight)
    return failure();
  RankedTensorType type = weight.getTensorType();
  if (type.getRank() != 1 || type.getDimSize(0) != width)
    return op->emitOpError() << label << ": " << symbol << " is " << type
                             << ", expected a vector of " << width;
  return success();
}

/// x and result must have one width, and the result be f32 or #llm.q8.
static LogicalResult checkNormResult(Operation *op, Value x, Value result,
                                     StringRef label) {
  ArrayRef<int64_t> from = matrixShape(x), to = matrixShape(result);
  auto type = cast<TensorType>(result.getType());
  if (from.empty() || to.empty() || from[1] != to[1] ||
      !(type.getElementType().isF32() || isQ8(type)))
    return op->emitOpError() << label << ": x is " << x.getType() << ", result is "
                             << type << ", expected one width and f32 or #llm.q8";
  return success();
}

static LogicalResult checkRopeTable(Operation *op, Value table, int64_t headDim,
                                    StringRef label) {
  ArrayRef<int64_t> shape = matrixShape(table);
  if (shape.empty() || shape[1] <= 0 || shape[1] % 2 || shape[1] > headDim)
    return op->emitOpError() << label << ": table is " << table.getType()
                             << ", expected an even width of at most " << headDim;
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

int64_t WeightOp::getRows() {
  RankedTensorType type = getTensorType();
  return type.getRank() == 1 ? 1 : type.getDimSize(0);
}

int64_t WeightOp::getColumns() {
  RankedTensorType type = getTensorType();
  return type.getDimSize(type.getRank() - 1);
}

LogicalResult WeightOp::verify() {
  RankedTensorType type = getTensorType();
  if (!type.hasStaticShape() || type.getRank() < 1 || type.getRank() > 2)
    return emitOpError() << "weight: " << type << " is not a static vector or matrix";
  if (getParts().has_value() == getValue().has_value())
    return emitOpError("weight_c1: expected parts or value, exactly one of them");
  if (auto value = getValue())
    return int64_t(value->size()) == type.getNumElements()
               ? success()
               : emitOpError() << "weight_c2: value has " << value->size()
                               << " elements, expected " << type.getNumElements();
  if (auto chunks = getChunks())
    if (chunks->size() != getParts()->size() ||
        llvm::any_of(*chunks, [](int64_t chunk) { return chunk <= 0; }))
      return emitOpError() << "weight_c3: chunks has " << chunks->size()
                           << " entries for " << getParts()->size()
                           << " parts, expected one positive entry each";
  // The parts of a joined vector are columns: [n, 1].
  bool column = type.getRank() == 1 && getParts()->size() > 1;
  int64_t wantRows = column ? getColumns() : getRows();
  int64_t wantColumns = column ? 1 : getColumns();
  int64_t rows = 0;
  for (auto part : getParts()->getAsRange<SourceAttr>()) {
    if (part.getColumns() != wantColumns)
      return emitOpError() << "weight_c2: part of " << part.getColumns()
                           << " columns, expected " << wantColumns;
    rows += part.getRows();
  }
  if (rows != wantRows)
    return emitOpError() << "weight_c2: parts have " << rows << " rows, expected "
                         << wantRows;
  return success();
}

LogicalResult EmbeddingOp::verifySymbolUses(SymbolTableCollection &symbols) {
  WeightOp weight = requireWeight(*this, symbols, getWeightAttr());
  if (!weight)
    return failure();
  ArrayRef<int64_t> out = matrixShape(getResult());
  if (weight.getTensorType().getRank() != 2 || out.empty() ||
      out[1] != weight.getColumns())
    return emitOpError() << "embedding_c1: weight is " << weight.getTensorType()
                         << ", result is " << getResult().getType()
                         << ", expected a matrix as wide as the result";
  return success();
}

LogicalResult RopeTableOp::verifySymbolUses(SymbolTableCollection &symbols) {
  ArrayRef<int64_t> out = matrixShape(getResult());
  if (out.empty() || out[1] % 2)
    return emitOpError() << "rope_table_c1: result is " << getResult().getType()
                         << ", expected [rows, an even width]";
  return checkVector(*this, symbols, getWeightAttr(), out[1] / 2, "rope_table_c1");
}

//===----------------------------------------------------------------------===//
// Norms and linears
//===----------------------------------------------------------------------===//

LogicalResult RmsNormOp::verify() {
  return checkNormResult(*this, getX(), getResult(), "rms_norm_c2");
}

LogicalResult RmsNormOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return checkVector(*this, symbols, getWeightAttr(), matrixShape(getX())[1],
                     "rms_norm_c1");
}

LogicalResult AddRmsNormOp::verify() {
  if (getX().getType() != getDelta().getType() ||
      getX().getType() != getSum().getType())
    return emitOpError() << "add_rms_norm_c1: x is " << getX().getType()
                         << ", delta is " << getDelta().getType() << ", sum is "
                         << getSum().getType() << ", expected one type";
  if (getSelect() && !getSum().use_empty())
    return emitOpError("add_rms_norm_c2: sum is used although only the selected "
                       "rows are computed");
  return checkNormResult(*this, getX(), getResult(), "add_rms_norm_c4");
}

LogicalResult AddRmsNormOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return checkVector(*this, symbols, getWeightAttr(), matrixShape(getX())[1],
                     "add_rms_norm_c3");
}

LogicalResult QuantizeOp::verify() {
  auto x = cast<TensorType>(getX().getType());
  auto result = cast<TensorType>(getResult().getType());
  if (!isQ8(result) || x.getShape() != result.getShape())
    return emitOpError() << "quantize_c1: x is " << x << ", result is " << result
                         << ", expected its shape as i8 with #llm.q8";
  return success();
}

LogicalResult LinearOp::verifySymbolUses(SymbolTableCollection &symbols) {
  WeightOp weight = requireWeight(*this, symbols, getWeightAttr());
  if (!weight)
    return failure();
  ArrayRef<int64_t> x = matrixShape(getX()), out = matrixShape(getResult());
  RankedTensorType type = weight.getTensorType();
  if (type.getRank() != 2 || x.empty() || x[1] != weight.getColumns())
    return emitOpError() << "linear_c1: x is " << getX().getType()
                         << ", weight is " << type
                         << ", expected [rows, k] and [n, k]";
  if (out.empty() || out[0] != x[0] || out[1] != weight.getRows())
    return emitOpError() << "linear_c2: result is " << getResult().getType()
                         << ", expected the rows of x and " << weight.getRows()
                         << " columns";
  if (getBiasAttr() && failed(checkVector(*this, symbols, getBiasAttr(),
                                          weight.getRows(), "linear_c3")))
    return failure();
  QuantAttr quant = weight.getQuantAttr();
  if (quant && quant.hasInt8Activations() != isQ8(getX().getType()))
    return emitOpError() << "linear_c4: x is " << getX().getType() << ", but "
                         << getWeightAttr() << " is " << quant << ", which reads "
                         << (quant.hasInt8Activations() ? "#llm.q8" : "f32");
  return success();
}

//===----------------------------------------------------------------------===//
// Rope, cache and attention
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::verify() {
  ArrayRef<int64_t> x = matrixShape(getX());
  int64_t headDim = getHeadDim();
  if (x.empty() || headDim <= 0 || x[1] % headDim)
    return emitOpError() << "rope_c1: x is " << getX().getType()
                         << ", expected a width that is a multiple of head_dim "
                         << headDim;
  return checkRopeTable(*this, getTable(), headDim, "rope_c2");
}

LogicalResult RopeAppendOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads(), headDim = getHeadDim();
  ArrayRef<int64_t> qkv = matrixShape(getQkv());
  if (qkv.empty() || kvHeads <= 0 || heads <= 0 || heads % kvHeads ||
      qkv[1] != (heads + 2 * kvHeads) * headDim)
    return emitOpError() << "rope_append_c1: qkv is " << getQkv().getType()
                         << " with heads " << heads << ", kv_heads " << kvHeads
                         << ", head_dim " << headDim
                         << ", expected (heads + 2 * kv_heads) * head_dim columns "
                            "and heads a multiple of kv_heads";
  return checkRopeTable(*this, getTable(), headDim, "rope_append_c2");
}

LogicalResult AttentionOp::verify() {
  int64_t heads = getHeads(), kvHeads = getKvHeads(), headDim = getHeadDim();
  if (heads <= 0 || kvHeads <= 0 || headDim <= 0 || heads % kvHeads)
    return emitOpError() << "attention_c1: heads is " << heads
                         << ", expected a positive multiple of kv_heads "
                         << kvHeads;
  ArrayRef<int64_t> q = matrixShape(getQ()), out = matrixShape(getResult());
  if (out.empty() || out[1] != heads * headDim)
    return emitOpError() << "attention_c2: result is " << getResult().getType()
                         << ", expected " << heads * headDim << " columns";
  int64_t joined = (heads + 2 * kvHeads) * headDim;
  if (q.empty() || (q[1] != heads * headDim && q[1] != joined))
    return emitOpError() << "attention_c3: q is " << getQ().getType()
                         << ", expected " << heads * headDim << " or " << joined
                         << " columns";
  return success();
}

LogicalResult GatedActivationOp::verify() {
  Type result = getResult().getType();
  ArrayRef<int64_t> gate = matrixShape(getGate()), out = matrixShape(getResult());
  bool fits = getUp() ? getGate().getType() == result && getUp().getType() == result
                      : !gate.empty() && !out.empty() && gate[0] == out[0] &&
                            gate[1] == 2 * out[1];
  if (!fits)
    return emitOpError() << "gated_activation_c1: gate is " << getGate().getType()
                         << ", result is " << result
                         << (getUp() ? ", expected gate and up of the result's type"
                                     : ", expected a gate twice as wide");
  return success();
}

LogicalResult SelectRowsOp::verify() {
  ArrayRef<int64_t> x = matrixShape(getX()), out = matrixShape(getResult());
  if (x.empty() || out.empty() || x[1] != out[1])
    return emitOpError() << "select_rows_c1: x is " << getX().getType()
                         << ", result is " << getResult().getType()
                         << ", expected one width";
  return success();
}

LogicalResult GeneratedOp::verify() {
  int64_t units = getUnitsPerRow();
  if (getSelect() && units != 1)
    return emitOpError() << "generated_c4: units_per_row is " << units
                         << ", expected 1 with select";
  std::optional<int64_t> rows;
  SmallVector<Value> values(getInputs());
  llvm::append_range(values, getResults());
  for (Value value : values) {
    ArrayRef<int64_t> shape = matrixShape(value);
    if (shape.empty() || (units != 1 && units != shape[1]))
      return emitOpError() << "generated_c1: units_per_row is " << units
                           << ", a value is " << value.getType()
                           << ", expected 1 or the width of every value";
    if (!getSelect() && rows.value_or(shape[0]) != shape[0])
      return emitOpError() << "generated_c2: a value is " << value.getType()
                           << ", expected the rows of the others";
    rows = shape[0];
  }
  return success();
}

LogicalResult GeneratedOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  size_t weights = getWeights() ? getWeights()->size() : 0;
  size_t arguments = getNumOperands() + weights + getNumResults();
  if (!callee || !callee->hasAttr(kGeneratedCodeAttr) ||
      callee.getNumArguments() != arguments)
    return emitOpError() << "generated_c3: " << getCalleeAttr()
                         << " is not an llm.generated function of " << arguments
                         << " arguments";
  return success();
}
