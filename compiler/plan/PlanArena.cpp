// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/Plan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::exec;

namespace llmc {
#define GEN_PASS_DEF_PLANARENA
#include "compiler/plan/Passes.h.inc"


SmallVector<BufferLife> bufferLives(ProgramOp program, Space space) {
  SmallVector<BufferLife> lives;
  DenseMap<Value, size_t> index;
  int64_t epoch = 0, step = 0;
  for (Operation &op : *program.getBody().begin()) {
    if (auto buffer = dyn_cast<BufferOp>(op); buffer && buffer.getSpace() == space) {
      index[buffer] = lives.size();
      lives.push_back({buffer, -1, -1, buffer->hasAttr("exec.persistent")});
    }
    if (auto barrier = dyn_cast<BarrierOp>(op))
      epoch += !barrier.getUnlessDivides();
    int64_t now = space == Space::Shared ? epoch : ++step;
    for (Value operand : op.getOperands())
      if (auto it = index.find(operand); it != index.end()) {
        BufferLife &life = lives[it->second];
        life.first = life.first < 0 ? now : life.first;
        life.last = now;
      }
  }
  return lives;
}

namespace {
constexpr int64_t kAlignment = 64;

struct Life : BufferLife {
  explicit Life(const BufferLife &life)
      : BufferLife(life),
        size(llvm::alignTo(BufferOp(life.buffer).getBytes(), kAlignment)) {}
  int64_t size, offset = 0;
  bool meets(const Life &other) const {
    return persistent || other.persistent ||
           (first <= other.last && other.first <= last);
  }
};

/// Lowest offset where `life` fits beside those placed that it meets.
int64_t firstFit(const Life &life, ArrayRef<Life *> placed) {
  SmallVector<std::pair<int64_t, int64_t>> taken;
  for (const Life *other : placed)
    if (life.meets(*other))
      taken.push_back({other->offset, other->offset + other->size});
  llvm::sort(taken);
  int64_t offset = 0;
  for (auto [begin, end] : taken) {
    if (offset + life.size <= begin)
      break;
    offset = std::max(offset, end);
  }
  return offset;
}

/// Places the buffers of one space, the persistent ones first, then the largest;
/// returns their bytes.
int64_t place(ProgramOp program, Space space) {
  SmallVector<Life> lives;
  for (const BufferLife &life : bufferLives(program, space))
    lives.push_back(Life(life));
  SmallVector<Life *> order;
  for (Life &life : lives)
    order.push_back(&life);
  llvm::sort(order, [](Life *a, Life *b) {
    if (a->persistent != b->persistent)
      return a->persistent;
    return a->size != b->size ? a->size > b->size : a < b;
  });
  SmallVector<Life *> placed;
  int64_t bytes = 0;
  for (Life *life : order) {
    life->offset = firstFit(*life, placed);
    placed.push_back(life);
    bytes = std::max(bytes, life->offset + life->size);
  }
  for (Life &life : lives)
    life.buffer.setOffset(life.offset);
  return bytes;
}

struct PlanArena : impl::PlanArenaBase<PlanArena> {
  void runOnOperation() override {
    ProgramOp program = getOperation();
    program.setArenaBytes(place(program, Space::Shared));
    program.setPrivateBytes(place(program, Space::Private));
  }
};
} // namespace
} // namespace llmc
