// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/Machine.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using namespace llmc;

namespace {
struct Row {
  const char *family, *target;
  int64_t cores;
  double ghz, oneCore, all, price;
  const char *note;
};
} // namespace

#define LLMC_MACHINE(family, target, cores, ghz, one, all, price, note)        \
  {family, target, cores, ghz, one, all, price, note},
static const Row kRows[] = {
#include "compiler/target/Machines.def"
};

/// `cores` of a row's machine. One core cannot use a socket's bandwidth, so a
/// small instance gets as much as its cores can ask for.
static Machine instance(const Row &row, int64_t cores, std::string name) {
  Machine machine;
  machine.name = std::move(name);
  machine.target = row.target;
  machine.cores = cores;
  machine.ghz = row.ghz;
  machine.bytesPerSecond = 1e9 * std::min(row.all, row.oneCore * cores);
  machine.sharedBytesPerSecond =
      std::min(machine.bytesPerSecond, 1e9 * row.all * cores / row.cores);
  machine.pricePerHour = row.price * cores;
  machine.note = row.note;
  return machine;
}

std::vector<Machine> llmc::machines() {
  std::vector<Machine> result;
  for (const Row &row : kRows)
    result.push_back(instance(row, row.cores, row.family));
  return result;
}

llvm::Expected<Machine> llmc::findMachine(llvm::StringRef name) {
  auto [family, count] = name.split('-');
  std::string known;
  for (const Row &row : kRows) {
    known += (known.empty() ? "" : ", ") + std::string(row.family);
    if (family != row.family)
      continue;
    int64_t cores = row.cores;
    if (family.size() != name.size() &&
        (!llvm::to_integer(count, cores, 10) || cores < 1 || cores > row.cores))
      return llvm::createStringError(
          "machine '" + name + "': cores must be 1 to " +
          std::to_string(row.cores) + ", as in " + row.family + "-16");
    return instance(row, cores, name.str());
  }
  return llvm::createStringError("machine '" + name + "' is not known; known are " +
                                 known + ", each also as NAME-CORES");
}
