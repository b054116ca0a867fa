// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The job list that `pack` leaves: in, the llm.weight operations of a module;
// out, the packed bytes of the weight section, streamed in order. A window of
// each source file is read, converted to f32 rows and handed to the layout,
// panel by panel on all cores; memory does not grow with the model.
#ifndef LLMC_COMPILER_OBJECT_WEIGHTJOBS_H
#define LLMC_COMPILER_OBJECT_WEIGHTJOBS_H

#include "compiler/support/MappedFile.h"
#include "kernels/layouts/layout.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include <vector>

namespace llmc {

enum class SourceType { F32, F16, BF16, U4, U8 };
int64_t bitsOf(SourceType type);

/// A matrix in a file: #llm.source.
struct SourceMatrix {
  std::string file; // relative to the model's folder
  SourceType type = SourceType::F32;
  int64_t offset = 0, rows = 0, columns = 0, rowStride = 0, columnStride = 0;
  float addend = 0;
  // #llm.blocks of integer codes: columns per scale, and bytes in the file.
  int64_t blockSize = 0, scales = 0, zeros = -1;
  SourceType scaleType = SourceType::F32;
  int64_t blocks() const { return (columns + blockSize - 1) / blockSize; }
  /// Rows of scales and zero points from one row to the next.
  int64_t blockRows() const { return rowStride / (blocks() * blockSize); }
  /// Bytes from `offset` that rows [begin, end) span.
  std::pair<int64_t, int64_t> byteRange(int64_t begin, int64_t end) const;
};

/// Rows [row, row + count) of the joined matrix lie in `part` from `partRow`.
struct RowRun {
  int64_t row, count;
  unsigned part;
  int64_t partRow;
};

struct WeightJob {
  std::string name;
  int64_t rows = 0, columns = 0;
  const llmc_layout *layout = nullptr;
  int64_t offset = 0, bytes = 0; // in the weight section
  std::vector<SourceMatrix> parts;
  std::vector<RowRun> runs;
  std::vector<float> value; // instead of parts
  bool columnVector = false; // the parts' rows are the vector's elements
};

/// The jobs of the packed weights in order of offset; an unknown layout is an
/// error.
llvm::Expected<std::vector<WeightJob>> collectWeightJobs(mlir::ModuleOp module);

/// Runs of a matrix that takes `chunks[i]` rows of part i in turn, or one part
/// after the other where chunks is empty.
std::vector<RowRun> joinRows(llvm::ArrayRef<int64_t> partRows,
                             llvm::ArrayRef<int64_t> chunks);

/// Mapped files of a model's folder, opened when first asked for.
class SourceFiles {
public:
  explicit SourceFiles(std::string folder) : folder(std::move(folder)) {}
  llvm::Expected<const MappedFile *> open(llvm::StringRef file);

private:
  std::string folder;
  llvm::StringMap<MappedFile> files;
};

/// Writes rows [begin, end) of the job as f32 [end - begin][columns]. The
/// files were opened and checked before. Returns false where an element is NaN
/// or infinite.
bool readRows(const WeightJob &job, llvm::ArrayRef<const MappedFile *> files,
              int64_t begin, int64_t end, float *out);

/// The same rows as codes for a layout of block schemes; rows of parts that are
/// not made of codes are rounded to it.
struct CodedRows {
  std::vector<int8_t> codes, zeros;
  std::vector<float> scales;
};
bool readCodedRows(const WeightJob &job,
                   llvm::ArrayRef<const MappedFile *> files, int64_t begin,
                   int64_t end, CodedRows &out);

struct PackOptions {
  std::string folder;
  unsigned threads = 0; // 0: all cores
  llvm::function_ref<void(llvm::StringRef)> warn;
  /// Called with bytes done and bytes in all.
  llvm::function_ref<void(int64_t, int64_t)> progress;
};

/// Writes the section: `totalBytes` bytes, gaps between jobs zero.
llvm::Error packWeights(llvm::ArrayRef<WeightJob> jobs, int64_t totalBytes,
                        const PackOptions &options, llvm::raw_ostream &os);

} // namespace llmc

#endif
