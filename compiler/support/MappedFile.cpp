// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/support/MappedFile.h"
#include "llvm/Support/MathExtras.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace llmc {

static Error fileError(StringRef path, const Twine &message) {
  return createStringError(inconvertibleErrorCode(), path + ": " + message);
}

Expected<MappedFile> MappedFile::open(StringRef path) {
  std::string name = path.str();
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fileError(path, std::strerror(errno));
  struct stat info;
  Error error = Error::success();
  void *base = nullptr;
  if (::fstat(fd, &info) != 0)
    error = fileError(path, std::strerror(errno));
  else if (!S_ISREG(info.st_mode))
    error = fileError(path, "not a regular file");
  else if (info.st_size > 0) {
    base = ::mmap(nullptr, size_t(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
    if (base == MAP_FAILED)
      error = fileError(path, std::strerror(errno));
  }
  ::close(fd);
  if (error)
    return std::move(error);
  return MappedFile(std::move(name), static_cast<const uint8_t *>(base),
                    uint64_t(info.st_size));
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : filePath(std::move(other.filePath)), base(other.base),
      length(other.length) {
  other.base = nullptr;
  other.length = 0;
}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(filePath, other.filePath);
  std::swap(base, other.base);
  std::swap(length, other.length);
  return *this;
}

MappedFile::~MappedFile() {
  if (base)
    ::munmap(const_cast<uint8_t *>(base), size_t(length));
}

Expected<ArrayRef<uint8_t>> MappedFile::range(uint64_t offset,
                                              uint64_t count) const {
  if (offset > length || count > length - offset)
    return fileError(filePath, "bytes " + Twine(offset) + " to " +
                                   Twine(offset) + "+" + Twine(count) +
                                   " lie beyond its end at " + Twine(length));
  return ArrayRef<uint8_t>(base + offset, size_t(count));
}

void MappedFile::adviseDontNeed(uint64_t offset, uint64_t count) const {
  if (offset > length || !base)
    return;
  count = std::min(count, length - offset);
  uint64_t page = uint64_t(::sysconf(_SC_PAGESIZE));
  uint64_t begin = alignTo(offset, page);
  uint64_t end = offset + count == length ? alignTo(length, page)
                                          : alignDown(offset + count, page);
  if (begin < end)
    ::madvise(const_cast<uint8_t *>(base) + begin, size_t(end - begin),
              MADV_DONTNEED);
}

} // namespace llmc
