// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/stop_filter.h"

#include <algorithm>

namespace llmc::serve {

std::string StopFilter::push(std::string_view piece) {
  kept += piece;
  size_t stop = std::string::npos, certain = kept.size();
  for (const std::string &word : stops) {
    stop = std::min(stop, kept.find(word));
    // The longest end of `kept` that begins this word must wait.
    size_t longest = std::min(word.size() - 1, kept.size());
    for (size_t n = longest; n > 0; --n)
      if (!kept.compare(kept.size() - n, n, word, 0, n)) {
        certain = std::min(certain, kept.size() - n);
        break;
      }
  }
  found = stop != std::string::npos;
  std::string shown = kept.substr(0, found ? stop : certain);
  kept.erase(0, found ? kept.size() : certain);
  return shown;
}

std::string StopFilter::finish() { return std::move(kept); }

} // namespace llmc::serve
