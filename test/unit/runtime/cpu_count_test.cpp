// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CPU quotas of control groups, from folders made up like the system's.
#include "runtime/cpu_count.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <stdlib.h>

using namespace llmc::rt;

namespace {

class Cgroup : public testing::Test {
protected:
  std::string root;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "/llmc_cgroup_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void write(const std::string &path, const std::string &text) {
    std::filesystem::path file = root + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  int32_t cpus() { return cgroupCpus(root.c_str()); }
};

TEST(CpuMax, Parses) {
  EXPECT_EQ(parseCpuMax("max 100000\n"), 0);
  EXPECT_EQ(parseCpuMax("200000 100000\n"), 2);
  EXPECT_EQ(parseCpuMax("150000 100000\n"), 2);
  EXPECT_EQ(parseCpuMax("140000 100000\n"), 1);
  EXPECT_EQ(parseCpuMax("1000 100000\n"), 1);
  EXPECT_EQ(parseCpuMax("200000 0\n"), 0);
  EXPECT_EQ(parseCpuMax("200000"), 0);
  EXPECT_EQ(parseCpuMax("-1 100000\n"), 0);
  EXPECT_EQ(parseCpuMax(""), 0);
}

TEST_F(Cgroup, NoneWithoutFiles) { EXPECT_EQ(cpus(), 0); }

TEST_F(Cgroup, Version2OwnGroup) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "300000 100000\n");
  EXPECT_EQ(cpus(), 3);
}

TEST_F(Cgroup, Version2SmallestParentWins) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
  write("/sys/fs/cgroup/cpu.max", "500000 100000\n");
  EXPECT_EQ(cpus(), 2);
}

TEST_F(Cgroup, Version2GroupOutsideTheMount) {
  write("/proc/self/cgroup", "0::/system/docker-1\n");
  write("/sys/fs/cgroup/cpu.max", "400000 100000\n");
  EXPECT_EQ(cpus(), 4);
}

TEST_F(Cgroup, Version1) {
  write("/proc/self/cgroup", "7:memory:/m\n4:cpu,cpuacct:/g\n");
  write("/sys/fs/cgroup/cpu,cpuacct/g/cpu.cfs_quota_us", "250000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/g/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 3);
}

TEST_F(Cgroup, Version1Unlimited) {
  write("/proc/self/cgroup", "4:cpu:/g\n");
  write("/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu/g/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 0);
}

TEST_F(Cgroup, IgnoresOtherControllersAndBrokenLines) {
  write("/proc/self/cgroup", "nonsense\n3:cpuset:/g\n:\n");
  write("/sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "100000\n");
  write("/sys/fs/cgroup/cpu/g/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus(), 0);
}

TEST(DefaultThreads, IsWithinTheAffinityMask) {
  EXPECT_GE(defaultThreads(), 1);
  EXPECT_LE(defaultThreads(), affinityCpus());
  EXPECT_EQ(affinityCpu(0), affinityCpu(affinityCpus()));
}

} // namespace
