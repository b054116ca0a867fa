// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests that link what the compiler wrote: MLIR text in, a program's exit
// code out, for this host and for Arm (under emulation elsewhere).
#ifndef LLMC_TEST_UNIT_OBJECT_TOOLCHAIN_H
#define LLMC_TEST_UNIT_OBJECT_TOOLCHAIN_H

#include "compiler/object/Codegen.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace llmc {

struct ModuleText {
  explicit ModuleText(const std::string &text) {
    context.loadDialect<mlir::llm::LlmDialect, mlir::exec::ExecDialect,
                        mlir::LLVM::LLVMDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// A fresh folder, removed at the end.
struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/llmc-object-XXXXXX";
    path = mkdtemp(name);
  }
  ~TestFolder() { std::system(("rm -r " + path).c_str()); }
  std::string path;
};

inline std::vector<std::string> testTargets() {
  if (LLMC_HOST_IS_ARM)
    return {"generic-arm64"};
  return {"x86-64-v3", "generic-arm64"};
}

/// Compiles `source` (C), links it with `object` and runs it.
inline int runWith(const std::string &target, const std::string &object,
                   const std::string &source, const TestFolder &folder) {
  std::string c = folder.path + "/main.c", program = folder.path + "/program";
  std::ofstream(c) << source;
  bool cross = !LLMC_HOST_IS_ARM && target == "generic-arm64";
  std::string flags = cross ? " --target=aarch64-linux-gnu -static" : "";
  std::string link = std::string(LLMC_CLANG) + flags + " -fuse-ld=lld " + c +
                     " " + object + " -o " + program;
  if (std::system(link.c_str()) != 0)
    return -1;
  return std::system(((cross ? "qemu-aarch64 " : "") + program).c_str());
}

} // namespace llmc

#endif
