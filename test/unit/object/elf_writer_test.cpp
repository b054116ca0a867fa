// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/ElfWriter.h"
#include "toolchain.h"
#include "llvm/Testing/Support/Error.h"

using namespace llmc;

namespace {

const char kModule[] = R"(
llvm.mlir.global external hidden constant @m_weights() : i8
llvm.mlir.global external hidden constant @m_text() : i8
llvm.mlir.global external constant @m() : !llvm.struct<(i64, ptr, ptr)> {
  %0 = llvm.mlir.undef : !llvm.struct<(i64, ptr, ptr)>
  %1 = llvm.mlir.constant(7 : i64) : i64
  %2 = llvm.mlir.addressof @m_weights : !llvm.ptr
  %3 = llvm.mlir.addressof @m_text : !llvm.ptr
  %4 = llvm.insertvalue %1, %0[0] : !llvm.struct<(i64, ptr, ptr)>
  %5 = llvm.insertvalue %2, %4[1] : !llvm.struct<(i64, ptr, ptr)>
  %6 = llvm.insertvalue %3, %5[2] : !llvm.struct<(i64, ptr, ptr)>
  llvm.return %6 : !llvm.struct<(i64, ptr, ptr)>
}
)";

// Checks every byte, the alignment and the patched field.
const char kMain[] = R"(
extern const struct { long seven; const unsigned char *weights, *text; } m;
int main(void) {
  for (long i = 0; i < 100003; ++i)
    if (m.weights[i] != (unsigned char)(i * 7 + 3))
      return 1;
  if ((unsigned long)m.weights % 4096)
    return 2;
  return m.text[0] == 'h' && m.text[4] == 'o' && m.seven == 9 ? 0 : 3;
}
)";

int writeAndRun(const std::string &target) {
  ModuleText text(kModule);
  auto code = generateCode(*text.module, **findTarget(target),
                           CodeKind::Object);
  EXPECT_TRUE(bool(code));
  TestFolder folder;
  std::string object = folder.path + "/m.o";
  auto weights = [](llvm::raw_ostream &os) {
    for (long i = 0; i < 100003; ++i)
      os << char(i * 7 + 3);
    return llvm::Error::success();
  };
  auto hello = [](llvm::raw_ostream &os) {
    os << "hello";
    return llvm::Error::success();
  };
  std::error_code failed;
  llvm::raw_fd_ostream os(object, failed);
  ElfSection sections[] = {
      {".rodata.llmc.text", "m_text", 5, 64, false, hello},
      {".lrodata.llmc.weights", "m_weights", 100003, 4096, true, weights}};
  EXPECT_FALSE(bool(writeElf(*code, sections, os)));
  auto offset = elfSymbolOffset(*code, "m");
  EXPECT_TRUE(bool(offset));
  os.pwrite("\x09", 1, *offset);
  os.close();
  return runWith(target, object, kMain, folder);
}

TEST(ElfWriter, LinkedProgramReadsTheSections) {
  for (const std::string &target : testTargets())
    EXPECT_EQ(writeAndRun(target), 0) << target;
}

TEST(ElfWriter, UndefinedSymbolHasNoOffset) {
  ModuleText text(kModule);
  auto code = generateCode(*text.module, **findTarget("generic-arm64"),
                           CodeKind::Object);
  ASSERT_TRUE(bool(code));
  auto offset = elfSymbolOffset(*code, "m_weights");
  EXPECT_EQ(llvm::toString(offset.takeError()),
            "the object does not define m_weights");
}

TEST(ElfWriter, FailureOfASectionIsPassedOn) {
  ModuleText text(kModule);
  auto code = generateCode(*text.module, **findTarget("generic-arm64"),
                           CodeKind::Object);
  ASSERT_TRUE(bool(code));
  auto broken = [](llvm::raw_ostream &) {
    return llvm::createStringError("no bytes");
  };
  TestFolder folder;
  std::error_code failed;
  llvm::raw_fd_ostream os(folder.path + "/m.o", failed);
  ElfSection sections[] = {{".w", "m_weights", 1, 64, false, broken}};
  EXPECT_EQ(llvm::toString(writeElf(*code, sections, os)), "no bytes");
}

} // namespace
