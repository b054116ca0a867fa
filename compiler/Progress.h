// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The progress bar of the weight jobs, on stderr: in, bytes done and in all;
// out, one line that is drawn over itself at most ten times a second, with the
// time that is left, and is wiped at the end.
#ifndef LLMC_COMPILER_PROGRESS_H
#define LLMC_COMPILER_PROGRESS_H

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>

namespace llmc {

class ProgressBar {
public:
  ~ProgressBar() {
    if (shown)
      llvm::errs() << "\r\x1b[K";
  }
  void update(int64_t done, int64_t total) {
    using namespace std::chrono;
    auto now = steady_clock::now();
    if (total <= 0 || now - last < milliseconds(100))
      return;
    last = now;
    shown = true;
    double share = double(done) / double(total);
    double spent = duration<double>(now - start).count();
    constexpr int kWidth = 30;
    int filled = int(share * kWidth);
    llvm::errs() << "\rpacking weights [" << std::string(filled, '#')
                 << std::string(kWidth - filled, ' ') << "] "
                 << llvm::format("%3.0f%%, %.0f s left\x1b[K", share * 100,
                                 spent * (1 - share) / std::max(share, 1e-9));
  }

private:
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last = {};
  bool shown = false;
};

} // namespace llmc

#endif
