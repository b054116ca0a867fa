// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f16 (IEEE 754 binary16) and bf16 as bits: exact to f32, round to nearest even
// from f32. A NaN stays a NaN.
#ifndef LLMC_KERNELS_FORMATS_FLOAT16_H
#define LLMC_KERNELS_FORMATS_FLOAT16_H

#include <stdint.h>

static inline uint32_t llmc_float_bits(float x) {
  union {
    float f;
    uint32_t u;
  } v;
  v.f = x;
  return v.u;
}

static inline float llmc_bits_float(uint32_t x) {
  union {
    uint32_t u;
    float f;
  } v;
  v.u = x;
  return v.f;
}

static inline float llmc_bf16_to_float(uint16_t x) {
  return llmc_bits_float((uint32_t)x << 16);
}

static inline uint16_t llmc_float_to_bf16(float x) {
  uint32_t u = llmc_float_bits(x);
  if (x != x)
    return (uint16_t)(u >> 16 | 0x40);
  return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

static inline float llmc_f16_to_float(uint16_t x) {
  union {
    uint16_t u;
    _Float16 f;
  } v;
  v.u = x;
  return (float)v.f;
}

static inline uint16_t llmc_float_to_f16(float x) {
  union {
    uint16_t u;
    _Float16 f;
  } v;
  v.f = (_Float16)x;
  return v.u;
}

#endif
