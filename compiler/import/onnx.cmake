# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The ONNX importer: the only library that links protobuf.
llmc_add_compiler_library(LlmcImportOnnx
  OnnxModel.cpp OnnxConfig.cpp OnnxWire.cpp OnnxProto.cpp OnnxImporter.cpp
  LINK LlmcOnnxDialect LlmcSupport)
target_link_libraries(LlmcImportOnnx PRIVATE onnx_proto protobuf)
