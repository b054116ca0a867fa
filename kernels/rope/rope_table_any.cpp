// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/kernel.h"
#include "kernels/rope/cos_sin.h"
#include "kernels/rope/rope.h"

namespace {

typedef double Doubles __attribute__((ext_vector_type(4)));

struct CosSin {
  Vec<4> cos, sin;
};

// Quadrants are told apart in f32, where a register holds four lanes.
CosSin cosSin(Vec<4> angle) {
  QuarterTurn<Doubles> turn =
      quarterTurn(__builtin_convertvector(angle, Doubles));
  BitVec<8> bits = __builtin_bit_cast(BitVec<8>, turn.n);
  BitVec<4> n = bits.even;
  BitVec<4> c = __builtin_bit_cast(
      BitVec<4>, __builtin_convertvector(turn.cos, Vec<4>));
  BitVec<4> s = __builtin_bit_cast(
      BitVec<4>, __builtin_convertvector(turn.sin, Vec<4>));
  BitVec<4> swap = (c ^ s) & -(n & 1);
  return {__builtin_bit_cast(Vec<4>, c ^ swap ^ (((n + 1) & 2) << 30)),
          __builtin_bit_cast(Vec<4>, s ^ swap ^ ((n & 2) << 30))};
}

} // namespace

LLMC_KERNEL(llmc_rope_table_f32_1x4_any) {
  const auto *a = static_cast<const llmc_rope_table_args *>(args);
  int64_t half = a->head_dim / 2;
  float scale = (float)a->scale;
  for (int64_t r = begin; r < end; ++r) {
    float position = (float)a->positions[r];
    float *out = a->table + r * 2 * half;
    int64_t i = 0;
    for (; i + 4 <= half; i += 4) {
      CosSin v = cosSin(position * loadAs<Vec<4>>(a->inv_freq + i));
      storeAs(out + i, v.cos * scale);
      storeAs(out + half + i, v.sin * scale);
    }
    for (; i < half; ++i) {
      CosSin v = cosSin(position * a->inv_freq[i]);
      out[i] = v.cos.x * scale;
      out[half + i] = v.sin.x * scale;
    }
  }
}
