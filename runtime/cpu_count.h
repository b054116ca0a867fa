// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many threads this process should run by default: the CPUs of its
// affinity mask, limited by its cgroup's CPU quota (versions 1 and 2), so that
// a container with 2 of 96 CPUs does not run 96 spinning threads.
#ifndef LLMC_RUNTIME_CPU_COUNT_H
#define LLMC_RUNTIME_CPU_COUNT_H

#include <stddef.h>
#include <stdint.h>

namespace llmc::rt {

/// CPUs of the calling thread's affinity mask, at least 1.
int32_t affinityCpus();

/// The smallest CPU quota of the cgroup and its parents, in CPUs rounded to
/// the nearest, at least 1; 0: unlimited or unknown. `root` stands before
/// "/proc/self/cgroup" and "/sys/fs/cgroup" ("" outside tests).
int32_t cgroupCpus(const char *root);

/// The contents of cpu.max ("200000 100000", "max 100000") -> CPUs, 0: none.
int32_t parseCpuMax(const char *text);

/// Both limits together.
int32_t defaultThreads();

/// The number of the `index`-th CPU (modulo their count) of the affinity mask.
int32_t affinityCpu(int32_t index);

} // namespace llmc::rt

#endif
