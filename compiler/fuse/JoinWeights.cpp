// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/fuse/JoinWeights.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {

WeightOp WeightJoiner::weightOf(FlatSymbolRefAttr symbol) {
  return symbols.lookup<WeightOp>(symbol.getAttr());
}

bool WeightJoiner::canJoin(ArrayRef<LinearOp> linears) {
  LinearOp first = linears.front();
  QuantAttr quant = weightOf(first.getWeightAttr()).getQuantAttr();
  return llvm::all_of(linears, [&](LinearOp linear) {
    WeightOp weight = weightOf(linear.getWeightAttr());
    FlatSymbolRefAttr bias = linear.getBiasAttr();
    return linear->hasOneUse() && linear.getX() == first.getX() &&
           weight.getQuantAttr() == quant && weight.getParts() &&
           bool(bias) == bool(first.getBiasAttr()) &&
           (!bias || weightOf(first.getBiasAttr()).getValue().has_value() ==
                         weightOf(bias).getValue().has_value());
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

/// The parts of a weight, each as often as a turn of `chunks` reaches it: runs
/// of rows that follow each other.
static SmallVector<SourceAttr> runsOf(WeightOp weight, bool isVector) {
  SmallVector<SourceAttr> parts;
  for (auto part : weight.getParts()->getAsRange<SourceAttr>())
    parts.push_back(isVector && part.getRows() == 1 && part.getColumns() > 1
                        ? asColumn(part)
                        : part);
  if (!weight.getChunks())
    return parts;
  SmallVector<SourceAttr> runs;
  SmallVector<int64_t> taken(parts.size(), 0);
  for (bool more = true; more;) {
    more = false;
    for (auto [i, part] : llvm::enumerate(parts)) {
      int64_t count = std::min((*weight.getChunks())[i], part.getRows() - taken[i]);
      if (count > 0)
        runs.push_back(part.takeRows(taken[i], count));
      taken[i] += count;
      more |= taken[i] < part.getRows();
    }
  }
  return runs;
}

/// The rows of all weights, `chunks[i]` of weight i in turn, as runs.
static SmallVector<Attribute>
interleave(MutableArrayRef<SmallVector<SourceAttr>> runs,
           ArrayRef<int64_t> chunks) {
  SmallVector<Attribute> parts;
  SmallVector<size_t> at(runs.size(), 0);
  for (bool more = true; more;) {
    more = false;
    for (auto [i, chunk] : llvm::enumerate(chunks)) {
      for (int64_t left = chunk; left > 0 && at[i] < runs[i].size();) {
        SourceAttr &run = runs[i][at[i]];
        int64_t count = std::min(left, run.getRows());
        parts.push_back(count == run.getRows() ? run : run.takeRows(0, count));
        left -= count;
        if (count == run.getRows())
          ++at[i];
        else
          run = run.takeRows(count, run.getRows() - count);
      }
      more |= at[i] < runs[i].size();
    }
  }
  return parts;
}

/// Vectors of values: `chunks[i]` of weight i in turn.
FlatSymbolRefAttr WeightJoiner::joinValues(ArrayRef<WeightOp> weights,
                                           ArrayRef<int64_t> chunks,
                                           StringRef word) {
  std::vector<float> values;
  SmallVector<int64_t> taken(weights.size(), 0);
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < taken.size(); ++i) {
      WeightOp weight = weights[i];
      ArrayRef<float> rest = weight.getValue()->drop_front(taken[i]);
      ArrayRef<float> turn = rest.take_front(chunks[i]);
      values.insert(values.end(), turn.begin(), turn.end());
      taken[i] += turn.size();
      more |= rest.size() > turn.size();
    }
  }
  WeightOp first = weights.front();
  OpBuilder builder(first);
  auto joined = builder.create<WeightOp>(
      first.getLoc(), joinNames(weights, word),
      RankedTensorType::get({int64_t(values.size())}, builder.getF32Type()),
      /*parts=*/nullptr, /*chunks=*/nullptr, builder.getDenseF32ArrayAttr(values),
      first.getQuantAttr(), /*packed=*/nullptr);
  return FlatSymbolRefAttr::get(symbols.insert(joined));
}

FlatSymbolRefAttr WeightJoiner::joinParts(ArrayRef<WeightOp> weights,
                                          ArrayRef<int64_t> chunks,
                                          StringRef word) {
  WeightOp first = weights.front();
  bool isVector = first.getTensorType().getRank() == 1;
  Type element = first.getTensorType().getElementType();
  SmallVector<SmallVector<SourceAttr>> runs;
  SmallVector<Location> locations;
  int64_t rows = 0;
  if (first.getValue())
    return joinValues(weights, chunks, word);
  for (WeightOp weight : weights) {
    runs.push_back(runsOf(weight, isVector));
    for (SourceAttr run : runs.back())
      rows += run.getRows();
    if (weight.getTensorType().getElementType() != element)
      element = Float32Type::get(first.getContext());
    locations.push_back(weight.getLoc());
  }
  SmallVector<int64_t> shape{rows};
  if (!isVector)
    shape.push_back(first.getColumns());
  OpBuilder builder(first);
  // One part each take turns by themselves.
  SmallVector<Attribute> parts;
  DenseI64ArrayAttr turns;
  if (llvm::all_of(runs, [](auto &list) { return list.size() == 1; })) {
    for (auto &list : runs)
      parts.push_back(list.front());
    turns = builder.getDenseI64ArrayAttr(chunks);
  } else {
    parts = interleave(runs, chunks);
  }
  auto joined = builder.create<WeightOp>(
      builder.getFusedLoc(locations), joinNames(weights, word),
      RankedTensorType::get(shape, element), builder.getArrayAttr(parts), turns,
      /*value=*/nullptr, first.getQuantAttr(), /*packed=*/nullptr);
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
