// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The search behind the two-level int4 format: first the best float step of
// every group, then the channel scale whose multiples come closest to all of
// them, last the codes and a least-squares refit of the scale.
#include "kernels/formats/int_formats.h"
#include <stddef.h>

namespace {

typedef float Lanes __attribute__((ext_vector_type(8)));

constexpr int kMaxMultiplier = 15;

inline Lanes load(const float *p) {
  Lanes v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}

inline float sum(Lanes v) {
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

inline Lanes codesOf(Lanes w, float inverse) {
  Lanes q = __builtin_elementwise_roundeven(w * inverse);
  q = q < -8.0f ? Lanes(-8.0f) : q;
  return q > 7.0f ? Lanes(7.0f) : q;
}

// Squared error of a group coded with one step.
inline float errorOf(const float *w, int64_t n, float step) {
  float inverse = 1.0f / step;
  Lanes error = 0.0f;
  for (int64_t i = 0; i < n; i += 8) {
    Lanes x = load(w + i);
    Lanes e = __builtin_elementwise_fma(codesOf(x, inverse), Lanes(-step), x);
    error = __builtin_elementwise_fma(e, e, error);
  }
  return sum(error);
}

// The step that fits the codes of `step` best, or `step`.
inline float refit(const float *w, int64_t n, float step) {
  float inverse = 1.0f / step;
  Lanes cross = 0.0f, square = 0.0f;
  for (int64_t i = 0; i < n; i += 8) {
    Lanes x = load(w + i), q = codesOf(x, inverse);
    cross = __builtin_elementwise_fma(x, q, cross);
    square = __builtin_elementwise_fma(q, q, square);
  }
  float s = sum(square), c = sum(cross);
  return s > 0 && c != 0 ? c / s : step;
}

// Best float step of a group, 0 when the group is zero. The sign says which
// end of the range -8..7 takes the largest weight.
float bestStep(const float *w, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i)
    if (__builtin_fabsf(w[i]) > __builtin_fabsf(largest))
      largest = w[i];
  if (__builtin_fabsf(largest) < 1e-30f)
    return 0;
  static const float kLevels[] = {-8.5f, -8.0f, -7.4f, 6.8f, 7.4f, -9.2f};
  float best = 0, bestError = 0;
  for (float level : kLevels) {
    float step = refit(w, n, largest / level);
    float error = errorOf(w, n, step);
    if (best == 0 || error < bestError) {
      best = step;
      bestError = error;
    }
  }
  return best;
}

struct Choice {
  int multiplier;
  float error;
};

// The multiplier near `step` / scale, of either sign, with the least error.
Choice bestMultiplier(const float *w, int64_t n, float step, float scale,
                      int reach) {
  int center = (int)__builtin_rintf(__builtin_fabsf(step) / scale);
  int low = center - reach, high = center + reach;
  low = low < 1 ? 1 : low > kMaxMultiplier ? kMaxMultiplier : low;
  high = high < 1 ? 1 : high > kMaxMultiplier ? kMaxMultiplier : high;
  Choice best = {0, 0};
  for (int m = low; m <= high; ++m) {
    for (int sign = 1; sign >= -1; sign -= 2) {
      // Far from the center only the sign that fitted best is tried.
      if ((step > 0) != (sign > 0) && m != center && reach < 2)
        continue;
      float error = errorOf(w, n, scale * (float)(sign * m));
      if (best.multiplier == 0 || error < best.error)
        best = {sign * m, error};
    }
  }
  return best;
}

// One row cut into groups; the last group is padded with zeros.
struct Row {
  const float *weights;
  int64_t k, group;

  int64_t groups() const { return (k + group - 1) / group; }
  // The group's weights: in place, or padded into `tail`.
  const float *at(int64_t g, float *tail) const {
    if ((g + 1) * group <= k)
      return weights + g * group;
    for (int64_t i = 0; i < group; ++i)
      tail[i] = g * group + i < k ? weights[g * group + i] : 0.0f;
    return tail;
  }
};

constexpr int64_t kMaxGroup = 128;

// Sum of the groups' errors under one scale; the multipliers where asked for.
float tryScale(const Row &row, const float *steps, float scale, int reach,
               int8_t *multipliers) {
  float tail[kMaxGroup], error = 0;
  for (int64_t g = 0; g < row.groups(); ++g) {
    const float *w = row.at(g, tail);
    Choice c = {1, 0};
    if (steps[g] != 0)
      c = bestMultiplier(w, row.group, steps[g], scale, reach);
    error += c.error;
    if (multipliers)
      multipliers[g] = (int8_t)c.multiplier;
  }
  return error;
}

// Codes of the row; returns the scale that fits them best.
float encode(const Row &row, const int8_t *multipliers, float scale,
             int8_t *codes) {
  float tail[kMaxGroup], cross = 0, square = 0;
  for (int64_t g = 0; g < row.groups(); ++g) {
    const float *w = row.at(g, tail);
    float r = (float)multipliers[g], inverse = 1.0f / (scale * r);
    Lanes c = 0.0f, s = 0.0f;
    for (int64_t i = 0; i < row.group; i += 8) {
      Lanes x = load(w + i), q = codesOf(x, inverse), v = q * r;
      c = __builtin_elementwise_fma(x, v, c);
      s = __builtin_elementwise_fma(v, v, s);
      for (int64_t l = 0; l < 8 && g * row.group + i + l < (row.k + 31) / 32 * 32; ++l)
        codes[g * row.group + i + l] = (int8_t)q[l];
    }
    cross += sum(c);
    square += sum(s);
  }
  return square > 0 ? cross / square : scale;
}

} // namespace

void llmc_encode_int4(const float *row, int64_t k, int64_t group,
                      int8_t *codes, int8_t *multipliers, float *scale,
                      float *steps) {
  Row r = {row, k, group};
  float tail[kMaxGroup], largest = 0;
  for (int64_t g = 0; g < r.groups(); ++g) {
    steps[g] = bestStep(r.at(g, tail), group);
    float s = __builtin_fabsf(steps[g]);
    largest = s > largest ? s : largest;
  }
  if (largest == 0) {
    for (int64_t i = 0; i < (k + 31) / 32 * 32; ++i)
      codes[i] = 0;
    for (int64_t g = 0; g < r.groups(); ++g)
      multipliers[g] = 1;
    *scale = 0;
    return;
  }
  static const float kTop[] = {15.0f, 14.6f, 14.2f, 13.7f, 13.2f, 15.5f, 17.0f};
  float best = 0, bestError = 0;
  for (float top : kTop) {
    float error = tryScale(r, steps, largest / top, 1, nullptr);
    if (best == 0 || error < bestError) {
      best = largest / top;
      bestError = error;
    }
  }
  for (int pass = 0; pass < 2; ++pass) {
    tryScale(r, steps, best, 2, multipliers);
    best = encode(r, multipliers, best, codes);
  }
  tryScale(r, steps, best, 2, multipliers);
  encode(r, multipliers, best, codes);
  *scale = best;
}
