// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one signature of a micro-kernel. `args` points to the op's argument
// struct (OP.h): 8-byte slots only (pointers, int64_t, double), so generated
// code fills it as an array. A kernel computes units [begin, end) of its op,
// never sees a thread, and touches nothing outside its operands. `begin` and
// `end` are multiples of the row's granule, or the op's number of units.
#ifndef LLMC_KERNELS_KERNEL_H
#define LLMC_KERNELS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef void (*llmc_kernel)(const void *args, int64_t begin, int64_t end);

#ifdef __cplusplus
#define LLMC_KERNEL(symbol)                                                    \
  extern "C" void symbol(const void *args, int64_t begin, int64_t end)
#endif

#endif
