// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes a float32 [rows, columns] array row by row as a .npy file (NumPy
// format 1.0). The file appears under its name only when it is complete.
#ifndef LLMC_TOOLS_PROGRAM_NPY_H
#define LLMC_TOOLS_PROGRAM_NPY_H

#include <stdint.h>
#include <stdio.h>
#include <string>

namespace llmc::program {

class NpyWriter {
public:
  /// Throws Failure naming the file where it cannot be written.
  NpyWriter(const std::string &path, int64_t rows, int64_t columns);
  ~NpyWriter(); // takes an unfinished file away
  void write(const float *values, int64_t rows);
  /// After the last row.
  void finish();

private:
  [[noreturn]] void fail();

  std::string path, temporary;
  FILE *file;
  int64_t columns, missing;
};

} // namespace llmc::program

#endif
