// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only file that sees protobuf: message classes of libonnx to structs.
#include "compiler/import/OnnxModel.h"

#define ONNX_ML 1
#define ONNX_NAMESPACE onnx
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

using namespace llvm;

namespace llmc {

static StringRef view(const std::string &text) { return text; }

/// Appends `value`'s low bytes in file order.
template <typename T, typename Container>
static void append(const Container &values, std::string &out) {
  for (auto value : values) {
    T narrow = static_cast<T>(value);
    out.append(reinterpret_cast<const char *>(&narrow), sizeof(T));
  }
}

/// The typed data fields as the raw bytes they stand for.
static std::string typedBytes(const onnx::TensorProto &tensor) {
  std::string out;
  switch (OnnxType(tensor.data_type())) {
  case OnnxType::F32:
    append<float>(tensor.float_data(), out);
    break;
  case OnnxType::F64:
    append<double>(tensor.double_data(), out);
    break;
  case OnnxType::I64:
    append<int64_t>(tensor.int64_data(), out);
    break;
  case OnnxType::U64:
    append<uint64_t>(tensor.uint64_data(), out);
    break;
  case OnnxType::U32:
    append<uint32_t>(tensor.uint64_data(), out);
    break;
  case OnnxType::I32:
    append<int32_t>(tensor.int32_data(), out);
    break;
  case OnnxType::I16:
  case OnnxType::U16:
  case OnnxType::F16:
  case OnnxType::BF16:
    append<uint16_t>(tensor.int32_data(), out);
    break;
  default: // one byte an element; two 4-bit ones
    append<uint8_t>(tensor.int32_data(), out);
    break;
  }
  return out;
}

static Error parseEntries(const onnx::TensorProto &from, const Twine &what,
                          const OnnxModel &model, OnnxTensor &to) {
  for (const onnx::StringStringEntryProto &entry : from.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    if (key == "location") {
      to.file = value.str();
    } else if (key == "checksum") {
      continue;
    } else if (key == "offset" || key == "length" || key == kEmbeddedOffset ||
               key == kEmbeddedLength) {
      if (key.starts_with("llmc."))
        to.file = model.file;
      uint64_t &number = key.ends_with("offset") ? to.offset : to.length;
      if (value.getAsInteger(10, number))
        return createStringError(model.path + ": " + what + ": external " +
                                 key + " is '" + value +
                                 "', expected a number of bytes");
    } else {
      return createStringError(model.path + ": " + what +
                               ": external data has '" + key +
                               "', expected location, offset, length, checksum");
    }
  }
  return Error::success();
}

static Expected<OnnxTensor> parseTensor(const onnx::TensorProto &from,
                                        const Twine &what,
                                        const OnnxModel &model) {
  OnnxTensor to;
  to.name = from.name();
  to.type = OnnxType(from.data_type());
  to.dims.assign(from.dims().begin(), from.dims().end());
  if (Error error = parseEntries(from, what, model, to))
    return std::move(error);
  bool external =
      from.data_location() == onnx::TensorProto_DataLocation_EXTERNAL;
  if (external && to.file.empty())
    return createStringError(model.path + ": " + what +
                             ": external data has no location, expected a "
                             "file in the model's folder");
  if (external)
    return to;
  if (from.has_raw_data())
    to.bytes = from.raw_data();
  else if (to.file.empty() || from.float_data_size())
    to.bytes = typedBytes(from);
  to.hasBytes = to.file.empty() || !to.bytes.empty() || to.length == 0;
  return to;
}

static Expected<OnnxAttribute> parseAttribute(const onnx::AttributeProto &from,
                                              const OnnxNode &node,
                                              const OnnxModel &model) {
  OnnxAttribute to;
  to.name = from.name();
  switch (from.type()) {
  case onnx::AttributeProto_AttributeType_INT:
    to.kind = OnnxAttribute::Int;
    to.i = from.i();
    break;
  case onnx::AttributeProto_AttributeType_FLOAT:
    to.kind = OnnxAttribute::Float;
    to.f = from.f();
    break;
  case onnx::AttributeProto_AttributeType_STRING:
    to.kind = OnnxAttribute::String;
    to.s = from.s();
    break;
  case onnx::AttributeProto_AttributeType_INTS:
    to.kind = OnnxAttribute::Ints;
    to.ints.assign(from.ints().begin(), from.ints().end());
    break;
  case onnx::AttributeProto_AttributeType_FLOATS:
    to.kind = OnnxAttribute::Floats;
    to.floats.assign(from.floats().begin(), from.floats().end());
    break;
  case onnx::AttributeProto_AttributeType_TENSOR: {
    Expected<OnnxTensor> tensor = parseTensor(from.t(), node.describe(), model);
    if (!tensor)
      return tensor.takeError();
    to.kind = OnnxAttribute::Tensor;
    to.tensor = std::move(*tensor);
    break;
  }
  default:
    break;
  }
  return to;
}

static OnnxValue parseValue(const onnx::ValueInfoProto &from) {
  OnnxValue to;
  to.name = from.name();
  if (!from.type().has_tensor_type())
    return to;
  const onnx::TypeProto_Tensor &tensor = from.type().tensor_type();
  to.type = OnnxType(tensor.elem_type());
  to.hasDims = tensor.has_shape();
  for (const onnx::TensorShapeProto_Dimension &dim : tensor.shape().dim()) {
    OnnxValue::Dim &added = to.dims.emplace_back();
    if (dim.has_dim_value())
      added.value = dim.dim_value();
    else
      added.symbol = dim.dim_param();
  }
  return to;
}

static Error parseGraph(const onnx::GraphProto &graph, OnnxModel &model) {
  if (graph.sparse_initializer_size())
    return createStringError(model.path +
                             ": sparse initializers are not supported, "
                             "expected dense ones");
  for (const onnx::TensorProto &proto : graph.initializer()) {
    Expected<OnnxTensor> tensor =
        parseTensor(proto, "initializer '" + proto.name() + "'", model);
    if (!tensor)
      return tensor.takeError();
    model.initializers.push_back(std::move(*tensor));
  }
  for (const onnx::NodeProto &proto : graph.node()) {
    OnnxNode node;
    node.name = proto.name();
    node.op = proto.op_type();
    node.domain = view(proto.domain()) == "ai.onnx" ? "" : proto.domain();
    node.inputs.assign(proto.input().begin(), proto.input().end());
    node.outputs.assign(proto.output().begin(), proto.output().end());
    for (const onnx::AttributeProto &attribute : proto.attribute()) {
      Expected<OnnxAttribute> parsed = parseAttribute(attribute, node, model);
      if (!parsed)
        return parsed.takeError();
      node.attributes.push_back(std::move(*parsed));
    }
    model.nodes.push_back(std::move(node));
  }
  for (const onnx::ValueInfoProto &input : graph.input())
    model.inputs.push_back(parseValue(input));
  for (const onnx::ValueInfoProto &output : graph.output())
    model.outputs.push_back(parseValue(output));
  return Error::success();
}

Error parseOnnxProto(StringRef text, OnnxModel &model) {
  google::protobuf::LogSilencer quiet; // parse errors are reported here
  google::protobuf::io::ArrayInputStream stream(text.data(), int(text.size()));
  onnx::ModelProto proto;
  if (text.size() > INT32_MAX || !proto.ParseFromZeroCopyStream(&stream))
    return createStringError(model.path +
                             ": is not protobuf, expected an ONNX model");
  if (!proto.has_graph())
    return createStringError(model.path +
                             ": has no graph, expected an ONNX model");
  model.irVersion = proto.ir_version();
  for (const onnx::OperatorSetIdProto &opset : proto.opset_import())
    model.opsets.push_back(
        {view(opset.domain()) == "ai.onnx" ? "" : opset.domain(),
         opset.version()});
  return parseGraph(proto.graph(), model);
}

} // namespace llmc
