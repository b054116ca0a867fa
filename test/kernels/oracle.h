// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table-driven test's parts: a kernel is run beside the scalar oracle of
// its row on the same random operands, and both must give the same bytes,
// whatever the sizes, tails and slices.
#ifndef LLMC_TEST_KERNELS_ORACLE_H
#define LLMC_TEST_KERNELS_ORACLE_H

#include "kernels/kernel_rows.h"
#include "test/kernels/random.h"
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace llmc::test {

// A buffer of `bytes` between two guard zones, filled with a pattern, whose
// start is 64-byte aligned.
class Buffer {
public:
  explicit Buffer(int64_t bytes, uint8_t fill = 0xa5)
      : size(bytes), storage(bytes + 192, fill), fill(fill) {
    uintptr_t p = reinterpret_cast<uintptr_t>(storage.data()) + 64;
    start = storage.data() + 64 + (64 - p % 64) % 64;
  }
  // The start stays where it is when the storage is handed on.
  Buffer(Buffer &&) = default;
  Buffer(const Buffer &) = delete;
  template <typename T = uint8_t> T *as() {
    return reinterpret_cast<T *>(start);
  }
  bool guarded() const {
    for (const uint8_t *p = storage.data(); p != start; ++p)
      if (*p != fill)
        return false;
    for (const uint8_t *p = start + size; p != storage.data() + storage.size();
         ++p)
      if (*p != fill)
        return false;
    return true;
  }
  bool operator==(const Buffer &o) const {
    return size == o.size && std::memcmp(start, o.start, size) == 0;
  }

private:
  int64_t size;
  std::vector<uint8_t> storage;
  uint8_t fill;
  uint8_t *start;
};

// Units cut into slices at multiples of the row's granule: all at once, and in
// several pieces.
inline void runSliced(const llmc_kernel_row &row, const void *args,
                      int64_t units, int64_t pieces) {
  int64_t grains = (units + row.granule - 1) / row.granule;
  for (int64_t i = 0; i < pieces; ++i) {
    int64_t begin = grains * i / pieces * row.granule;
    int64_t end = grains * (i + 1) / pieces * row.granule;
    end = end < units ? end : units;
    if (begin < end)
      row.kernel(args, begin, end);
  }
}

inline Buffer scratchOf(const llmc_kernel_row &row, int64_t k) {
  return Buffer(row.scratch0 + row.scratch_k * k);
}

inline bool is(const char *a, const char *b) { return std::strcmp(a, b) == 0; }

// One per op; `oracle` is the row of the scalar reference.
void checkEmbedding(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkRopeTable(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkRmsNorm(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkQuantize(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkLinear(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkRopeAppend(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkAttention(const llmc_kernel_row &row, const llmc_kernel_row &oracle);
void checkDecodeAttention(const llmc_kernel_row &row,
                          const llmc_kernel_row &oracle);
void checkGatedActivation(const llmc_kernel_row &row,
                          const llmc_kernel_row &oracle);

} // namespace llmc::test

#endif
