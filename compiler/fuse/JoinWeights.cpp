// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/fuse/JoinWeights.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {

WeightOp WeightJoiner::weightOf(FlatSymbolRefAttr symbol) {
  return symbols.lookup<WeightOp>(symbol.getAttr());
}

static bool hasOnePart(WeightOp weight) {
  return weight.getParts() && weight.getParts()->size() == 1;
}

bool WeightJoiner::canJoin(ArrayRef<LinearOp> linears) {
  LinearOp first = linears.front();
  QuantAttr quant = weightOf(first.getWeightAttr()).getQuantAttr();
  return llvm::all_of(linears, [&](LinearOp linear) {
    WeightOp weight = weightOf(linear.getWeightAttr());
    FlatSymbolRefAttr bias = linear.getBiasAttr();
    return linear->hasOneUse() && linear.getX() == first.getX() &&
           weight.getQuantAttr() == quant && hasOnePart(weight) &&
           bool(bias) == bool(first.getBiasAttr()) &&
           (!bias || hasOnePart(weightOf(bias)));
  });
}

/// What the names have in common at both ends, around `word`.
static std::string joinNames(ArrayRef<WeightOp> weights, StringRef word) {
  SmallVector<StringRef> names;
  for (WeightOp weight : weights)
    names.push_back(weight.getSymName());
  StringRef prefix = names.front(), suffix = names.front();
  size_t shortest = prefix.size();
  for (StringRef name : names) {
    shortest = std::min(shortest, name.size());
    while (!name.starts_with(prefix))
      prefix = prefix.drop_back();
  }
  suffix = suffix.take_back(shortest - prefix.size());
  for (StringRef name : names)
    while (!name.ends_with(suffix))
      suffix = suffix.drop_front();
  return (prefix + word + suffix).str();
}

/// A vector's source as a column, so that its elements can take turns.
static SourceAttr asColumn(SourceAttr row) {
  return SourceAttr::get(row.getContext(), row.getFile(), row.getOffset(),
                         row.getType(), row.getColumns(), 1,
                         row.getColumnStride(), 1, row.getAddend());
}

FlatSymbolRefAttr WeightJoiner::joinParts(ArrayRef<WeightOp> weights,
                                          ArrayRef<int64_t> chunks,
                                          StringRef word) {
  WeightOp first = weights.front();
  bool isVector = first.getTensorType().getRank() == 1;
  Type element = first.getTensorType().getElementType();
  SmallVector<Attribute> parts;
  SmallVector<Location> locations;
  int64_t rows = 0;
  for (WeightOp weight : weights) {
    auto part = cast<SourceAttr>((*weight.getParts())[0]);
    parts.push_back(isVector ? asColumn(part) : part);
    rows += isVector ? weight.getColumns() : weight.getRows();
    if (weight.getTensorType().getElementType() != element)
      element = Float32Type::get(first.getContext());
    locations.push_back(weight.getLoc());
  }
  SmallVector<int64_t> shape{rows};
  if (!isVector)
    shape.push_back(first.getColumns());
  OpBuilder builder(first);
  auto joined = builder.create<WeightOp>(
      builder.getFusedLoc(locations), joinNames(weights, word),
      RankedTensorType::get(shape, element), builder.getArrayAttr(parts),
      builder.getDenseI64ArrayAttr(chunks), /*value=*/nullptr,
      first.getQuantAttr(), /*packed=*/nullptr);
  return FlatSymbolRefAttr::get(symbols.insert(joined));
}

LinearOp WeightJoiner::join(OpBuilder &builder, ArrayRef<LinearOp> linears,
                            ArrayRef<int64_t> chunks, StringRef word) {
  SmallVector<WeightOp> weights, biases;
  SmallVector<Location> locations;
  for (LinearOp linear : linears) {
    weights.push_back(weightOf(linear.getWeightAttr()));
    if (linear.getBiasAttr())
      biases.push_back(weightOf(linear.getBiasAttr()));
    locations.push_back(linear.getLoc());
  }
  FlatSymbolRefAttr weight = joinParts(weights, chunks, word), bias;
  if (!biases.empty())
    bias = joinParts(biases, chunks, word);
  LinearOp first = linears.front();
  auto type = cast<RankedTensorType>(first.getResult().getType());
  int64_t columns = weightOf(weight).getRows();
  return builder.create<LinearOp>(
      builder.getFusedLoc(locations),
      RankedTensorType::get({type.getDimSize(0), columns}, type.getElementType()),
      first.getX(), weight, bias);
}

} // namespace llmc
