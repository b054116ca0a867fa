// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lower/Lower.h"
#include "mlir/Pass/PassManager.h"
#include "toolchain.h"

using namespace llmc;

namespace {

const char kProgram[] = R"(
exec.program @graph rows = 64, arena = 64, private = 64 {
  %rows = exec.field rows
  %x = exec.buffer shared 64 at 0
  %p = exec.buffer private 64 at 0
  exec.step "quantize" @slice_kernel(%x, %x, %rows, %rows) units %rows * 3 granule 4
  exec.barrier
  exec.barrier unless_divides 6
  exec.step "quantize" @each_kernel(%x, %p, %rows, %rows) units %rows * 1 granule 1 each
}
)";

// Shares are whole granules, contiguous, cover all units once, and differ by
// one granule at most; the private arena is the thread's own; a barrier is
// skipped where the thread count divides 6.
const char kMain[] = R"(
#include <stdint.h>
typedef struct { uint8_t *arena, *private_arena; int64_t stride; const void *rest[5];
                 int64_t rows; const void *more[4]; } step;
void test_graph(const step *, int32_t, int32_t);
static int64_t next, least, most, meets, each, thread_now;
static uint8_t memory[64 * 9];
static int bad;
void llmc_barrier_wait(void *b, int32_t t) { ++meets; bad |= t != thread_now; }
void slice_kernel(const void *const *args, int64_t begin, int64_t end) {
  bad |= begin != next || begin >= end || begin % 4 || args[0] != memory + 512;
  next = end;
  int64_t n = (end - begin + 3) / 4;
  least = n < least ? n : least, most = n > most ? n : most;
}
void each_kernel(const void *const *args, int64_t begin, int64_t end) {
  bad |= begin != 0 || args[1] != memory + 64 * thread_now;
  each += end;
}
static int check(int64_t rows, int32_t threads) {
  step s = {memory + 512, memory, 64};
  s.rows = rows, next = 0, least = 1 << 30, most = 0, meets = 0, each = 0;
  for (thread_now = 0; thread_now < threads; ++thread_now)
    test_graph(&s, thread_now, threads);
  int64_t granules = (rows * 3 + 3) / 4;
  if (granules < threads ? most > 1 : most - least > 1) return 1;
  if (granules && granules % threads == 0 && most != least) return 2;
  return bad || next != rows * 3 || each != rows * threads ||
         meets != threads * (6 % threads ? 2 : 1);
}
int main(void) {
  for (int64_t rows = 0; rows < 40; ++rows)
    for (int32_t threads = 1; threads <= 8; ++threads)
      if (check(rows, threads)) return 1;
  return 0;
}
)";

TEST(Slice, SharesCoverAllUnitsOnce) {
  for (const std::string &target : testTargets()) {
    ModuleText text(kProgram);
    ASSERT_TRUE(text.module);
    mlir::PassManager pm(&text.context);
    pm.addPass(createExecToLlvm({"m"}));
    ASSERT_TRUE(mlir::succeeded(pm.run(*text.module)));
    // The graph is internal; the test calls it.
    auto graph = text.module->lookupSymbol<mlir::LLVM::LLVMFuncOp>("m_graph");
    graph.setLinkage(mlir::LLVM::Linkage::External);
    graph.setSymName("test_graph");
    auto code = generateCode(*text.module, **findTarget(target),
                             CodeKind::Object);
    ASSERT_TRUE(bool(code));
    TestFolder folder;
    std::string object = folder.path + "/m.o";
    std::ofstream(object).write(code->data(), code->size());
    EXPECT_EQ(runWith(target, object, kMain, folder), 0) << target;
  }
}

} // namespace
