// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/KernelRegistry.h"
#include "compiler/target/Target.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include <gtest/gtest.h>
#include <memory>
#include <set>

using namespace llmc;

namespace {

struct Isa {
  const char *name, *arch, *llvm;
};
const Isa kIsa[] = {
#define LLMC_ISA(name, arch, hwcap, bit, llvm) {#name, #arch, llvm},
#include "kernels/isa_features.def"
};

bool isArm(llvm::StringRef feature) {
  for (const Isa &isa : kIsa)
    if (feature == isa.name)
      return llvm::StringRef(isa.arch) == "arm";
  return false;
}

std::unique_ptr<llvm::MCSubtargetInfo> subtarget(const Target &target) {
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(target.triple, error);
  return std::unique_ptr<llvm::MCSubtargetInfo>(backend->createMCSubtargetInfo(
      target.triple, target.cpu, target.features));
}

class TargetTest : public testing::Test {
protected:
  static void SetUpTestSuite() {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargetMCs();
  }
};

TEST_F(TargetTest, LlvmKnowsEveryCpu) {
  for (const Target &target : targets())
    EXPECT_TRUE(subtarget(target)->isCPUStringValid(target.cpu)) << target.name;
}

TEST_F(TargetTest, IsaIsWhatLlvmGivesTheCpu) {
  for (const Target &target : targets()) {
    auto info = subtarget(target);
    for (const Isa &isa : kIsa) {
      bool want = target.isArm() == (llvm::StringRef(isa.arch) == "arm") &&
                  info->checkFeatures(std::string("+") + isa.llvm);
      EXPECT_EQ(target.has(isa.name), want) << target.name << " " << isa.name;
    }
  }
}

TEST_F(TargetTest, VectorLengthStandsExactlyWhereSveDoes) {
  for (const Target &target : targets())
    EXPECT_EQ(target.sveBits != 0, target.has("sve")) << target.name;
}

TEST_F(TargetTest, NamesAreUnique) {
  std::set<std::string> names{"native"};
  for (const Target &target : targets())
    EXPECT_TRUE(names.insert(target.name).second) << target.name;
}

TEST_F(TargetTest, NativeHasThisHostsFeatures) {
  auto native = findTarget("native");
  ASSERT_TRUE(bool(native));
  EXPECT_EQ((*native)->name, "native");
  EXPECT_NE((*native)->isa, 0u);
  EXPECT_FALSE((*native)->features.empty());
  EXPECT_EQ(*native, *findTarget("native"));
}

TEST_F(TargetTest, UnknownNameListsTheKnownOnes) {
  auto target = findTarget("neoverse-v9");
  ASSERT_FALSE(bool(target));
  std::string message = llvm::toString(target.takeError());
  EXPECT_NE(message.find("unknown target 'neoverse-v9'"), std::string::npos);
  EXPECT_NE(message.find("neoverse-v2"), std::string::npos);
}

TEST(KernelRegistry, EveryRowIsFoundByItsSymbolOnly) {
  for (const KernelRow &row : kernelTable())
    EXPECT_EQ(findKernel(row.symbol), &row) << row.symbol.str();
  EXPECT_EQ(findKernel("llmc_no_such_kernel"), nullptr);
}

TEST(KernelRegistry, NothingIsTakenThatTheTargetLacks) {
  for (const Target &target : targets())
    for (const KernelRow &row : kernelTable()) {
      KernelQuery query{row.op, row.graph == "any" ? "" : row.graph,
                        row.out, row.lhs, row.rhs, row.variant};
      std::string why;
      if (const KernelRow *taken = selectKernel(query, target, &why))
        EXPECT_TRUE(target.has(taken->isa)) << target.name;
      std::string line = (row.symbol + " needs " + row.isa).str();
      EXPECT_EQ(llvm::StringRef(why).contains(line),
                !target.has(row.isa) && target.isArm() == isArm(row.isa))
          << target.name;
    }
}

TEST(KernelRegistry, UnknownOpHasNoKernel) {
  std::string why;
  EXPECT_EQ(selectKernel({"convolution", "", "", "", "", ""}, targets()[0], &why),
            nullptr);
  EXPECT_EQ(why, "");
}

} // namespace
