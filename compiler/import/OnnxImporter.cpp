// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A checked ONNX model to the `onnx` dialect.
#include "compiler/import/Import.h"
#include "compiler/import/OnnxModel.h"
#include "dialects/onnx/OnnxDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::Twine;

namespace llmc {
namespace {

Type elementType(OnnxType type, MLIRContext *context) {
  Builder b(context);
  auto integer = [&](bool isSigned) {
    return IntegerType::get(context, bitsOf(type),
                            isSigned ? IntegerType::Signless
                                     : IntegerType::Unsigned);
  };
  switch (type) {
  case OnnxType::F32:
    return b.getF32Type();
  case OnnxType::F16:
    return b.getF16Type();
  case OnnxType::BF16:
    return b.getBF16Type();
  case OnnxType::F64:
    return b.getF64Type();
  case OnnxType::Bool:
    return b.getI1Type();
  case OnnxType::U4:
  case OnnxType::U8:
  case OnnxType::U16:
  case OnnxType::U32:
  case OnnxType::U64:
    return integer(false);
  default:
    return integer(true);
  }
}

/// Builds @main: inputs, initializers, then the nodes.
class Importer {
public:
  Importer(MLIRContext &context, const OnnxModel &model)
      : context(&context), model(model), b(&context) {}

  Expected<OwningOpRef<ModuleOp>> run();

private:
  using Values = llvm::StringMap<Value>;

  /// Messages name the file; a node's location has it as child.
  NameLoc fileLoc() { return NameLoc::get(b.getStringAttr(model.path)); }
  Location locOf(StringRef name) {
    return NameLoc::get(b.getStringAttr(name), fileLoc());
  }
  RankedTensorType tensorType(const OnnxTensor &tensor) {
    return RankedTensorType::get(tensor.dims, elementType(tensor.type, context));
  }
  Type valueType(const OnnxValue &value);
  DictionaryAttr describe(const OnnxValue &value);
  DenseElementsAttr valueOf(const OnnxTensor &tensor);
  Value importTensor(const OnnxTensor &tensor, StringRef name);
  void importInitializers(Values &values);
  Error importNode(const OnnxNode &node, Values &values);
  Attribute importAttribute(const OnnxAttribute &attribute);

  MLIRContext *context;
  const OnnxModel &model;
  OpBuilder b;
};

Type Importer::valueType(const OnnxValue &value) {
  if (!value.hasDims || bitsOf(value.type) == 0)
    return onnx::AnyType::get(context);
  SmallVector<int64_t> shape;
  for (const OnnxValue::Dim &dim : value.dims)
    shape.push_back(dim.value >= 0 ? dim.value : ShapedType::kDynamic);
  return RankedTensorType::get(shape, elementType(value.type, context));
}

/// The name and the dimensions of an input or output.
DictionaryAttr Importer::describe(const OnnxValue &value) {
  SmallVector<Attribute> dims;
  for (const OnnxValue::Dim &dim : value.dims)
    dims.push_back(dim.value >= 0 ? Attribute(b.getI64IntegerAttr(dim.value))
                                  : Attribute(b.getStringAttr(dim.symbol)));
  return b.getDictionaryAttr(
      {b.getNamedAttr(onnx::kNameAttr, b.getStringAttr(value.name)),
       b.getNamedAttr(onnx::kDimsAttr, b.getArrayAttr(dims))});
}

/// The bytes that came along with a small tensor.
DenseElementsAttr Importer::valueOf(const OnnxTensor &tensor) {
  RankedTensorType type = tensorType(tensor);
  ArrayRef<char> raw(tensor.bytes.data(), tensor.bytes.size());
  if (type.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (tensor.type == OnnxType::Bool) {
    SmallVector<bool> bits(raw.begin(), raw.end());
    return DenseElementsAttr::get(type, bits);
  }
  if (bitsOf(tensor.type) == 4) { // two to a byte, low nibble first
    SmallVector<APInt> codes;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      codes.emplace_back(4, uint8_t(raw[i / 2]) >> (i % 2 * 4) & 15);
    return DenseElementsAttr::get(type, codes);
  }
  return DenseElementsAttr::getFromRawBuffer(type, raw);
}

Value Importer::importTensor(const OnnxTensor &tensor, StringRef name) {
  RankedTensorType type = tensorType(tensor);
  llm::SourceAttr source;
  if (!tensor.file.empty()) {
    int64_t elements = type.getNumElements();
    int64_t columns = type.getRank() ? type.getShape().back() : 1;
    int64_t rows = columns ? elements / columns : 0;
    source = llm::SourceAttr::get(context, tensor.file, tensor.offset,
                                  type.getElementType(), rows, columns, columns,
                                  1, 0);
  }
  return b.create<onnx::InitializerOp>(
      locOf(name), type, b.getStringAttr(name), source,
      tensor.hasBytes ? valueOf(tensor) : ElementsAttr());
}

void Importer::importInitializers(Values &values) {
  for (const OnnxTensor &tensor : model.initializers)
    values[tensor.name] = importTensor(tensor, tensor.name);
}

Attribute Importer::importAttribute(const OnnxAttribute &attribute) {
  switch (attribute.kind) {
  case OnnxAttribute::Int:
    return b.getI64IntegerAttr(attribute.i);
  case OnnxAttribute::Float:
    return b.getF32FloatAttr(attribute.f);
  case OnnxAttribute::String:
    return b.getStringAttr(attribute.s);
  case OnnxAttribute::Ints:
    return b.getDenseI64ArrayAttr(attribute.ints);
  case OnnxAttribute::Floats:
    return b.getDenseF32ArrayAttr(attribute.floats);
  case OnnxAttribute::Tensor:
    return attribute.tensor.hasBytes ? valueOf(attribute.tensor) : Attribute();
  case OnnxAttribute::Other:
    return {};
  }
  return {};
}

Error Importer::importNode(const OnnxNode &node, Values &values) {
  auto fail = [&](const Twine &why) {
    return createStringError(model.path + ": " + node.describe() + ": " + why);
  };
  std::string name = onnx::operationName(node.domain, node.op);
  if (name.empty() || !RegisteredOperationName::lookup(name, context))
    return fail("is not supported (domain '" +
                (node.domain.empty() ? "ai.onnx" : node.domain) + "', opset " +
                Twine(model.opsetOf(node.domain)) +
                "), expected an operator of dialects/onnx/OnnxOps.td");
  // A constant whose bytes stayed in the file is an initializer by its output.
  if (node.op == "Constant" && node.outputs.size() == 1)
    if (const OnnxAttribute *value = node.find("value"))
      if (value->kind == OnnxAttribute::Tensor && !value->tensor.hasBytes) {
        values[node.outputs[0]] = importTensor(value->tensor, node.outputs[0]);
        return Error::success();
      }
  OperationState state(locOf(node.name.empty() ? node.op : node.name), name);
  state.addAttribute("node", b.getStringAttr(node.name));
  for (const OnnxAttribute &attribute : node.attributes) {
    Attribute imported = importAttribute(attribute);
    if (!imported)
      return fail("attribute '" + attribute.name +
                  "' is not supported, expected a number, a string, a list of "
                  "numbers or a small tensor");
    state.addAttribute(attribute.name, imported);
  }
  for (const std::string &input : node.inputs) {
    Value &value = values[input];
    if (input.empty() && !value)
      value = b.create<onnx::NoneOp>(fileLoc(), b.getNoneType());
    state.operands.push_back(value);
  }
  for (const std::string &output : node.outputs)
    state.types.push_back(output.empty() ? Type(b.getNoneType())
                                         : Type(onnx::AnyType::get(context)));
  Operation *op = b.create(state);
  for (auto [output, result] : llvm::zip(node.outputs, op->getResults()))
    if (!output.empty())
      values[output] = result;
  return Error::success();
}

Expected<OwningOpRef<ModuleOp>> Importer::run() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(fileLoc());
  (*module)->setAttr(onnx::kOpsetAttr, b.getI64IntegerAttr(model.opsetOf("")));
  (*module)->setAttr(onnx::kFileAttr, b.getStringAttr(model.file));
  SmallVector<Type> arguments, results;
  SmallVector<DictionaryAttr> argumentAttrs, resultAttrs;
  for (const OnnxValue &input : model.inputs) {
    arguments.push_back(valueType(input));
    argumentAttrs.push_back(describe(input));
  }
  for (const OnnxValue &output : model.outputs)
    resultAttrs.push_back(describe(output));

  b.setInsertionPointToEnd(module->getBody());
  auto main = b.create<func::FuncOp>(
      fileLoc(), "main", b.getFunctionType(arguments, {}));
  b.setInsertionPointToStart(main.addEntryBlock());
  Values values;
  for (auto [input, argument] : llvm::zip(model.inputs, main.getArguments()))
    values[input.name] = argument;
  importInitializers(values);
  for (const OnnxNode &node : model.nodes)
    if (Error error = importNode(node, values))
      return std::move(error);
  SmallVector<Value> outputs;
  for (const OnnxValue &output : model.outputs) {
    outputs.push_back(values[output.name]);
    results.push_back(outputs.back().getType());
  }
  b.create<func::ReturnOp>(fileLoc(), outputs);
  main.setFunctionType(b.getFunctionType(arguments, results));
  main.setAllArgAttrs(argumentAttrs);
  main.setAllResultAttrs(resultAttrs);
  return module;
}

} // namespace

Expected<OwningOpRef<ModuleOp>> importOnnx(MLIRContext &context,
                                           llvm::StringRef file,
                                           WarningHandler warn) {
  context.loadDialect<func::FuncDialect, llm::LlmDialect, onnx::OnnxDialect>();
  Expected<OnnxModel> model = readOnnxModel(file);
  if (!model)
    return model.takeError();
  Expected<OwningOpRef<ModuleOp>> module = Importer(context, *model).run();
  if (!module)
    return module;
  Expected<int64_t> stated = readOnnxContext(model->folder);
  if (!stated)
    return stated.takeError();
  if (*stated)
    (**module)->setAttr(onnx::kContextAttr,
                        Builder(&context).getI64IntegerAttr(*stated));
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return success();
  });
  if (failed(verify(**module)))
    return createStringError(file + ": " + message);
  return module;
}

} // namespace llmc
