// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How fast this machine reads memory, as the ceiling of decoding.
#ifndef LLMC_TOOLS_PROGRAM_BANDWIDTH_H
#define LLMC_TOOLS_PROGRAM_BANDWIDTH_H

#include <stdint.h>

namespace llmc::program {

/// Bytes per second of `threads` threads that each sum their part of a block
/// of 512 MiB, the best of 5 passes. Throws std::bad_alloc without memory.
double readBandwidth(int32_t threads);

} // namespace llmc::program

#endif
