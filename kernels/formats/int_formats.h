// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Encoders of one weight row (an output channel) into integers. Used at compile
// time only, so they search; the same row gives the same codes on every host.
// Codes past k up to the multiple of 32 are zero.
#ifndef LLMC_KERNELS_FORMATS_INT_FORMATS_H
#define LLMC_KERNELS_FORMATS_INT_FORMATS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// int8: weight ~ codes * scale, |codes| <= 127, scale = max |weight| / 127.
void llmc_encode_int8(const float *row, int64_t k, int8_t *codes, float *scale);

// int4: weight ~ codes * multipliers[k / group] * scale with -8 <= codes <= 7
// and |multipliers| <= 15, the squared error minimised by search.
// multipliers, and steps as work space: one per started group.
void llmc_encode_int4(const float *row, int64_t k, int64_t group,
                      int8_t *codes, int8_t *multipliers, float *scale,
                      float *steps);

// Blocks: weight ~ (codes - zeros[k / group]) * scales[k / group], codes and
// zeros of `bits` bits, by rounding to nearest. Without `asymmetric` zeros are 0
// and the largest weight of a block lies at -2^(bits - 1). zeros and scales: one
// per started group.
void llmc_encode_blocks(const float *row, int64_t k, int64_t bits,
                        int64_t group, int asymmetric, int8_t *codes,
                        int8_t *zeros, float *scales);

#ifdef __cplusplus
}
#endif
#endif
