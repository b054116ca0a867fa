// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The chat page, page.html, as bytes in the program, and the header lines that
// keep it from loading or sending anything elsewhere.
#ifndef LLMC_RUNTIME_SERVE_PAGE_H
#define LLMC_RUNTIME_SERVE_PAGE_H

#include <string_view>

namespace llmc::serve {

std::string_view page();

extern const char kPageHeaders[];

} // namespace llmc::serve

#endif
