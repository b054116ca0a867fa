// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include <unistd.h>
#include <vector>
#ifdef __aarch64__
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

using namespace llmc;
using llvm::StringRef;

namespace {
enum class Arch { arm, x86 };

/// A row of isa_features.def.
struct IsaFeature {
  StringRef name;
  Arch arch;
  int hwcap, bit;
  StringRef llvm;
};
constexpr IsaFeature kIsaFeatures[] = {
#define LLMC_ISA(name, arch, hwcap, bit, llvm)                                 \
  {#name, Arch::arch, hwcap, bit, llvm},
#include "kernels/isa_features.def"
};
} // namespace

static uint64_t isaBit(StringRef name) {
  for (auto [index, feature] : llvm::enumerate(kIsaFeatures))
    if (feature.name == name)
      return uint64_t(1) << index;
  return 0;
}

static const char *tripleOf(Arch arch) {
  return arch == Arch::arm ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}

static Target makeTarget(StringRef name, Arch arch, StringRef cpu,
                         StringRef features, StringRef isa, int64_t sveBits,
                         int64_t l1dKib, int64_t l2Kib, StringRef foundIn) {
  Target target;
  target.name = name;
  target.triple = tripleOf(arch);
  target.cpu = cpu;
  target.features = features;
  for (StringRef word : llvm::split(isa, ' ')) {
    assert(isaBit(word) && "Targets.def names an unknown ISA feature");
    target.isa |= isaBit(word);
  }
  target.sveBits = sveBits;
  target.l1dBytes = l1dKib * 1024;
  target.l2Bytes = l2Kib * 1024;
  target.foundIn = foundIn;
  return target;
}

bool Target::has(StringRef isaFeature) const {
  return isaFeature == "any" || (isa & isaBit(isaFeature));
}

llvm::ArrayRef<Target> llmc::targets() {
  static const std::vector<Target> rows = {
#define LLMC_TARGET(name, arch, cpu, features, isa, sve, l1d, l2, found)       \
  makeTarget(name, Arch::arch, cpu, features, isa, sve, l1d, l2, found),
#include "compiler/target/Targets.def"
  };
  return rows;
}

//===----------------------------------------------------------------------===//
// The machine that compiles
//===----------------------------------------------------------------------===//

static int64_t cacheBytes(int name, int64_t otherwise) {
  long bytes = sysconf(name);
  return bytes > 0 ? bytes : otherwise;
}

/// True when this machine has the feature: from the kernel's word on Arm,
/// where LLVM's list is shorter than ours, and from LLVM (cpuid) on x86.
static bool hostHas(const IsaFeature &feature,
                    const llvm::StringMap<bool> &features) {
#ifdef __aarch64__
  unsigned long word = getauxval(feature.hwcap == 1 ? AT_HWCAP : AT_HWCAP2);
  return feature.arch == Arch::arm && (word >> feature.bit & 1);
#else
  return feature.arch == Arch::x86 && features.lookup(feature.llvm);
#endif
}

static Target nativeTarget() {
#ifdef __aarch64__
  Target target = makeTarget("native", Arch::arm, "generic", "", "neon", 0, 0, 0,
                             "this machine");
#else
  Target target = makeTarget("native", Arch::x86, "x86-64", "", "avx2", 0, 0, 0,
                             "this machine");
#endif
  target.isa = 0;
  auto features = llvm::sys::getHostCPUFeatures();
  for (auto [index, feature] : llvm::enumerate(kIsaFeatures)) {
    if (!hostHas(feature, features))
      continue;
    target.isa |= uint64_t(1) << index;
    features[feature.llvm] = true;
  }
#ifdef __aarch64__
  if (target.has("sve"))
    target.sveBits = (prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK) * 8;
#endif
  std::vector<std::string> enabled;
  for (const auto &feature : features)
    if (feature.second)
      enabled.push_back("+" + feature.first().str());
  llvm::sort(enabled);
  target.features = llvm::join(enabled, ",");
  target.l1dBytes = cacheBytes(_SC_LEVEL1_DCACHE_SIZE, 32 * 1024);
  target.l2Bytes = cacheBytes(_SC_LEVEL2_CACHE_SIZE, 256 * 1024);
  return target;
}

llvm::Expected<const Target *> llmc::findTarget(StringRef name) {
  if (name == "native") {
    static const Target native = nativeTarget();
    return &native;
  }
  std::string known = "native";
  for (const Target &target : targets()) {
    if (target.name == name)
      return &target;
    known += ", " + target.name;
  }
  return llvm::createStringError("unknown target '" + name +
                                 "': expected one of " + known);
}
