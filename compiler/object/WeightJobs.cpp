// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/WeightJobs.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ThreadPool.h"
#include <atomic>

using namespace llvm;

namespace llmc {
namespace {

/// Packed bytes that are held before they are written.
constexpr int64_t kBatchBytes = int64_t(32) << 20;
/// Mapped source bytes that may be resident while a batch is made.
constexpr int64_t kBatchRowBytes = int64_t(256) << 20;

/// Packs one weight and writes it.
class Packer {
public:
  Packer(const WeightJob &job, SmallVector<const MappedFile *> files,
         ThreadPoolInterface &pool)
      : job(job), files(std::move(files)), pool(pool), nr(job.layout->nr),
        panelBytes(job.layout->panel_bytes(job.columns)),
        panels((job.rows + nr - 1) / nr) {}

  /// Calls `written` after every batch with its bytes.
  void run(raw_ostream &os, function_ref<void(int64_t)> written) {
    int64_t rowBytes = nr * job.columns * int64_t(sizeof(float));
    int64_t perBatch = std::max<int64_t>(
        1, std::min(kBatchBytes / panelBytes, kBatchRowBytes / rowBytes));
    std::vector<char> packed;
    for (int64_t first = 0; first < panels; first += perBatch) {
      int64_t last = std::min(panels, first + perBatch);
      packed.assign((last - first) * panelBytes, 0);
      packPanels(first, last, packed.data());
      os.write(packed.data(), packed.size());
      release(first * nr, std::min(job.rows, last * nr));
      written(packed.size());
    }
  }

  bool isFinite() const { return finite; }

private:
  void packPanels(int64_t first, int64_t last, char *out) {
    std::atomic<int64_t> next(first);
    auto work = [&] {
      std::vector<float> rows(nr * job.columns);
      std::vector<char> scratch(job.layout->pack_work(job.columns) + 1);
      CodedRows coded;
      for (int64_t panel; (panel = next++) < last;) {
        int64_t begin = panel * nr, end = std::min(job.rows, begin + nr);
        char *to = out + (panel - first) * panelBytes;
        if (job.layout->pack_codes) {
          if (!readCodedRows(job, files, begin, end, coded))
            finite = false;
          llmc_coded_rows given = {coded.codes.data(), coded.zeros.data(),
                                   coded.scales.data()};
          job.layout->pack_codes(&given, end - begin, job.columns, to);
          continue;
        }
        if (!readRows(job, files, begin, end, rows.data()))
          finite = false;
        job.layout->pack(rows.data(), end - begin, job.columns, to,
                         scratch.data());
      }
    };
    unsigned workers = std::min<int64_t>(pool.getMaxConcurrency(), last - first);
    if (workers <= 1)
      return work();
    for (unsigned i = 0; i < workers; ++i)
      pool.async(work);
    pool.wait();
  }

  /// Gives back the source pages of rows [begin, end).
  void release(int64_t begin, int64_t end) {
    if (job.columnVector) {
      begin = 0;
      end = job.columns;
    }
    for (const RowRun &run : job.runs) {
      int64_t first = std::max(begin, run.row);
      int64_t last = std::min(end, run.row + run.count);
      if (first >= last)
        continue;
      const SourceMatrix &part = job.parts[run.part];
      auto [from, to] = part.byteRange(run.partRow + first - run.row,
                                       run.partRow + last - run.row);
      // Whole pages only: the edges belong to neighbours still to be read.
      files[run.part]->adviseDontNeed(part.offset + from, to - from);
    }
  }

  const WeightJob &job;
  SmallVector<const MappedFile *> files;
  ThreadPoolInterface &pool;
  int64_t nr, panelBytes, panels;
  std::atomic<bool> finite{true};
};

/// The mapped file of each part, every range checked.
Expected<SmallVector<const MappedFile *>> openParts(const WeightJob &job,
                                                    SourceFiles &sources) {
  SmallVector<const MappedFile *> files;
  for (const SourceMatrix &part : job.parts) {
    Expected<const MappedFile *> file = sources.open(part.file);
    if (!file)
      return file.takeError();
    auto [from, to] = part.byteRange(0, part.rows);
    auto range = (*file)->range(part.offset + from, to - from);
    if (!range)
      return range.takeError();
    if (part.blockSize) {
      int64_t zeroBytes = (part.blocks() * bitsOf(part.type) + 7) / 8;
      int64_t rows = (part.rows - 1) * part.blockRows() + 1;
      auto scales = (*file)->range(
          part.scales, rows * part.blocks() * bitsOf(part.scaleType) / 8);
      auto zeros = (*file)->range(std::max<int64_t>(part.zeros, 0),
                                  part.zeros < 0 ? 0 : rows * zeroBytes);
      if (!scales)
        return joinErrors(scales.takeError(),
                          zeros ? Error::success() : zeros.takeError());
      if (!zeros)
        return zeros.takeError();
    }
    files.push_back(*file);
  }
  return files;
}
} // namespace

Error packWeights(ArrayRef<WeightJob> jobs, int64_t totalBytes,
                  const PackOptions &options, raw_ostream &os) {
  SourceFiles sources(options.folder);
  DefaultThreadPool pool(hardware_concurrency(options.threads));
  int64_t done = 0;
  for (const WeightJob &job : jobs) {
    assert(job.offset >= done && "weights overlap");
    os.write_zeros(job.offset - done);
    done = job.offset;
    auto files = openParts(job, sources);
    if (!files)
      return files.takeError();
    Packer packer(job, std::move(*files), pool);
    packer.run(os, [&](int64_t bytes) {
      done += bytes;
      if (options.progress)
        options.progress(done, totalBytes);
    });
    if (!packer.isFinite() && options.warn) {
      SmallSetVector<StringRef, 1> from;
      for (const SourceMatrix &part : job.parts)
        from.insert(part.file);
      options.warn(llvm::join(from, ", ") + ": tensor " + job.name +
                   " has values that are NaN or infinite");
    }
  }
  os.write_zeros(totalBytes - done);
  return Error::success();
}

} // namespace llmc
