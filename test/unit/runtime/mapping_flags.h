// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the kernel knows of the mapping at an address: VmFlags of
// /proc/self/smaps, as "rd wr mr mw me ac hg ".
#ifndef LLMC_TEST_UNIT_RUNTIME_MAPPING_FLAGS_H
#define LLMC_TEST_UNIT_RUNTIME_MAPPING_FLAGS_H

#include <fstream>
#include <stdio.h>
#include <string>
#include <unistd.h>

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

// True where huge pages are asked for, and where nobody could tell.
inline bool wantsHugePages(const void *address) {
  std::string flags = mappingFlags(address);
  bool offered =
      access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) == 0;
  return flags.empty() || !offered || flags.find("hg ") != std::string::npos;
}

#endif
