// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of attention, one query head at a time. The order of every sum:
//   q . k    4 partial sums, element i into i mod 4, (0 + 1) + (2 + 3)
//   sum of p 16 partial sums per block, position i into i mod 16, halves onto
//            halves (vectors.h)
//   p . V    ascending positions
#include "kernels/activation/elementary.h"
#include "kernels/attention/attention.h"
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_layout.h"

namespace {

constexpr int64_t kBlock = LLMC_ATTENTION_BLOCK;

float decode(float x) { return x; }
float decode(uint16_t x) { return llmc_f16_to_float(x); }

template <typename T> float dot(const float *q, const T *k, int64_t n) {
  float partial[4] = {};
  for (int64_t i = 0; i < n; ++i)
    partial[i % 4] = __builtin_fmaf(q[i], decode(k[i]), partial[i % 4]);
  return (partial[0] + partial[1]) + (partial[2] + partial[3]);
}

float capped(float s, float cap) {
  return cap > 0 ? cap * fastTanh(s / cap) : s;
}

// One query head over positions [first, last].
template <typename T>
void head(const llmc_attention_args *a, const float *q, const T *k, const T *v,
          int64_t first, int64_t last, float *out) {
  int64_t d = a->head_dim;
  float m = 0, l = 0;
  for (int64_t start = first / kBlock * kBlock; start <= last;
       start += kBlock) {
    int64_t lo = start < first ? first - start : 0;
    int64_t hi = last - start < kBlock - 1 ? last - start : kBlock - 1;
    bool isFirst = start <= first;
    float s[kBlock], highest = -__builtin_inff();
    for (int64_t p = lo; p <= hi; ++p) {
      s[p] = capped(dot(q, k + (start + p) * d, d) * (float)a->scale,
                    (float)a->softcap);
      highest = s[p] > highest ? s[p] : highest;
    }
    Vec<16> sums = 0.0f;
    for (int64_t p = 0; p < kBlock; ++p) {
      s[p] = p >= lo && p <= hi ? fastExp(s[p] - highest) : 0.0f;
      sums[p % 16] += s[p];
    }
    float top = isFirst || highest > m ? highest : m;
    float kept = fastExp(m - top), added = fastExp(highest - top);
    l = isFirst ? sum16(sums) : __builtin_fmaf(l, kept, sum16(sums) * added);
    m = top;
    for (int64_t i = 0; i < d; ++i) {
      float acc = 0;
      for (int64_t p = lo; p <= hi; ++p)
        acc = __builtin_fmaf(s[p], decode(v[(start + p) * d + i]), acc);
      out[i] = isFirst ? acc : __builtin_fmaf(out[i], kept, acc * added);
    }
  }
  float inverse = 1.0f / l;
  for (int64_t i = 0; i < d; ++i)
    out[i] *= inverse;
}

template <typename T>
void attention(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_attention_args *>(args);
  int64_t queries = a->heads / a->kv_heads, d = a->head_dim;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t kvHead = unit / a->rows, r = unit % a->rows;
    int64_t last = a->positions[r];
    int64_t first =
        a->window > 0 && last >= a->window ? last - a->window + 1 : 0;
    int64_t sequence = a->sequences[r] * a->sequence_stride;
    int64_t row = llmc_kv_row(kvHead, 0, a->context, d);
    const T *k = reinterpret_cast<const T *>(
                     static_cast<const char *>(a->k_cache) + sequence) +
                 row;
    const T *v = reinterpret_cast<const T *>(
                     static_cast<const char *>(a->v_cache) + sequence) +
                 row;
    for (int64_t h = 0; h < queries; ++h)
      head(a,
           a->qkv + r * a->qkv_stride + kvHead * (a->qkv_stride / a->kv_heads) +
               h * d,
           k, v, first, last,
           a->out + r * a->out_stride + (kvHead * queries + h) * d);
  }
}

} // namespace

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_ref) {
  attention<float>(args, begin, end);
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_ref) {
  attention<uint16_t>(args, begin, end);
}
