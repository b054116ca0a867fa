// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/WeightJobs.h"
#include "dialects/llm/LlmDialect.h"
#include "kernels/formats/float16.h"
#include "kernels/formats/int_formats.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <cstring>

using namespace llvm;

namespace llmc {

int64_t bitsOf(SourceType type) {
  switch (type) {
  case SourceType::F32:
    return 32;
  case SourceType::F16:
  case SourceType::BF16:
    return 16;
  case SourceType::U8:
    return 8;
  case SourceType::U4:
    return 4;
  }
  llvm_unreachable("unknown type");
}

std::pair<int64_t, int64_t> SourceMatrix::byteRange(int64_t begin,
                                                    int64_t end) const {
  int64_t first = begin * rowStride;
  int64_t last = (end - 1) * rowStride + (columns - 1) * columnStride;
  int64_t bits = bitsOf(type);
  return {first * bits / 8, ((last + 1) * bits + 7) / 8};
}

std::vector<RowRun> joinRows(ArrayRef<int64_t> partRows,
                             ArrayRef<int64_t> chunks) {
  std::vector<RowRun> runs;
  SmallVector<int64_t> taken(partRows.size(), 0);
  int64_t row = 0;
  bool more = true;
  while (more) {
    more = false;
    for (auto [part, rows] : llvm::enumerate(partRows)) {
      int64_t left = rows - taken[part];
      int64_t count = chunks.empty() ? left : std::min(left, chunks[part]);
      if (count == 0)
        continue;
      runs.push_back({row, count, unsigned(part), taken[part]});
      taken[part] += count;
      row += count;
      more |= taken[part] < rows;
    }
    more |= llvm::any_of(llvm::zip(taken, partRows), [](auto pair) {
      return std::get<0>(pair) < std::get<1>(pair);
    });
  }
  return runs;
}

static SourceType typeOf(mlir::Type type) {
  if (type.isF32())
    return SourceType::F32;
  if (type.isBF16())
    return SourceType::BF16;
  if (type.isF16())
    return SourceType::F16;
  return type.getIntOrFloatBitWidth() == 4 ? SourceType::U4 : SourceType::U8;
}

static SourceMatrix sourceOf(mlir::llm::SourceAttr part) {
  SourceMatrix source;
  source.file = part.getFile().str();
  source.type = typeOf(part.getType());
  if (auto blocks = part.getBlocks()) {
    source.blockSize = blocks.getSize();
    source.scales = blocks.getScales();
    source.scaleType = typeOf(blocks.getScaleType());
    source.zeros = blocks.getZeros();
  }
  source.offset = part.getOffset();
  source.rows = part.getRows();
  source.columns = part.getColumns();
  source.rowStride = part.getRowStride();
  source.columnStride = part.getColumnStride();
  source.addend = part.getAddend();
  return source;
}

static Expected<WeightJob> jobOf(mlir::llm::WeightOp weight) {
  WeightJob job;
  job.name = weight.getSymName().str();
  auto packed = weight.getPackedAttr();
  job.layout = llmc_find_layout(packed.getLayout().str().c_str());
  if (!job.layout)
    return createStringError("weight " + job.name + ": unknown layout " +
                             packed.getLayout());
  job.rows = weight.getRows();
  job.columns = weight.getColumns();
  job.offset = packed.getOffset();
  job.bytes = packed.getBytes();
  int64_t panels = (job.rows + job.layout->nr - 1) / job.layout->nr;
  if (panels * job.layout->panel_bytes(job.columns) != job.bytes)
    return createStringError(
        "weight " + job.name + ": " + Twine(job.bytes) + " packed bytes, " +
        packed.getLayout() + " takes " +
        Twine(panels * job.layout->panel_bytes(job.columns)));
  if (auto value = weight.getValue()) {
    job.value.assign(value->begin(), value->end());
    return job;
  }
  SmallVector<int64_t> partRows;
  for (auto part : weight.getParts()->getAsRange<mlir::llm::SourceAttr>()) {
    job.parts.push_back(sourceOf(part));
    partRows.push_back(part.getRows());
  }
  job.columnVector =
      weight.getTensorType().getRank() == 1 && job.parts.size() > 1;
  ArrayRef<int64_t> chunks;
  if (weight.getChunks())
    chunks = *weight.getChunks();
  job.runs = joinRows(partRows, chunks);
  return job;
}

Expected<std::vector<WeightJob>> collectWeightJobs(mlir::ModuleOp module) {
  std::vector<WeightJob> jobs;
  for (auto weight : module.getOps<mlir::llm::WeightOp>()) {
    if (!weight.getPackedAttr()) // no operation reads it
      continue;
    Expected<WeightJob> job = jobOf(weight);
    if (!job)
      return job.takeError();
    jobs.push_back(std::move(*job));
  }
  llvm::sort(jobs, [](const WeightJob &a, const WeightJob &b) {
    return a.offset < b.offset;
  });
  return jobs;
}

Expected<const MappedFile *> SourceFiles::open(StringRef file) {
  auto it = files.find(file);
  if (it != files.end())
    return &it->second;
  SmallString<256> path(folder);
  sys::path::append(path, file);
  Expected<MappedFile> mapped = MappedFile::open(path);
  if (!mapped)
    return mapped.takeError();
  return &files.try_emplace(file, std::move(*mapped)).first->second;
}

namespace {
template <typename Stored, float (*Decode)(Stored)>
void convert(const uint8_t *in, int64_t stride, int64_t count, float addend,
             float *out) {
  for (int64_t i = 0; i < count; ++i) {
    Stored stored;
    memcpy(&stored, in + i * stride * int64_t(sizeof(Stored)), sizeof(Stored));
    out[i] = Decode(stored) + addend;
  }
}
float same(float x) { return x; }
float fromHalf(uint16_t x) { return llmc_f16_to_float(x); }
float fromBFloat(uint16_t x) { return llmc_bf16_to_float(x); }

void convert(SourceType type, const uint8_t *in, int64_t stride, int64_t count,
             float addend, float *out) {
  if (type == SourceType::F32)
    return convert<float, same>(in, stride, count, addend, out);
  if (type == SourceType::F16)
    return convert<uint16_t, fromHalf>(in, stride, count, addend, out);
  convert<uint16_t, fromBFloat>(in, stride, count, addend, out);
}

/// Code `index` of a run that begins at a whole byte.
int codeAt(const uint8_t *in, int64_t index, SourceType type) {
  return type == SourceType::U8 ? in[index] : in[index / 2] >> index % 2 * 4 & 15;
}

/// A row of codes with a scale, and perhaps a zero point, for each block.
struct BlockRow {
  BlockRow(const SourceMatrix &part, const MappedFile &file, int64_t row)
      : part(part), codes(file.bytes().data() + part.offset +
                          row * part.rowStride * bitsOf(part.type) / 8) {
    int64_t bits = bitsOf(part.type), blocks = part.blocks();
    int64_t at = row * part.blockRows();
    scales = file.bytes().data() + part.scales +
             at * blocks * bitsOf(part.scaleType) / 8;
    if (part.zeros >= 0)
      zeros = file.bytes().data() + part.zeros + at * ((blocks * bits + 7) / 8);
  }
  int half() const { return 1 << (bitsOf(part.type) - 1); }
  int code(int64_t column) const { return codeAt(codes, column, part.type); }
  int zero(int64_t block) const {
    return zeros ? codeAt(zeros, block, part.type) : half();
  }
  float scale(int64_t block) const {
    float scale;
    convert(part.scaleType, scales + block * bitsOf(part.scaleType) / 8, 1, 1, 0,
            &scale);
    return scale;
  }

  const SourceMatrix &part;
  const uint8_t *codes, *scales, *zeros = nullptr;
};

void readBlocks(const BlockRow &row, float *out) {
  for (int64_t block = 0; block < row.part.blocks(); ++block) {
    float scale = row.scale(block);
    int zero = row.zero(block);
    int64_t end = std::min(row.part.columns, (block + 1) * row.part.blockSize);
    for (int64_t i = block * row.part.blockSize; i < end; ++i)
      out[i] = float(row.code(i) - zero) * scale;
  }
}

/// Row `row` of a part.
void readRow(const SourceMatrix &part, const MappedFile &file, int64_t row,
             float *out) {
  if (part.blockSize)
    return readBlocks(BlockRow(part, file, row), out);
  convert(part.type,
          file.bytes().data() + part.offset + row * part.rowStride * bitsOf(part.type) / 8,
          part.columnStride, part.columns, part.addend, out);
}

/// Calls f(part, its row, row - begin) for rows [begin, end) of the job.
template <typename F>
void eachRow(const WeightJob &job, int64_t begin, int64_t end, F f) {
  auto run = llvm::partition_point(job.runs, [&](const RowRun &r) {
    return r.row + r.count <= begin;
  });
  for (; run != job.runs.end() && run->row < end; ++run)
    for (int64_t row = std::max(begin, run->row),
                 stop = std::min(end, run->row + run->count);
         row < stop; ++row)
      f(run->part, run->partRow + row - run->row, row - begin);
}

bool isFinite(ArrayRef<float> values) {
  return llvm::all_of(values, [](float x) { return std::isfinite(x); });
}

} // namespace

bool readRows(const WeightJob &job, ArrayRef<const MappedFile *> files,
              int64_t begin, int64_t end, float *out) {
  int64_t elements = (end - begin) * job.columns;
  if (!job.value.empty())
    memcpy(out, job.value.data() + begin * job.columns,
           elements * sizeof(float));
  // The vector's one row is made of all the parts' rows of one element.
  int64_t width = job.columnVector ? 1 : job.columns;
  int64_t first = job.columnVector ? 0 : begin;
  int64_t last = job.columnVector ? job.columns : end;
  eachRow(job, first, last, [&](unsigned part, int64_t row, int64_t to) {
    readRow(job.parts[part], *files[part], row, out + to * width);
  });
  return isFinite(ArrayRef(out, elements));
}

bool readCodedRows(const WeightJob &job, ArrayRef<const MappedFile *> files,
                   int64_t begin, int64_t end, CodedRows &out) {
  int64_t group = job.layout->group, groups = (job.columns + group - 1) / group;
  StringRef scheme = job.layout->scheme;
  std::vector<float> floats(job.columns);
  // The encoder pads the last row to a multiple of 32.
  out.codes.resize((end - begin) * job.columns + 32);
  out.zeros.resize((end - begin) * groups);
  out.scales.resize((end - begin) * groups);
  bool finite = true;
  eachRow(job, begin, end, [&](unsigned part, int64_t row, int64_t to) {
    const SourceMatrix &source = job.parts[part];
    int8_t *codes = out.codes.data() + to * job.columns;
    int8_t *zeros = out.zeros.data() + to * groups;
    float *scales = out.scales.data() + to * groups;
    if (!source.blockSize) {
      readRow(source, *files[part], row, floats.data());
      finite &= isFinite(floats);
      return llmc_encode_blocks(floats.data(), job.columns,
                                scheme.starts_with("block4") ? 4 : 8, group,
                                scheme.ends_with("z"), codes, zeros, scales);
    }
    BlockRow from(source, *files[part], row);
    for (int64_t i = 0; i < job.columns; ++i)
      codes[i] = int8_t(from.code(i) - from.half());
    for (int64_t g = 0; g < groups; ++g) {
      int64_t block = g * group / source.blockSize;
      zeros[g] = int8_t(from.zero(block) - from.half());
      scales[g] = from.scale(block);
    }
  });
  return finite && isFinite(out.scales);
}

} // namespace llmc
