// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lower/Lower.h"
#include "dialects/llm/LlmDialect.h"
#include "llmc/model_abi.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::LLVM;

namespace llmc {
#define GEN_PASS_DEF_EMITDESCRIPTOR
#include "compiler/lower/Passes.h.inc"

void setDescriptor(ModuleOp module, const Descriptor &d) {
  Builder b(module.getContext());
  auto text = [&](StringRef key, StringRef value) {
    return b.getNamedAttr(key, b.getStringAttr(value));
  };
  auto number = [&](StringRef key, int64_t value) {
    return b.getNamedAttr(key, b.getI64IntegerAttr(value));
  };
  module->setAttr(
      "exec.model",
      b.getDictionaryAttr(
          {text("name", d.name), text("scheme", d.scheme),
           text("target", d.target), number("isa", d.isa),
           number("sve_bits", d.sveBits),
           number("weights_bytes", d.weightsBytes),
           text("weights_file", d.weightsFile),
           number("text_bytes", d.textBytes), number("bos", d.bos),
           b.getNamedAttr("eos", b.getDenseI64ArrayAttr(d.eos)),
           text("info", d.info)}));
}

namespace {

/// Builds the globals of one descriptor at the module's end.
class DescriptorWriter {
public:
  DescriptorWriter(ModuleOp module, DictionaryAttr facts)
      : module(module), facts(facts), b(module.getContext()),
        loc(module.getLoc()), name(text("name")),
        pointer(LLVMPointerType::get(b.getContext())) {
    b.setInsertionPointToEnd(module.getBody());
  }

  LogicalResult run();

private:
  StringRef text(StringRef key) const {
    return cast<StringAttr>(facts.get(key)).getValue();
  }
  int64_t number(StringRef key) const {
    return cast<IntegerAttr>(facts.get(key)).getInt();
  }
  int64_t moduleNumber(StringRef key) const {
    auto value = module->getAttrOfType<IntegerAttr>(key);
    return value ? value.getInt() : 0;
  }

  // Fields of a structure under construction.
  Value address(StringRef symbol) {
    return b.create<AddressOfOp>(loc, pointer, symbol);
  }
  Value null() { return b.create<ZeroOp>(loc, pointer); }
  Value integer(Type type, int64_t value) {
    return b.create<LLVM::ConstantOp>(loc, type, b.getIntegerAttr(type, value));
  }
  Value i32(int64_t value) { return integer(b.getI32Type(), value); }
  Value i64(int64_t value) { return integer(b.getI64Type(), value); }

  std::string string(StringRef suffix, StringRef value);
  void structure(StringRef symbol, Linkage linkage,
                 llvm::function_ref<SmallVector<Value>()> fields,
                 ArrayRef<Type> types);
  LogicalResult config();
  void variant();
  void model();
  void declare(StringRef symbol);

  ModuleOp module;
  DictionaryAttr facts;
  OpBuilder b;
  Location loc;
  std::string name;
  Type pointer;
};

/// A zero-terminated constant; returns its symbol.
std::string DescriptorWriter::string(StringRef suffix, StringRef value) {
  std::string symbol = name + "_" + suffix.str();
  std::string bytes = value.str() + '\0';
  auto type = LLVMArrayType::get(b.getI8Type(), bytes.size());
  b.create<GlobalOp>(loc, type, /*isConstant=*/true, Linkage::Internal, symbol,
                     b.getStringAttr(bytes));
  return symbol;
}

void DescriptorWriter::structure(
    StringRef symbol, Linkage linkage,
    llvm::function_ref<SmallVector<Value>()> fields, ArrayRef<Type> types) {
  auto type = LLVMStructType::getLiteral(b.getContext(), types);
  auto global = b.create<GlobalOp>(loc, type, /*isConstant=*/true, linkage,
                                   symbol, Attribute(), /*alignment=*/8);
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&global.getInitializerRegion());
  Value value = b.create<UndefOp>(loc, type);
  for (auto [index, field] : llvm::enumerate(fields()))
    value = b.create<InsertValueOp>(loc, value, field, index);
  b.create<ReturnOp>(loc, value);
}

LogicalResult DescriptorWriter::config() {
  auto c = module->getAttrOfType<llm::ConfigAttr>(llm::kConfigAttr);
  if (!c)
    return module.emitError() << "the module has no llm.config";
  auto eos = cast<DenseI64ArrayAttr>(facts.get("eos")).asArrayRef();
  if (eos.size() > LLMC_MAX_EOS)
    return module.emitError() << eos.size() << " end-of-text ids, expected at most "
                              << LLMC_MAX_EOS;
  auto kv = module->getAttrOfType<StringAttr>("exec.kv_type");
  SmallVector<int32_t> words;
  for (int64_t word :
       {c.getVocab(), c.getHidden(), c.getLayers(), c.getHeads(),
        c.getKvHeads(), c.getHeadDim(), c.getFfn(),
        moduleNumber("exec.context"), moduleNumber("exec.rows"),
        int64_t(!kv || kv.getValue() == "f16" ? LLMC_KV_F16
                : kv.getValue() == "f32"      ? LLMC_KV_F32
                                              : LLMC_KV_I8),
        number("bos"), int64_t(eos.size())})
    words.push_back(word);
  words.append(eos.begin(), eos.end());
  words.resize(sizeof(llmc_config) / sizeof(int32_t));
  auto type = RankedTensorType::get(int64_t(words.size()), b.getI32Type());
  b.create<GlobalOp>(loc, LLVMArrayType::get(b.getI32Type(), words.size()),
                     /*isConstant=*/true, Linkage::Internal, name + "_config",
                     DenseElementsAttr::get(type, ArrayRef(words)));
  return success();
}

void DescriptorWriter::variant() {
  std::string target = string("target", text("target"));
  structure(
      name + "_variant", Linkage::Internal,
      [&]() -> SmallVector<Value> {
        return {address(target),
                i64(number("isa")),
                i32(number("sve_bits")),
                i32(0),
                address(name + "_decode"),
                address(name + "_prefill")};
      },
      {pointer, b.getI64Type(), b.getI32Type(), b.getI32Type(), pointer,
       pointer});
}

/// A symbol that the object phase resolves to a section.
void DescriptorWriter::declare(StringRef symbol) {
  auto global = b.create<GlobalOp>(loc, b.getI8Type(), /*isConstant=*/true,
                                   Linkage::External, symbol, Attribute());
  global.setVisibility_(Visibility::Hidden);
}

void DescriptorWriter::model() {
  std::string label = string("name", name), scheme = string("scheme", text("scheme"));
  std::string info = string("info", text("info")), file;
  if (!text("weights_file").empty())
    file = string("weights_file", text("weights_file"));
  else
    declare(name + "_weights");
  if (number("text_bytes"))
    declare(name + "_text");
  Type i32Type = b.getI32Type(), i64Type = b.getI64Type();
  Type id = LLVMArrayType::get(b.getI8Type(), LLMC_WEIGHTS_ID_BYTES);
  structure(
      name, Linkage::External,
      [&]() -> SmallVector<Value> {
        return {i32(LLMC_MAGIC),
                i32(LLMC_ABI_VERSION),
                address(label),
                address(scheme),
                address(name + "_config"),
                address(name + "_variant"),
                i64(1),
                i64(moduleNumber("exec.arena_bytes")),
                i64(moduleNumber("exec.private_bytes")),
                i64(moduleNumber("exec.kv_bytes")),
                file.empty() ? address(name + "_weights") : null(),
                i64(number("weights_bytes")),
                file.empty() ? null() : address(file),
                b.create<ZeroOp>(loc, id),
                number("text_bytes") ? address(name + "_text") : null(),
                i64(number("text_bytes")),
                address(info),
                null()};
      },
      {i32Type, i32Type, pointer, pointer, pointer, pointer, i64Type, i64Type,
       i64Type, i64Type, pointer, i64Type, pointer, id, pointer, i64Type,
       pointer, pointer});
}

LogicalResult DescriptorWriter::run() {
  if (failed(config()))
    return failure();
  variant();
  model();
  return success();
}

struct EmitDescriptor : impl::EmitDescriptorBase<EmitDescriptor> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto facts = module->getAttrOfType<DictionaryAttr>("exec.model");
    if (facts && failed(DescriptorWriter(module, facts).run()))
      signalPassFailure();
  }
};
} // namespace
} // namespace llmc
