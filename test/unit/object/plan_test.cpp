// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs plans of real models step by step, byte by byte, for several thread
// counts: no thread touches a byte that another one writes before the next
// barrier, and nobody reads a byte that is no longer its buffer's. What a step
// touches is written down here from the kernels' headers, not from the planner.
#include "compiler/Compiler.h"
#include "toolchain.h"
#include <cstring>
#include <unordered_map>

using namespace llmc;
using namespace mlir::exec;

namespace {

struct Range {
  mlir::Value memory;
  int64_t begin, end; // bytes
  bool writes, reads;
};

/// The state of one run: a byte's buffer, and who touched it in this epoch.
class Memory {
public:
  void touch(int thread, const Range &range) {
    auto buffer = range.memory.getDefiningOp<BufferOp>();
    auto field = range.memory.getDefiningOp<FieldOp>();
    if (!buffer && (!field || field.getField() != Field::Kv))
      return;
    bool isPrivate = buffer && buffer.getSpace() == Space::Private;
    if (buffer && range.end > int64_t(buffer.getBytes()))
      fail("beyond the buffer");
    int64_t base = buffer ? buffer.getOffset() : (int64_t(1) << 40) + field.getOffset();
    if (isPrivate)
      base += int64_t(thread + 1) << 50;
    for (int64_t i = base + range.begin; i < base + range.end; ++i) {
      Byte &byte = bytes[i];
      uint32_t mine = 1u << thread;
      if (buffer && range.reads && byte.owner != buffer.getOperation())
        fail("read of a byte that another buffer overwrote");
      if (byte.epoch != epoch)
        byte.readers = byte.writers = 0, byte.epoch = epoch;
      if ((byte.writers & ~mine) || (range.writes && (byte.readers & ~mine)))
        fail("two threads in one epoch");
      (range.writes ? byte.writers : byte.readers) |= mine;
      if (range.writes)
        byte.owner = buffer ? buffer.getOperation() : nullptr;
    }
  }
  void fail(const char *what) {
    if (failure.empty())
      failure = what;
  }

  int64_t epoch = 1;
  std::string failure;

private:
  struct Byte {
    mlir::Operation *owner = nullptr;
    int64_t epoch = 0;
    uint32_t readers = 0, writers = 0;
  };
  std::unordered_map<int64_t, Byte> bytes;
};

/// True where a buffer that keeps its content between runs meets another one.
bool persistentIsTouched(ProgramOp program) {
  for (auto kept : program.getOps<BufferOp>())
    for (auto other : program.getOps<BufferOp>())
      if (kept->hasAttr("exec.persistent") && kept != other &&
          other.getSpace() == kept.getSpace() &&
          kept.getOffset() < other.getOffset() + other.getBytes() &&
          other.getOffset() < kept.getOffset() + kept.getBytes())
        return true;
  return false;
}

/// Walks a program for one number of rows and threads.
class PlanRun {
public:
  PlanRun(ProgramOp program, int64_t rows, int64_t logitRows, int threads)
      : program(program), rows(rows), logitRows(logitRows), threads(threads) {}

  std::string check() {
    for (mlir::Operation &op : *program.getBody().begin()) {
      if (auto barrier = mlir::dyn_cast<BarrierOp>(op))
        if (auto n = barrier.getUnlessDivides(); !n || *n % threads)
          ++memory.epoch;
      if (auto step = mlir::dyn_cast<StepOp>(op))
        runStep(step);
      if (!memory.failure.empty()) {
        std::string text;
        llvm::raw_string_ostream(text) << memory.failure << " at " << op;
        return text;
      }
    }
    return "";
  }

private:
  int64_t number(mlir::Value slot) const {
    if (auto field = slot.getDefiningOp<FieldOp>())
      return field.getField() == Field::Rows ? rows : logitRows;
    auto value = slot.getDefiningOp<ConstantOp>().getValue();
    return mlir::cast<mlir::IntegerAttr>(value).getInt();
  }
  int64_t arg(StepOp step, int i) const { return number(step.getArgs()[i]); }
  bool isNull(mlir::Value slot) const {
    return bool(slot.getDefiningOp<ConstantOp>());
  }

  void runStep(StepOp step) {
    int64_t units = number(step.getCount()) * step.getPer();
    int64_t granules = (units + step.getGranule() - 1) / step.getGranule();
    int64_t first = 0;
    for (int thread = 0; thread < threads; ++thread) {
      int64_t share = granules / threads + (thread < granules % threads);
      int64_t begin = first * step.getGranule();
      first += share;
      int64_t end = std::min<int64_t>(units, first * step.getGranule());
      if (step.getEach())
        begin = 0, end = units;
      if (begin < end)
        touch(step, thread, begin, end);
    }
  }

  void add(int thread, mlir::Value memory_, int64_t begin, int64_t end,
           const char *how) {
    bool writes = strchr(how, 'w'), reads = strchr(how, 'r');
    memory.touch(thread, {memory_, begin, end, writes, reads});
  }
  /// Rows [begin, end) of a buffer made for all rows of the program.
  void addRows(int thread, mlir::Value slot, int64_t begin, int64_t end,
               const char *how) {
    auto buffer = slot.getDefiningOp<BufferOp>();
    if (!buffer)
      return;
    int64_t most = program.getRows(), bytes = buffer.getBytes();
    // q8x2: whole pairs of rows.
    if (bytes % most)
      begin = begin / 2 * 2, end = (end + 1) / 2 * 2, most = (most + 1) / 2 * 2;
    add(thread, slot, bytes / most * begin, bytes / most * end, how);
  }

  void touch(StepOp step, int t, int64_t begin, int64_t end) {
    auto args = step.getArgs();
    llvm::StringRef op = step.getOp();
    if (op == "embedding" || op == "rope_table")
      addRows(t, args[2], begin, end, "w");
    if (op == "quantize") {
      addRows(t, args[0], begin, end, "r");
      addRows(t, args[1], begin, end, "w");
    }
    if (op == "rms_norm") {
      bool select = !isNull(args[4]);
      int64_t from = select ? 0 : begin, to = select ? rows : end;
      addRows(t, args[0], from, to, select || isNull(args[1]) ? "r" : "rw");
      addRows(t, args[1], from, to, "r");
      addRows(t, args[3], begin, end, "w");
    }
    if (op == "linear") {
      addRows(t, args[0], 0, arg(step, 4), "r");
      for (int64_t r = 0; r < arg(step, 4); ++r)
        add(t, args[3], (r * arg(step, 7) + begin) * 4,
            (r * arg(step, 7) + end) * 4, "w");
    }
    if (op == "gated_activation") { // begin and end fall on pairs of chunks
      add(t, args[0], begin * 4, end * 4, "r");
      add(t, args[1], begin * 2, end * 2, "w");
    }
    if (op == "decode_attention")
      touchDecodeAttention(step, t, begin, end);
    for (int64_t unit = begin; unit < end; ++unit) {
      if (op == "rope_append")
        touchAppend(step, t, unit);
      if (op == "attention")
        touchAttention(step, t, unit);
    }
  }

  void touchAppend(StepOp step, int t, int64_t unit) {
    auto args = step.getArgs();
    int64_t n = arg(step, 6), kvHeads = arg(step, 8), dim = arg(step, 9);
    int64_t group = (arg(step, 7) / kvHeads + 2) * dim * 4;
    int64_t head = unit / n, row = unit % n;
    add(t, args[0], (row * kvHeads + head) * group,
        (row * kvHeads + head + 1) * group, "rw");
    addRows(t, args[1], row, row + 1, "r");
    // Elements of two bytes at least; positions are the rows.
    int64_t at = (head * arg(step, 11) + row) * dim * 2;
    add(t, args[4], at, at + dim * 2, "w");
    add(t, args[5], at, at + dim * 2, "w");
  }

  void touchAttention(StepOp step, int t, int64_t unit) {
    auto args = step.getArgs();
    int64_t n = arg(step, 6), kvHeads = arg(step, 8), dim = arg(step, 9);
    int64_t heads = arg(step, 7) / kvHeads, head = unit / n, row = unit % n;
    int64_t qkv = (heads + 2) * dim * 4, out = heads * dim * 4;
    add(t, args[0], (row * kvHeads + head) * qkv,
        (row * kvHeads + head) * qkv + heads * dim * 4, "r");
    int64_t at = head * arg(step, 10) * dim * 2;
    add(t, args[3], at, at + n * dim * 2, "r");
    add(t, args[4], at, at + n * dim * 2, "r");
    add(t, args[5], (row * kvHeads + head) * out,
        (row * kvHeads + head + 1) * out, "w");
  }

  /// The splits of a head count themselves; here the one with the row itself
  /// is the last. Partials and counters are shared by design.
  void touchDecodeAttention(StepOp step, int t, int64_t begin, int64_t end) {
    auto args = step.getArgs();
    int64_t kvHeads = arg(step, 10), dim = arg(step, 11);
    int64_t splits = step.getPer() / kvHeads, heads = arg(step, 9) / kvHeads;
    int64_t qkv = (heads + 2) * dim * 4, out = heads * dim * 4;
    for (int64_t head = begin / splits; head * splits < end; ++head) {
      add(t, args[0], head * qkv, (head + 1) * qkv, "r");
      addRows(t, args[1], 0, 1, "r");
      if ((head + 1) * splits > end)
        continue;
      int64_t at = head * arg(step, 13) * dim * 2;
      add(t, args[4], at, at + dim * 2, "w");
      add(t, args[5], at, at + dim * 2, "w");
      add(t, args[6], head * out, (head + 1) * out, "w");
    }
  }

  ProgramOp program;
  int64_t rows, logitRows;
  int threads;
  Memory memory;
};

void checkModel(const std::string &model, const std::string &scheme) {
  TestFolder folder;
  CompileOptions options;
  options.model = std::string(LLMC_SOURCE_DIR "/test/models/") + model;
  options.output = folder.path + "/plan.mlir";
  options.emit = "plan";
  options.target = "neoverse-v2";
  options.rows = 7;
  options.quantize = {{"", scheme}};
  CompileReport report;
  llvm::Error error = compile(options, report, [](llvm::StringRef) {});
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  std::ifstream file(options.output);
  ModuleText text(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_TRUE(text.module);
  for (auto program : text.module->getOps<ProgramOp>()) {
    EXPECT_FALSE(persistentIsTouched(program)) << model;
    for (int64_t rows : {1, 2, 5, 7})
      for (int threads = 1; threads <= 6; ++threads)
        for (int64_t logits : {0, 1})
          if (rows <= int64_t(program.getRows()))
            EXPECT_EQ(PlanRun(program, rows, logits, threads).check(), "")
                << model << ' ' << scheme << ", " << rows << " rows, "
                << threads << " threads";
  }
}

TEST(Plan, ThreadsNeverMeetInMemory) {
  for (const char *model : {"llama2-mha", "llama3-gqa", "llama-odd"})
    for (const char *scheme : {"f32", "int4"})
      checkModel(model, scheme);
}

// The check itself: without its barriers the plan must fail.
TEST(Plan, CheckSeesAMissingBarrier) {
  ModuleText text(R"(
exec.program @decode rows = 1, arena = 128, private = 0 {
  %one = exec.constant 1 : i64
  %four = exec.constant 4 : i64
  %x = exec.buffer shared 16 at 0
  %y = exec.buffer shared 16 at 64
  exec.step "linear" @a(%one, %one, %one, %x, %one, %four, %four, %four, %one) units %one * 4 granule 1
  exec.step "linear" @a(%x, %one, %one, %y, %one, %four, %four, %four, %one) units %one * 4 granule 1
}
)");
  ASSERT_TRUE(text.module);
  ProgramOp program = *text.module->getOps<ProgramOp>().begin();
  EXPECT_EQ(PlanRun(program, 1, 1, 1).check(), "");
  EXPECT_NE(PlanRun(program, 1, 1, 2).check().find("two threads in one epoch"),
            std::string::npos);
}

} // namespace
