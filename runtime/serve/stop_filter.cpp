// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/stop_filter.h"

#include <algorithm>

namespace llmc::serve {

size_t begunLength(std::string_view text, std::string_view word) {
  for (size_t n = std::min(word.size() - 1, text.size()); n > 0; --n)
    if (text.substr(text.size() - n) == word.substr(0, n))
      return n;
  return 0;
}

std::string StopFilter::push(std::string_view piece) {
  kept += piece;
  size_t stop = std::string::npos, certain = kept.size();
  for (const std::string &word : stops) {
    stop = std::min(stop, kept.find(word));
    certain = std::min(certain, kept.size() - begunLength(kept, word));
  }
  found = stop != std::string::npos;
  std::string shown = kept.substr(0, found ? stop : certain);
  kept.erase(0, found ? kept.size() : certain);
  return shown;
}

std::string StopFilter::finish() { return std::move(kept); }

} // namespace llmc::serve
