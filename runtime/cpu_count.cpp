// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cpu_count.h"

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace llmc::rt {

static const size_t kPathBytes = 1024;

int32_t affinityCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  int32_t count = CPU_COUNT(&set);
  return count < 1 ? 1 : count;
}

int32_t affinityCpu(int32_t index) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0 || !CPU_COUNT(&set))
    return 0;
  index %= CPU_COUNT(&set);
  for (int32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set) && index-- == 0)
      return cpu;
  return 0;
}

// Reads at most size - 1 bytes and ends them with zero. False: no such file.
static bool readFile(const char *path, char *text, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  size_t used = 0;
  while (used + 1 < size) {
    ssize_t got = read(file, text + used, size - 1 - used);
    if (got <= 0)
      break;
    used += size_t(got);
  }
  close(file);
  text[used] = '\0';
  return true;
}

// Nearest: at 1.5 CPUs two threads finish earlier than one, at 1.2 they do not.
static int32_t quotaCpus(long long quota, long long period) {
  if (quota <= 0 || period <= 0)
    return 0;
  long long cpus = quota / period + (quota % period * 2 >= period);
  return cpus < 1 ? 1 : cpus > 1 << 16 ? 1 << 16 : int32_t(cpus);
}

int32_t parseCpuMax(const char *text) {
  char *end;
  long long quota = strtoll(text, &end, 10);
  if (end == text)
    return 0; // "max"
  return quotaCpus(quota, strtoll(end, nullptr, 10));
}

static int32_t smaller(int32_t a, int32_t b) {
  return !a ? b : !b ? a : a < b ? a : b;
}

// The quota that the files in `folder` state.
static int32_t folderQuota(const char *folder, bool version2) {
  char path[kPathBytes + 32], text[64];
  snprintf(path, sizeof(path), "%s/%s", folder,
           version2 ? "cpu.max" : "cpu.cfs_quota_us");
  if (!readFile(path, text, sizeof(text)))
    return 0;
  if (version2)
    return parseCpuMax(text);
  long long quota = strtoll(text, nullptr, 10);
  snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", folder);
  if (!readFile(path, text, sizeof(text)))
    return 0;
  return quotaCpus(quota, strtoll(text, nullptr, 10));
}

// Walks from mount + group up to mount. In a container the group may be named
// as the host sees it and not exist below the mount: its top still does.
static int32_t walk(const char *mount, const char *group, bool version2) {
  char folder[kPathBytes];
  int length = snprintf(folder, sizeof(folder), "%s%s", mount, group);
  if (length < 0 || size_t(length) >= sizeof(folder))
    return 0;
  size_t top = strlen(mount);
  int32_t least = 0;
  while (true) {
    least = smaller(least, folderQuota(folder, version2));
    char *slash = strrchr(folder + top, '/');
    if (!slash)
      return least;
    *slash = '\0';
  }
}

static bool listHas(const char *list, const char *end, const char *word) {
  size_t length = strlen(word);
  while (list < end) {
    const char *comma = static_cast<const char *>(
        memchr(list, ',', size_t(end - list)));
    const char *stop = comma ? comma : end;
    if (size_t(stop - list) == length && !memcmp(list, word, length))
      return true;
    list = stop + 1;
  }
  return false;
}

int32_t cgroupCpus(const char *root) {
  char path[kPathBytes], text[4096];
  snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
  if (!readFile(path, text, sizeof(text)))
    return 0;
  int32_t least = 0;
  char *rest = nullptr;
  // Lines "number:controllers:group"; version 2 is "0::group".
  for (char *line = strtok_r(text, "\n", &rest); line;
       line = strtok_r(nullptr, "\n", &rest)) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : nullptr;
    if (!group)
      continue;
    ++controllers;
    bool version2 = controllers == group;
    if (!version2 && !listHas(controllers, group, "cpu"))
      continue;
    *group++ = '\0';
    const char *const mounts[] = {"", "/cpu", "/cpu,cpuacct", "/unified"};
    for (const char *mount : mounts) {
      snprintf(path, sizeof(path), "%s/sys/fs/cgroup%s", root, mount);
      least = smaller(least, walk(path, group, version2));
    }
  }
  return least;
}

int32_t defaultThreads() { return smaller(affinityCpus(), cgroupCpus("")); }

} // namespace llmc::rt
