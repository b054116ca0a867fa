// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/support/MappedFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace llmc;

namespace {

/// A file that is gone with the test.
class Scratch {
public:
  explicit Scratch(llvm::StringRef content) {
    int fd;
    llvm::sys::fs::createTemporaryFile("llmc", "bin", fd, path);
    llvm::raw_fd_ostream(fd, true) << content;
  }
  ~Scratch() { llvm::sys::fs::remove(path); }
  llvm::SmallString<64> path;
};

TEST(MappedFile, GivesTheBytes) {
  std::string content(10001, 'x');
  content[10000] = 'y';
  Scratch scratch(content);
  llvm::Expected<MappedFile> file = MappedFile::open(scratch.path);
  ASSERT_TRUE(bool(file));
  EXPECT_EQ(file->text(), content);
  file->adviseDontNeed(0, 10001); // dropped pages come back
  EXPECT_EQ(file->text(), content);
  EXPECT_EQ(llvm::cantFail(file->range(10000, 1))[0], 'y');
  EXPECT_EQ(llvm::cantFail(file->range(10001, 0)).size(), 0u);
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.size(), 10001u);
}

TEST(MappedFile, RefusesWhatLiesOutside) {
  Scratch scratch("0123456789");
  llvm::Expected<MappedFile> file = MappedFile::open(scratch.path);
  ASSERT_TRUE(bool(file));
  for (auto [offset, count] : std::initializer_list<std::pair<uint64_t, uint64_t>>{
           {10, 1}, {11, 0}, {0, 11}, {5, UINT64_MAX}, {UINT64_MAX, 2}}) {
    auto range = file->range(offset, count);
    ASSERT_FALSE(bool(range));
    std::string why = llvm::toString(range.takeError());
    EXPECT_EQ(why.find(scratch.path.c_str()), 0u) << why;
  }
}

TEST(MappedFile, TakesRegularFilesOnly) {
  Scratch empty("");
  EXPECT_EQ(llvm::cantFail(MappedFile::open(empty.path)).size(), 0u);
  for (const char *path : {"/nonexistent/file", "/dev/null", "/"}) {
    auto file = MappedFile::open(path);
    ASSERT_FALSE(bool(file)) << path;
    EXPECT_EQ(llvm::toString(file.takeError()).find(path), 0u);
  }
}

} // namespace
