// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Import.h"
#include "compiler/import/OnnxModel.h"
#include "compiler/support/Json.h"
#include "compiler/support/MappedFile.h"
#include "dialects/onnx/OnnxDialect.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace llmc;

namespace {

const std::string kModels = LLMC_SOURCE_DIR "/test/models";

std::string bad(const std::string &name) {
  return kModels + "/bad/" + name + "/model.onnx";
}

/// The message with which the importer refuses `path`, or "" when it accepts.
std::string refusal(const std::string &path) {
  mlir::MLIRContext context;
  auto module = importOnnx(context, path, [](llvm::StringRef) {});
  return module ? "" : llvm::toString(module.takeError());
}

/// A folder of its own, removed at the end.
class Folder {
public:
  Folder() {
    llvm::SmallString<128> created;
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("llmc-onnx", created));
    path = created.str().str();
  }
  ~Folder() { llvm::sys::fs::remove_directories(path); }
  std::string add(const std::string &name, llvm::StringRef bytes) {
    std::ofstream(path + "/" + name, std::ios::binary)
        .write(bytes.data(), bytes.size());
    return path + "/" + name;
  }
  std::string path;
};

std::string contents(const std::string &path) {
  return llvm::cantFail(MappedFile::open(path)).text().str();
}

//===----------------------------------------------------------------------===//
// Damaged files
//===----------------------------------------------------------------------===//

TEST(OnnxReader, AnswersEveryCaseOfTheManifest) {
  Json manifest = llvm::cantFail(readJsonFile(kModels + "/bad/manifest.json"));
  int cases = 0;
  for (const Json &entry : manifest["cases"]) {
    if (entry["kind"] != "onnx")
      continue;
    std::string name = entry["path"], expect = entry["expect"];
    std::string message = refusal(bad(name));
    EXPECT_EQ(message.empty(), expect != "reject") << name << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << name;
    if (!message.empty()) {
      EXPECT_EQ(message.rfind(bad(name) + ": ", 0), 0u) << message;
    }
    ++cases;
  }
  EXPECT_EQ(cases, 12);
}

TEST(OnnxReader, NamesWhatIsWrong) {
  const char *weight = "model.layers.0.attn.qkv_proj.MatMul.weight";
  const struct {
    const char *name, *says;
  } cases[] = {
      {"onnx-empty", "is empty"},
      {"onnx-truncated", "damaged at byte"},
      {"onnx-cycle", "MatMul): reads its own result"},
      {"onnx-missing-initializer", weight},
      {"onnx-external-escape", "leaves the model's folder"},
      {"onnx-external-missing", "'weights.bin' is not there"},
      {"onnx-external-short", "which has 10 bytes"},
      {"onnx-initializer-short", weight},
      {"onnx-unsupported-op", "com.example::WarpField"},
      {"onnx-output-unknown", "is made by no node"},
  };
  for (const auto &[name, says] : cases)
    EXPECT_NE(refusal(bad(name)).find(says), std::string::npos)
        << name << ": " << refusal(bad(name));
}

TEST(OnnxReader, AnswersInOneLine) {
  std::string bytes = contents(bad("onnx-missing-initializer"));
  size_t at = bytes.find("qkv_proj.MatMul.weight");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 3] = '\n';
  Folder folder;
  std::string message = refusal(folder.add("model.onnx", bytes));
  EXPECT_NE(message.find("qkv?proj.MatMul.weight"), std::string::npos) << message;
}

TEST(OnnxReader, RefusesEveryCut) {
  std::string whole = contents(bad("onnx-ok"));
  Folder folder;
  for (size_t size = 1; size < whole.size(); size += 97) {
    std::string path =
        folder.add("model.onnx", llvm::StringRef(whole).take_front(size));
    EXPECT_NE(refusal(path), "") << size;
  }
}

TEST(OnnxReader, SurvivesEveryFlippedByte) {
  std::string whole = contents(bad("onnx-ok"));
  for (size_t at = 0; at < whole.size(); at += 13) {
    std::string broken = whole;
    broken[at] ^= 0xff;
    OnnxModel model;
    model.path = model.file = "model.onnx";
    model.folder = kModels + "/bad/onnx-ok";
    auto text = detachPayloads(
        {reinterpret_cast<const uint8_t *>(broken.data()), broken.size()},
        "model.onnx");
    if (!text) {
      llvm::consumeError(text.takeError());
      continue;
    }
    if (auto error = parseOnnxProto(*text, model)) {
      llvm::consumeError(std::move(error));
      continue;
    }
    llvm::consumeError(checkOnnxModel(model));
  }
}

//===----------------------------------------------------------------------===//
// Versions and typed data
//===----------------------------------------------------------------------===//

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 128; value >>= 7)
    out.push_back(char(value | 128));
  out.push_back(char(value));
  return out;
}
std::string number(unsigned field, uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string bytes(unsigned field, const std::string &value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}

/// A model whose only output is the initializer w, [count] of `type`, with the
/// fields `data` of its TensorProto.
std::string modelOf(int64_t ir, int64_t opset, OnnxType type, int64_t count,
                    const std::string &data) {
  std::string tensor = number(1, uint64_t(count)) + number(2, uint64_t(type)) +
                       bytes(8, "w") + data;
  std::string graph = bytes(5, tensor) + bytes(12, bytes(1, "w"));
  return number(1, uint64_t(ir)) + bytes(8, number(2, uint64_t(opset))) +
         bytes(7, graph);
}
std::string packed(std::initializer_list<uint64_t> values) {
  std::string out;
  for (uint64_t value : values)
    out += varint(value);
  return bytes(5, out); // int32_data
}

TEST(OnnxReader, TakesIrVersionsTo11AndOpsets13To23) {
  Folder folder;
  auto refusalOf = [&](int64_t ir, int64_t opset) {
    return refusal(folder.add(
        "model.onnx", modelOf(ir, opset, OnnxType::U8, 2, packed({1, 2}))));
  };
  for (int64_t opset = 13; opset <= 23; ++opset)
    EXPECT_EQ(refusalOf(11, opset), "");
  EXPECT_EQ(refusalOf(4, 13), "");
  EXPECT_NE(refusalOf(12, 23).find("IR version 12, expected 4 to 11"),
            std::string::npos);
  for (int64_t opset : {0, 12, 24})
    EXPECT_NE(refusalOf(11, opset).find("opset " + std::to_string(opset) +
                                        " of the default domain, expected 13"),
              std::string::npos);
}

/// The elements of w as doubles, by a model of `data`; empty where refused.
std::vector<double> elementsOf(OnnxType type, int64_t count,
                               const std::string &data) {
  Folder folder;
  std::string path = folder.add("model.onnx", modelOf(9, 21, type, count, data));
  mlir::MLIRContext context;
  auto module = importOnnx(context, path, [](llvm::StringRef) {});
  std::vector<double> values;
  if (!module) {
    llvm::consumeError(module.takeError());
    return values;
  }
  (*module)->walk([&](mlir::onnx::InitializerOp op) {
    auto value = mlir::cast<mlir::DenseElementsAttr>(*op.getValue());
    if (mlir::isa<mlir::FloatType>(value.getElementType()))
      for (llvm::APFloat element : value.getValues<llvm::APFloat>())
        values.push_back(element.convertToDouble());
    else
      for (llvm::APInt element : value.getValues<llvm::APInt>())
        values.push_back(type == OnnxType::U4 ? double(element.getZExtValue())
                                              : double(element.getSExtValue()));
  });
  return values;
}

TEST(OnnxReader, ReadsTypedData) {
  using V = std::vector<double>;
  EXPECT_EQ(elementsOf(OnnxType::F16, 2, packed({0x3c00, 0xc100})), (V{1, -2.5}));
  EXPECT_EQ(elementsOf(OnnxType::BF16, 2, packed({0x3f80, 0xc020})),
            (V{1, -2.5}));
  // Two codes a byte, the low nibble first; the last one is filled.
  EXPECT_EQ(elementsOf(OnnxType::U4, 3, packed({0xe1, 0x0f})), (V{1, 14, 15}));
  EXPECT_EQ(elementsOf(OnnxType::I4, 3, packed({0xe1, 0x07})), (V{1, -2, 7}));
  EXPECT_EQ(elementsOf(OnnxType::I4, 3, bytes(9, "\xe1\x07")), (V{1, -2, 7}));
  EXPECT_EQ(elementsOf(OnnxType::F16, 2, packed({0x3c00})), V());
  EXPECT_EQ(elementsOf(OnnxType::U4, 3, packed({0xe1})), V());
}

//===----------------------------------------------------------------------===//
// External data
//===----------------------------------------------------------------------===//

/// A model with one external float initializer [2, 3] at byte 8.
struct External {
  External() {
    model.path = folder.path + "/model.onnx";
    model.folder = folder.path;
    model.file = "model.onnx";
    model.irVersion = 8;
    model.opsets = {{"", 17}};
    OnnxTensor tensor;
    tensor.name = "w";
    tensor.type = OnnxType::F32;
    tensor.dims = {2, 3};
    tensor.file = "data.bin";
    tensor.offset = 8;
    tensor.length = 24;
    model.initializers.push_back(tensor);
  }
  std::string check() {
    llvm::Error error = checkOnnxModel(model);
    return error ? llvm::toString(std::move(error)) : "";
  }
  OnnxTensor &tensor() { return model.initializers[0]; }
  Folder folder;
  OnnxModel model;
};

TEST(OnnxExternalData, ChecksOffsetAndLength) {
  External external;
  external.folder.add("data.bin", std::string(32, 'x'));
  EXPECT_EQ(external.check(), "");
  external.tensor().offset = 9;
  EXPECT_NE(external.check().find("which has 32 bytes"), std::string::npos);
  external.tensor().offset = UINT64_MAX - 8;
  EXPECT_NE(external.check().find("which has 32 bytes"), std::string::npos);
  external.tensor().offset = 0;
  external.tensor().length = 23;
  EXPECT_NE(external.check().find("its shape needs 24"), std::string::npos);
  external.tensor().dims = {1ll << 40, 1ll << 40};
  EXPECT_NE(external.check().find("not possible"), std::string::npos);
}

TEST(OnnxExternalData, StaysInTheFolder) {
  External external;
  Folder other;
  std::string outside = other.add("data.bin", std::string(32, 'x'));
  ASSERT_EQ(symlink(outside.c_str(),
                    (external.folder.path + "/data.bin").c_str()), 0);
  EXPECT_NE(external.check().find("is a link out of"), std::string::npos);
  external.tensor().file = outside;
  EXPECT_NE(external.check().find("leaves the model's folder"),
            std::string::npos);
  external.tensor().file = "../data.bin";
  EXPECT_NE(external.check().find("leaves the model's folder"),
            std::string::npos);
  ASSERT_EQ(link(outside.c_str(), (external.folder.path + "/hard.bin").c_str()),
            0);
  external.tensor().file = "hard.bin";
  EXPECT_NE(external.check().find("hard links"), std::string::npos);
}

TEST(OnnxExternalData, LiesBeyondTwoGigabytes) {
  External external;
  std::string path = external.folder.add("data.bin", "");
  uint64_t end = (uint64_t(5) << 30) + 24; // a hole: no byte is on the disk
  ASSERT_EQ(truncate(path.c_str(), off_t(end)), 0);
  external.tensor().offset = end - 24;
  EXPECT_EQ(external.check(), "");
  external.tensor().dims = {1, (int64_t(5) << 30) / 4 + 6};
  external.tensor().offset = 0;
  external.tensor().length = end;
  EXPECT_EQ(external.check(), "");
  external.tensor().length = end + 1;
  EXPECT_NE(external.check().find("which has 5368709144 bytes"),
            std::string::npos);
}

TEST(OnnxExternalData, FollowsLinksInsideTheFolder) {
  External external;
  external.folder.add("blob", std::string(32, 'x'));
  ASSERT_EQ(symlink("blob", (external.folder.path + "/data.bin").c_str()), 0);
  EXPECT_EQ(external.check(), "");
}

//===----------------------------------------------------------------------===//
// Import
//===----------------------------------------------------------------------===//

TEST(OnnxImport, RefersToWeightsInTheFile) {
  std::string path = kModels + "/onnx/llama2-mha-torch/model.onnx";
  mlir::MLIRContext context;
  auto module =
      llvm::cantFail(importOnnx(context, path, [](llvm::StringRef) {}));
  int weights = 0;
  module->walk([&](mlir::onnx::InitializerOp op) {
    ASSERT_TRUE(op.getSource());
    if (op.getName() != "m.model.layers.0.input_layernorm.weight")
      return;
    ++weights;
    // Small enough to be there twice: the bytes in the file are the value.
    std::string bytes = contents(path);
    auto value = mlir::cast<mlir::DenseElementsAttr>(*op.getValue());
    EXPECT_EQ(bytes.substr(op.getSource()->getOffset(), 256),
              llvm::StringRef(value.getRawData().data(), 256));
    EXPECT_EQ(op.getSource()->getFile(), "model.onnx");
  });
  EXPECT_EQ(weights, 1);
}

TEST(OnnxImport, KeepsEveryNode) {
  mlir::MLIRContext context;
  auto module = llvm::cantFail(
      importOnnx(context, kModels + "/onnx/llama2-mha-torch/model.onnx",
                 [](llvm::StringRef) {}));
  int nodes = 0;
  module->walk([&](mlir::Operation *op) { nodes += op->hasAttr("node"); });
  EXPECT_EQ(nodes, 391); // onnx_check.json
}

} // namespace
