// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/Plan.h"
#include "kernels/attention/decode_attention.h"
#include "llvm/ADT/StringSwitch.h"
#include <numeric>

using namespace mlir;
using namespace mlir::exec;

namespace llmc {
#define GEN_PASS_DEF_PLANBARRIERS
#include "compiler/plan/Passes.h.inc"

namespace {

/// What a step's units count (the last column of ops.def), as far as it says
/// which part of an operand a slice touches.
enum class Units { Rows, Columns, KvHeadRows, KvHeadSplits, Flat, Unknown };

Units unitsOf(StringRef op) {
  StringRef text = llvm::StringSwitch<StringRef>(op)
#define LLMC_OP(name, slots, units) .Case(#name, units)
#include "kernels/ops.def"
                       .Default("");
  return llvm::StringSwitch<Units>(text)
      .Case("rows", Units::Rows)
      .Case("columns", Units::Columns)
      .Case("kv_head * rows + row", Units::KvHeadRows)
      .Case("kv_head * splits + split", Units::KvHeadSplits)
      .Case("row * 2 * width + column", Units::Flat)
      .Default(Units::Unknown);
}

/// One operand of a step that lies in shared memory. Every thread touches all
/// of it (`whole`) or the fraction that its slice of the units is of all units
/// along `axis`. In a program of one row all axes but Rows run along the
/// row, so that fractions of different ops compare.
struct Access {
  Value memory;
  bool writes = false, whole = true;
  Units axis = Units::Unknown;
  Value count;
  int64_t per = 0, granule = 0;
  int64_t guard = 0; // separated from now on unless threads divide it
};

/// When two accesses of one memory stay on one thread: for thread counts that
/// divide the result; 0: for all, 1: for none but one thread.
int64_t sameThread(const Access &a, const Access &b) {
  if (a.whole || b.whole || a.axis != b.axis || a.count != b.count)
    return 1;
  if (a.per == b.per && a.granule == b.granule)
    return 0;
  if (a.axis != Units::Flat || a.per % a.granule || b.per % b.granule)
    return 1;
  return std::gcd(a.per / a.granule, b.per / b.granule);
}

struct PlanBarriers : impl::PlanBarriersBase<PlanBarriers> {
  void runOnOperation() override {
    oneRow = getOperation().getRows() == 1;
    fields.clear();
    SmallVector<Operation *> steps;
    for (Operation &op : *getOperation().getBody().begin())
      if (isa<StepOp, CallOp>(op))
        steps.push_back(&op);
    SmallVector<Access> epoch;
    for (Operation *op : steps) {
      SmallVector<Access> accesses = accessesOf(op);
      int64_t needed = barrierNeeded(epoch, accesses);
      OpBuilder b(op);
      if (needed == 1) {
        b.create<BarrierOp>(op->getLoc(), IntegerAttr());
        epoch.clear();
      } else if (needed > 1) {
        b.create<BarrierOp>(op->getLoc(), b.getI64IntegerAttr(needed));
        for (Access &access : epoch)
          access.guard = access.guard ? std::gcd(access.guard, needed) : needed;
      }
      epoch.append(accesses);
    }
  }

private:
  bool oneRow = false;
  DenseMap<std::pair<unsigned, int64_t>, Value> fields;

  /// The same value for every mention of one memory.
  Value canonical(Value memory) {
    auto field = memory.getDefiningOp<FieldOp>();
    if (!field)
      return memory;
    auto key = std::make_pair(unsigned(field.getField()),
                              int64_t(field.getOffset()));
    return fields.try_emplace(key, memory).first->second;
  }

  /// 0: none, 1: a barrier, n: a barrier unless the thread count divides n.
  static int64_t barrierNeeded(ArrayRef<Access> epoch,
                               ArrayRef<Access> accesses) {
    int64_t needed = 0;
    for (const Access &before : epoch)
      for (const Access &now : accesses) {
        if (before.memory != now.memory || (!before.writes && !now.writes))
          continue;
        int64_t divides = sameThread(before, now);
        if (divides && !(before.guard && divides % before.guard == 0))
          needed = std::gcd(needed, before.guard ? 1 : divides);
      }
    return needed;
  }

  static bool isShared(Value memory) {
    if (auto buffer = memory.getDefiningOp<BufferOp>())
      return buffer.getSpace() == Space::Shared;
    auto field = memory.getDefiningOp<FieldOp>();
    return field && (field.getField() == Field::Kv ||
                     field.getField() == Field::Logits);
  }

  SmallVector<Access> accessesOf(Operation *op) {
    auto step = dyn_cast<StepOp>(op);
    auto call = dyn_cast<CallOp>(op);
    StringRef letters = step ? slotsOf(step.getOp()) : call.getEffects();
    OperandRange args = step ? step.getArgs() : call.getArgs();
    SmallVector<Access> accesses;
    for (auto [letter, memory] : llvm::zip(letters, args)) {
      if (!isShared(memory))
        continue;
      Access access;
      access.memory = canonical(memory);
      access.writes = StringRef("wma").contains(letter);
      if (step && !step.getEach())
        slice(step, letter, access);
      accesses.push_back(access);
    }
    return accesses;
  }

  /// Narrows `access` to the slice of a thread where the units say which part
  /// of the operand that is.
  void slice(StepOp step, char letter, Access &access) const {
    Units units = unitsOf(step.getOp());
    access.count = step.getCount();
    access.per = step.getPer();
    access.granule = step.getGranule();
    switch (units) {
    case Units::Rows:
      access.whole = indexesRows(step) && letter != 'w';
      break;
    case Units::Columns:
      access.whole = letter != 'w';
      break;
    case Units::KvHeadRows:
      access.whole = letter == 'k' && !oneRow;
      break;
    case Units::KvHeadSplits: // every split reads its whole head
      access.whole = false;
      access.granule = LLMC_ATTENTION_SPLITS;
      break;
    case Units::Flat:
      access.whole = false;
      break;
    case Units::Unknown:
      break;
    }
    access.axis = oneRow && units != Units::Rows ? Units::Flat : units;
  }

  /// True where the rows read are named by an index (the field logit_rows)
  /// and so are other rows than the ones written.
  static bool indexesRows(StepOp step) {
    return llvm::any_of(step.getArgs(), [](Value arg) {
      auto field = arg.getDefiningOp<FieldOp>();
      return field && field.getField() == Field::LogitRows;
    });
  }
};
} // namespace
} // namespace llmc
