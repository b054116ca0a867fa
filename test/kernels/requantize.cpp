// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// requantize IN.safetensors OUT.safetensors none|plain|two-level: the same tensors
// as f32, the matrices of the layers as int4 of group 32 gives them back: with
// plain float scales, or in two levels. For comparing the perplexity of formats
// with all else equal (docs/Performance.md).
#include "test/kernels/weight_file.h"
#include <cstdio>

using namespace llmc::test;

static const int64_t kGroup = 32;

static std::vector<float> valuesOf(const WeightFile &file,
                                   const WeightFile::Tensor &t,
                                   const std::string &format) {
  std::vector<float> values = file.read(t);
  if (format == "none" || !t.isLinear() || t.columns % kGroup)
    return values;
  for (int64_t r = 0; r < t.rows; ++r) {
    float *row = values.data() + r * t.columns;
    std::vector<float> back = format == "plain"
                                  ? asPlain(row, t.columns, kGroup)
                                  : asTwoLevel(row, t.columns, kGroup);
    std::copy(back.begin(), back.end(), row);
  }
  return values;
}

int main(int argc, char **argv) {
  std::string format = argc == 4 ? argv[3] : "";
  if (format != "none" && format != "plain" && format != "two-level") {
    std::fprintf(stderr, "usage: requantize IN.safetensors OUT.safetensors "
                         "none|plain|two-level\n");
    return 2;
  }
  WeightFile file(argv[1]);
  nlohmann::ordered_json header;
  int64_t end = 0;
  for (const WeightFile::Tensor &t : file.tensors) {
    int64_t begin = end;
    end += t.rows * t.columns * 4;
    auto &entry = header[t.name];
    entry["dtype"] = "F32";
    entry["shape"] = t.matrix ? std::vector<int64_t>{t.rows, t.columns}
                              : std::vector<int64_t>{t.columns};
    entry["data_offsets"] = {begin, end};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  uint64_t size = text.size();
  std::ofstream out(argv[2], std::ios::binary);
  out.write(reinterpret_cast<const char *>(&size), sizeof(size));
  out << text;
  for (const WeightFile::Tensor &t : file.tensors) {
    std::vector<float> values = valuesOf(file, t, format);
    out.write(reinterpret_cast<const char *>(values.data()),
              std::streamsize(values.size() * sizeof(float)));
  }
  return out.flush() ? 0 : 1;
}
