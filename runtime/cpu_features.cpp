// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cpu_features.h"

#include <stdio.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#include <sys/prctl.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

namespace llmc::rt {

namespace {
enum IsaBit {
#define LLMC_ISA(name, arch, hwcap, bit, llvm) ISA_##name,
#include "kernels/isa_features.def"
};
} // namespace

#if defined(__aarch64__)

CpuFeatures cpuFeatures() {
  const uint64_t words[3] = {0, getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};
  CpuFeatures cpu = {0, 0};
  // The words of x86 rows (hwcap 0) are always zero here.
#define LLMC_ISA(name, arch, hwcap, bit, llvm)                                 \
  if (words[hwcap] >> bit & 1)                                                 \
    cpu.isa |= UINT64_C(1) << ISA_##name;
#include "kernels/isa_features.def"
  if (cpu.isa >> ISA_sve & 1) {
    const int prSveGetVl = 51, lengthMask = 0xffff;
    int length = prctl(prSveGetVl, 0, 0, 0, 0);
    cpu.sve_bits = length < 0 ? 0 : (length & lengthMask) * 8;
  }
  return cpu;
}

#elif defined(__x86_64__)

static uint64_t savedRegisters() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

static bool has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

// The rows mean the levels that kernels are built for: avx2 is x86-64-v3 and
// avx512 is x86-64-v4 (System V psABI), not the single extension.
CpuFeatures cpuFeatures() {
  CpuFeatures cpu = {0, 0};
  uint32_t a, b, c, d, b7, c7, d7, cExtended;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return cpu;
  const uint32_t osxsave = 1u << 27, fma = 1u << 12, movbe = 1u << 22,
                 avx = 1u << 28, f16c = 1u << 29;
  if (!has(c, osxsave | fma | movbe | avx | f16c) ||
      !__get_cpuid_count(7, 0, &a, &b7, &c7, &d7) ||
      !__get_cpuid(0x80000001u, &a, &b, &cExtended, &d))
    return cpu;
  const uint64_t ymm = 0x6, zmm = 0xe6;
  uint64_t saved = savedRegisters();
  const uint32_t bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8,
                 lzcnt = 1u << 5;
  if ((saved & ymm) != ymm || !has(b7, bmi1 | avx2 | bmi2) ||
      !has(cExtended, lzcnt))
    return cpu;
  cpu.isa |= UINT64_C(1) << ISA_avx2;
  const uint32_t f = 1u << 16, dq = 1u << 17, cd = 1u << 28, bw = 1u << 30,
                 vl = 1u << 31, vnni = 1u << 11;
  if ((saved & zmm) != zmm || !has(b7, f | dq | cd | bw | vl))
    return cpu;
  cpu.isa |= UINT64_C(1) << ISA_avx512;
  if (has(c7, vnni))
    cpu.isa |= UINT64_C(1) << ISA_avx512vnni;
  return cpu;
}

#else
#error "llmc runs on aarch64 and x86_64"
#endif

void isaNames(uint64_t isa, char *text, size_t size) {
  static const char *const names[] = {
#define LLMC_ISA(name, arch, hwcap, bit, llvm) #name,
#include "kernels/isa_features.def"
  };
  const size_t count = sizeof(names) / sizeof(names[0]);
  size_t used = 0;
  if (size)
    text[0] = '\0';
  for (size_t i = 0; i < 64 && used < size; ++i) {
    if (!(isa >> i & 1))
      continue;
    const char *join = used ? ", " : "";
    int written =
        i < count ? snprintf(text + used, size - used, "%s%s", join, names[i])
                  : snprintf(text + used, size - used, "%sbit %zu", join, i);
    used += written < 0 ? 0 : size_t(written);
  }
}

} // namespace llmc::rt
