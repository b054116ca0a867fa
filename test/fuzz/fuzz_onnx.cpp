// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a .onnx file: the reader refuses them or gives a model whose
// tensors were checked against files that are not there.
#include "compiler/import/OnnxModel.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llmc::OnnxModel model;
  model.path = model.file = "model.onnx";
  model.folder = "/nowhere";
  auto text = llmc::detachPayloads({data, size}, model.path);
  if (!text) {
    llvm::consumeError(text.takeError());
    return 0;
  }
  llvm::Error error = llmc::parseOnnxProto(*text, model);
  if (!error)
    error = llmc::checkOnnxModel(model);
  llvm::consumeError(std::move(error));
  return 0;
}
