// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A walk over the protobuf wire format (protobuf.dev, "Encoding") that knows
// just the path from a model to its tensors.
#include "compiler/import/OnnxModel.h"

#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace llmc {
namespace {

/// Payloads up to so many bytes stay: constants that shapes or frequencies are
/// computed from. Integers may be index tables.
constexpr uint64_t kSmallFloats = 1024, kSmallIntegers = 1 << 16;

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };
enum class Message { Model, Graph, Node, Attribute, Tensor };

/// The message that field `field` of `message` holds on the way to a tensor.
std::optional<Message> childOf(Message message, uint64_t field) {
  if (message == Message::Model && field == 7)
    return Message::Graph;
  if (message == Message::Graph && field == 1)
    return Message::Node;
  if (message == Message::Graph && field == 5)
    return Message::Tensor;
  if (message == Message::Node && field == 5)
    return Message::Attribute;
  if (message == Message::Attribute && field == 5)
    return Message::Tensor;
  return std::nullopt;
}

// Fields of TensorProto.
constexpr uint64_t kDataType = 2, kFloatData = 4, kRawData = 9,
                   kExternalData = 13;

struct Field {
  uint64_t number;
  unsigned type;
  uint64_t begin;        // of the tag
  uint64_t value;        // of a varint
  uint64_t payload, end; // bytes [payload, end) after tag and length
};

class Walk {
public:
  Walk(ArrayRef<uint8_t> bytes, StringRef name) : bytes(bytes), name(name) {}

  Error rewrite(Message message, uint64_t begin, uint64_t end,
                std::string &out) {
    if (message == Message::Tensor)
      return rewriteTensor(begin, end, out);
    for (uint64_t at = begin; at < end;) {
      Field field;
      if (Error error = next(at, end, field))
        return error;
      std::optional<Message> child =
          field.type == Bytes ? childOf(message, field.number) : std::nullopt;
      if (!child) {
        copy(field.begin, field.end, out);
        continue;
      }
      std::string inner;
      if (Error error = rewrite(*child, field.payload, field.end, inner))
        return error;
      putBytes(field.number, inner, out);
    }
    return Error::success();
  }

private:
  Error rewriteTensor(uint64_t begin, uint64_t end, std::string &out) {
    uint64_t dataType = 0;
    Field field;
    for (uint64_t at = begin; at < end;) {
      if (Error error = next(at, end, field))
        return error;
      if (field.number == kDataType)
        dataType = field.value;
    }
    OnnxType type = OnnxType(dataType);
    bool isFloat = type == OnnxType::F32 || type == OnnxType::F16 ||
                   type == OnnxType::BF16 || type == OnnxType::F64;
    uint64_t limit = isFloat ? kSmallFloats : kSmallIntegers;
    for (uint64_t at = begin; at < end;) {
      if (Error error = next(at, end, field))
        return error;
      bool isPayload = field.type == Bytes &&
                       (field.number == kRawData ||
                        (field.number == kFloatData && type == OnnxType::F32));
      if (!isPayload || field.end - field.payload <= limit)
        copy(field.begin, field.end, out);
      if (isPayload) {
        putEntry(kEmbeddedOffset, field.payload, out);
        putEntry(kEmbeddedLength, field.end - field.payload, out);
      }
    }
    return Error::success();
  }

  Error damaged(uint64_t at, StringRef what) {
    return createStringError(name + ": damaged at byte " + Twine(at) + ": " +
                             what + ", expected an ONNX model");
  }

  Error varint(uint64_t &at, uint64_t end, uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at >= end)
        return damaged(at, "a number is cut");
      uint8_t byte = bytes[at++];
      value |= uint64_t(byte & 127) << shift;
      if (byte < 128)
        return Error::success();
    }
    return damaged(at, "a number is longer than 64 bits");
  }

  Error next(uint64_t &at, uint64_t end, Field &field) {
    field = {};
    field.begin = at;
    uint64_t tag;
    if (Error error = varint(at, end, tag))
      return error;
    field.number = tag >> 3;
    field.type = tag & 7;
    uint64_t length = 0;
    if (field.type == Varint) {
      if (Error error = varint(at, end, field.value))
        return error;
    } else if (field.type == Bytes) {
      if (Error error = varint(at, end, length))
        return error;
    } else if (field.type == Fixed64 || field.type == Fixed32) {
      length = field.type == Fixed64 ? 8 : 4;
    } else {
      return damaged(field.begin, "an unknown kind of field");
    }
    if (field.number == 0 || length > end - at)
      return damaged(field.begin, "a field runs past the end");
    field.payload = at;
    field.end = at += length;
    return Error::success();
  }

  void copy(uint64_t begin, uint64_t end, std::string &out) {
    out.append(reinterpret_cast<const char *>(bytes.data()) + begin,
               end - begin);
  }
  static void putVarint(uint64_t value, std::string &out) {
    for (; value >= 128; value >>= 7)
      out.push_back(char(value | 128));
    out.push_back(char(value));
  }
  static void putBytes(uint64_t number, StringRef value, std::string &out) {
    putVarint(number << 3 | Bytes, out);
    putVarint(value.size(), out);
    out.append(value.data(), value.size());
  }
  static void putEntry(StringRef key, uint64_t value, std::string &out) {
    std::string entry;
    putBytes(1, key, entry);
    putBytes(2, std::to_string(value), entry);
    putBytes(kExternalData, entry, out);
  }

  ArrayRef<uint8_t> bytes;
  StringRef name;
};

} // namespace

Expected<std::string> detachPayloads(ArrayRef<uint8_t> bytes, StringRef name) {
  std::string out;
  if (Error error =
          Walk(bytes, name).rewrite(Message::Model, 0, bytes.size(), out))
    return std::move(error);
  return out;
}

} // namespace llmc
