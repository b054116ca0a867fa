// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the kernel knows of the mapping at an address: VmFlags of
// /proc/self/smaps, as "rd wr mr mw me ac hg ".
#ifndef LLMC_TEST_UNIT_RUNTIME_MAPPING_FLAGS_H
#define LLMC_TEST_UNIT_RUNTIME_MAPPING_FLAGS_H

#include <fstream>
#include <stdio.h>
#include <string>
#include <sys/mman.h>

// "": not told (no such mapping, or an emulator without these flags).
inline std::string mappingFlags(const void *address) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool inside = false;
  while (std::getline(smaps, line)) {
    unsigned long low, high;
    if (sscanf(line.c_str(), "%lx-%lx ", &low, &high) == 2)
      inside = low <= (unsigned long)address && (unsigned long)address < high;
    else if (inside && line.rfind("VmFlags: ", 0) == 0)
      return line.substr(9) + " ";
  }
  return "";
}

inline bool wantsHugePages(const void *address) {
  return mappingFlags(address).find("hg ") != std::string::npos;
}

// False where nobody could tell: a kernel without huge pages, or an emulator
// that does not pass the wish on.
inline bool hugePagesAreTold() {
  const size_t bytes = 1 << 16;
  void *probe = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED)
    return false;
  bool told = madvise(probe, bytes, MADV_HUGEPAGE) == 0 && wantsHugePages(probe);
  munmap(probe, bytes);
  return told;
}

#endif
