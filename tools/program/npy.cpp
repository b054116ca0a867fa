// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "npy.h"

#include "model_session.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

namespace llmc::program {

void NpyWriter::fail() {
  throw Failure(path + ": cannot be written: " + strerror(errno));
}

NpyWriter::NpyWriter(const std::string &path, int64_t rows, int64_t columns)
    : path(path), temporary(path + ".tmp" + std::to_string(getpid())),
      file(fopen(temporary.c_str(), "wb")), columns(columns), missing(rows) {
  if (!file)
    fail();
  // Magic, version, length of the rest; padded with spaces and a newline to a
  // multiple of 64.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", " + std::to_string(columns) +
                       "), }";
  const size_t prefix = 10;
  size_t total = (prefix + header.size() + 1 + 63) / 64 * 64;
  header.resize(total - prefix - 1, ' ');
  header += '\n';
  const char start[prefix] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0,
                              char(header.size() & 0xff),
                              char(header.size() >> 8)};
  fwrite(start, 1, prefix, file);
  fwrite(header.data(), 1, header.size(), file);
}

NpyWriter::~NpyWriter() {
  if (file) {
    fclose(file);
    unlink(temporary.c_str());
  }
}

void NpyWriter::write(const float *values, int64_t rows) {
  assert(rows <= missing);
  missing -= rows;
  size_t count = size_t(rows * columns);
  if (fwrite(values, sizeof(float), count, file) != count)
    fail();
}

void NpyWriter::finish() {
  assert(missing == 0);
  bool good = fflush(file) == 0 && !ferror(file);
  good &= fclose(file) == 0;
  file = nullptr;
  if (!good || rename(temporary.c_str(), path.c_str()) != 0) {
    int error = errno;
    unlink(temporary.c_str());
    errno = error;
    fail();
  }
}

} // namespace llmc::program
