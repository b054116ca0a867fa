// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sound safetensors file of bf16 or f32 tensors, read whole, and weights as a
// format would give them back. For tests and measurements: nothing is checked.
#ifndef LLMC_TEST_KERNELS_WEIGHT_FILE_H
#define LLMC_TEST_KERNELS_WEIGHT_FILE_H

#include "kernels/formats/int_formats.h"
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace llmc::test {

struct WeightFile {
  struct Tensor {
    std::string name, type;
    int64_t rows = 1, columns = 0, begin = 0;
    bool matrix = false;
    // A matrix of a layer: neither embedding, output matrix nor norm.
    bool isLinear() const {
      return name.find("_proj.weight") != std::string::npos;
    }
  };
  std::vector<Tensor> tensors;

  explicit WeightFile(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
    uint64_t size = 0;
    if (bytes.size() < sizeof(size))
      return;
    std::memcpy(&size, bytes.data(), sizeof(size));
    data = sizeof(size) + int64_t(size);
    auto header = nlohmann::ordered_json::parse(bytes.begin() + sizeof(size),
                                                bytes.begin() + data);
    for (const auto &[name, value] : header.items()) {
      if (name == "__metadata__")
        continue;
      Tensor t;
      t.name = name;
      t.type = value["dtype"];
      auto shape = value["shape"].get<std::vector<int64_t>>();
      t.columns = shape.back();
      t.matrix = shape.size() == 2;
      t.rows = t.matrix ? shape[0] : 1;
      t.begin = value["data_offsets"][0];
      tensors.push_back(t);
    }
  }

  std::vector<float> read(const Tensor &t) const {
    std::vector<float> out(size_t(t.rows * t.columns));
    const char *from = bytes.data() + data + t.begin;
    if (t.type == "F32") {
      std::memcpy(out.data(), from, out.size() * 4);
      return out;
    }
    for (size_t i = 0; i < out.size(); ++i) { // BF16: the upper half of a float
      uint16_t half;
      std::memcpy(&half, from + 2 * i, sizeof(half));
      uint32_t word = uint32_t(half) << 16;
      std::memcpy(&out[i], &word, sizeof(word));
    }
    return out;
  }

private:
  std::vector<char> bytes;
  int64_t data = 0;
};

// What the two-level int4 format gives back; k is a multiple of 32.
inline std::vector<float> asTwoLevel(const float *row, int64_t k,
                                     int64_t group) {
  size_t groups = size_t((k + group - 1) / group);
  std::vector<int8_t> codes(static_cast<size_t>(k)), multipliers(groups);
  std::vector<float> out(static_cast<size_t>(k)), steps(groups);
  float scale = 0;
  llmc_encode_int4(row, k, group, codes.data(), multipliers.data(), &scale,
                   steps.data());
  for (int64_t i = 0; i < k; ++i)
    out[size_t(i)] = float(codes[size_t(i)] * multipliers[size_t(i / group)]) * scale;
  return out;
}

// Plain int4, a float scale per group.
inline std::vector<float> asPlain(const float *row, int64_t k, int64_t group) {
  size_t groups = size_t((k + group - 1) / group);
  std::vector<int8_t> codes(static_cast<size_t>(k)), zeros(groups);
  std::vector<float> out(static_cast<size_t>(k)), scales(groups);
  llmc_encode_blocks(row, k, 4, group, 0, codes.data(), zeros.data(),
                     scales.data());
  for (int64_t i = 0; i < k; ++i)
    out[size_t(i)] = float(codes[size_t(i)]) * scales[size_t(i / group)];
  return out;
}

} // namespace llmc::test

#endif
