// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds stop strings in text that arrives in pieces, across their borders.
#ifndef LLMC_RUNTIME_SERVE_STOP_FILTER_H
#define LLMC_RUNTIME_SERVE_STOP_FILTER_H

#include <string>
#include <string_view>
#include <vector>

namespace llmc::serve {

/// The longest end of `text` that begins `word` and is not all of it, in bytes.
size_t begunLength(std::string_view text, std::string_view word);

/// Passes text on up to the first stop string; keeps back what may become one.
class StopFilter {
public:
  /// `stops`, none empty, outlives the filter.
  explicit StopFilter(const std::vector<std::string> &stops) : stops(stops) {}
  /// What may be shown now. Sets stopped() at a stop string.
  std::string push(std::string_view piece);
  std::string finish();
  bool stopped() const { return found; }

private:
  const std::vector<std::string> &stops;
  std::string kept;
  bool found = false;
};

} // namespace llmc::serve

#endif
