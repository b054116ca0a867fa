// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reason of a failed open: a status and one line in the calling thread's
// buffer, which llmc_last_open_error returns. No allocation.
#ifndef LLMC_RUNTIME_ERROR_H
#define LLMC_RUNTIME_ERROR_H

#include "llmc/runtime.h"

namespace llmc::rt {

/// Stores the printf-style line and returns `status`.
__attribute__((format(printf, 2, 3))) llmc_status fail(llmc_status status,
                                                       const char *format, ...);
/// Empties the line.
void clearError();

} // namespace llmc::rt

#endif
