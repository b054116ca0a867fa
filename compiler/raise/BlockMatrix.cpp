// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The weight of com.microsoft.MatMulNBits: codes in blocks of K, a scale and
// perhaps a zero point for each, by reference.
#include "compiler/raise/Raiser.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace llmc {

// The operator's inputs.
enum Input { A, B, Scales, ZeroPoints, GroupIndex };

/// The initializer of `count` elements behind an input, or null.
static onnx::InitializerOp part(const Raiser &raiser, Operation *op,
                                Input input, int64_t count) {
  Value v = onnx::getInput(op, input);
  auto initializer = v ? raiser.def<onnx::InitializerOp>(v) : nullptr;
  if (!initializer || !initializer.getSource() ||
      cast<RankedTensorType>(initializer.getType()).getNumElements() != count)
    return nullptr;
  return initializer;
}

FlatSymbolRefAttr Raiser::blockMatrix(Operation *op, Slice slice) {
  auto refuse = [&](const Twine &why) {
    fail(op, why);
    return FlatSymbolRefAttr();
  };
  int64_t n = onnx::getInt(op, "N", 0), k = onnx::getInt(op, "K", 0);
  int64_t bits = onnx::getInt(op, "bits", 4);
  int64_t size = onnx::getInt(op, "block_size", 0);
  if (n <= 0 || k <= 0 || (bits != 4 && bits != 8) || size < 16 ||
      !llvm::isPowerOf2_64(size))
    return refuse("has bits " + Twine(bits) + " and block_size " + Twine(size) +
                  ", expected 4 or 8 bits and a power of two from 16");
  if (onnx::getInput(op, GroupIndex))
    return refuse("has a g_idx, expected blocks in order");
  int64_t blocks = llvm::divideCeil(uint64_t(k), uint64_t(size));
  int64_t rowBytes = blocks * size * bits / 8, zeroBytes = (blocks * bits + 7) / 8;
  auto codes = part(*this, op, B, n * rowBytes);
  auto scales = part(*this, op, Scales, n * blocks);
  bool hasZeros = bool(onnx::getInput(op, ZeroPoints));
  auto zeros = hasZeros ? part(*this, op, ZeroPoints, n * zeroBytes) : nullptr;
  auto typeOf = [](onnx::InitializerOp op) { return op.getSource()->getType(); };
  if (!codes || !scales || hasZeros != bool(zeros) ||
      !typeOf(codes).isUnsignedInteger(8) || !isa<FloatType>(typeOf(scales)) ||
      (zeros && !typeOf(zeros).isUnsignedInteger(8)))
    return refuse("has other weights than its attributes say, expected uint8 "
                  "codes and zero points and float scales for each block");
  llm::SourceAttr source = *codes.getSource();
  if (scales.getSource()->getFile() != source.getFile() ||
      (zeros && zeros.getSource()->getFile() != source.getFile()))
    return refuse("has its codes and scales in different files, expected one");
  FlatSymbolRefAttr &symbol = weights[keyOf(codes.getResult(), false, 0, slice)];
  if (symbol)
    return symbol;
  StringRef base = codes.getName();
  for (StringRef suffix : {"_Q4", "_Q8", "_quant"})
    base.consume_back(suffix);
  std::string name = base.str();
  if (!slice.isAll())
    name += "." + std::to_string(slice.begin);
  auto attr = llm::BlocksAttr::get(b.getContext(), size,
                                   scales.getSource()->getOffset(),
                                   typeOf(scales),
                                   zeros ? zeros.getSource()->getOffset() : -1);
  auto whole = llm::SourceAttr::get(
      b.getContext(), source.getFile(), source.getOffset(),
      IntegerType::get(b.getContext(), unsigned(bits), IntegerType::Unsigned), n,
      k, blocks * size, 1, 0, attr);
  if (slice.isAll())
    slice.count = n;
  return symbol = addSource(
             name, RankedTensorType::get({slice.count, k}, b.getF32Type()), whole,
             slice);
}

} // namespace llmc
