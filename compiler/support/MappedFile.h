// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A read-only memory mapping of a regular file: path in, bytes out, errors name
// the file. Every range is checked against the size. Pages that were read can
// be given back, so that walking a large checkpoint stays within a small
// resident set.
#ifndef LLMC_SUPPORT_MAPPEDFILE_H
#define LLMC_SUPPORT_MAPPEDFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace llmc {

class MappedFile {
public:
  /// Maps the whole file; an empty file gives a mapping of no bytes.
  static llvm::Expected<MappedFile> open(llvm::StringRef path);

  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  llvm::StringRef path() const { return filePath; }
  uint64_t size() const { return length; }
  llvm::ArrayRef<uint8_t> bytes() const { return {base, size_t(length)}; }
  llvm::StringRef text() const {
    return {reinterpret_cast<const char *>(base), size_t(length)};
  }

  /// `count` bytes at `offset`; fails where they do not lie inside the file.
  llvm::Expected<llvm::ArrayRef<uint8_t>> range(uint64_t offset,
                                                uint64_t count) const;

  /// Gives the whole pages inside the range back to the system; their bytes
  /// stay readable and are fetched again when touched.
  void adviseDontNeed(uint64_t offset, uint64_t count) const;

private:
  MappedFile(std::string path, const uint8_t *base, uint64_t length)
      : filePath(std::move(path)), base(base), length(length) {}

  std::string filePath;
  const uint8_t *base = nullptr;
  uint64_t length = 0;
};

} // namespace llmc

#endif // LLMC_SUPPORT_MAPPEDFILE_H
