// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An ONNX file as plain structs: path in, checked model out, errors name file,
// node or tensor. Weights stay in their files: a tensor knows file, offset and
// length, which were checked against the file's size before anything was read;
// only small ones carry their bytes. Nodes stand in an order in which each
// follows what it reads. Protobuf is seen by OnnxProto.cpp alone.
#ifndef LLMC_COMPILER_IMPORT_ONNXMODEL_H
#define LLMC_COMPILER_IMPORT_ONNXMODEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

/// Element types, by the codes of TensorProto.DataType.
enum class OnnxType : int32_t {
  None = 0, F32 = 1, U8 = 2, I8 = 3, U16 = 4, I16 = 5, I32 = 6, I64 = 7,
  String = 8, Bool = 9, F16 = 10, F64 = 11, U32 = 12, U64 = 13, BF16 = 16,
  U4 = 21, I4 = 22,
};
/// Bits of one element in raw data, or 0 where the type is not supported.
unsigned bitsOf(OnnxType type);

struct OnnxTensor {
  std::string name;
  OnnxType type = OnnxType::None;
  std::vector<int64_t> dims;
  // Where the raw little-endian bytes lie; no file: in `bytes` only.
  std::string file; // relative to the model's folder
  uint64_t offset = 0, length = 0;
  std::string bytes; // of small tensors
  bool hasBytes = false;
  int64_t elements() const;
  uint64_t byteSize() const; // of all elements
};

struct OnnxAttribute {
  enum Kind { Int, Float, String, Ints, Floats, Tensor, Other };
  std::string name;
  Kind kind = Other;
  int64_t i = 0;
  float f = 0;
  std::string s;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  OnnxTensor tensor;
};

struct OnnxNode {
  std::string name, op, domain;
  std::vector<std::string> inputs, outputs; // "": not given
  std::vector<OnnxAttribute> attributes;
  const OnnxAttribute *find(llvm::StringRef attribute) const;
  /// "node 'x' (MatMul)" for messages.
  std::string describe() const;
};

/// A graph input or output. A dimension is a number (symbol empty) or a symbol.
struct OnnxValue {
  struct Dim {
    int64_t value = -1;
    std::string symbol;
  };
  std::string name;
  OnnxType type = OnnxType::None;
  std::vector<Dim> dims;
  bool hasDims = false;
};

struct OnnxModel {
  std::string path, folder, file; // folder/file is path
  int64_t irVersion = 0;
  struct Opset {
    std::string domain;
    int64_t version;
  };
  std::vector<Opset> opsets;
  std::vector<OnnxValue> inputs, outputs; // inputs without initializers
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxNode> nodes;
  int64_t opsetOf(llvm::StringRef domain) const; // 0: not imported
};

/// Reads, checks and sorts the model at `path`.
llvm::Expected<OnnxModel> readOnnxModel(llvm::StringRef path);

/// The context that config.json or genai_config.json in the model's folder
/// states, in tokens; 0 where neither does. A malformed file is an error.
llvm::Expected<int64_t> readOnnxContext(llvm::StringRef folder);

// The steps of readOnnxModel.

/// Names of external_data entries by which detachPayloads tells where in the
/// model file itself the bytes of a tensor lie.
inline constexpr llvm::StringLiteral kEmbeddedOffset = "llmc.offset";
inline constexpr llvm::StringLiteral kEmbeddedLength = "llmc.length";

/// The model's protobuf text (`bytes` of the file `name`) without the payload
/// of large tensors; each tensor with raw data gains the two entries above. An
/// error tells the byte at which the file is damaged.
llvm::Expected<std::string> detachPayloads(llvm::ArrayRef<uint8_t> bytes,
                                           llvm::StringRef name);
/// Protobuf text to structs; `model` has path, folder and file.
llvm::Error parseOnnxProto(llvm::StringRef text, OnnxModel &model);
/// Versions, external data, sizes, names; sorts the nodes.
llvm::Error checkOnnxModel(OnnxModel &model);

} // namespace llmc

#endif
