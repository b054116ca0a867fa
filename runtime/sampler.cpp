// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Picks the next token from logits. Ties go to the smaller id and NaN counts
// as minus infinity, so a choice depends on nothing but its inputs.
#include "llmc/runtime.h"

#include <math.h>

// xoshiro256** and its seeding by splitmix64 (Blackman and Vigna, 2018).
static uint64_t rotateLeft(uint64_t x, int by) {
  return x << by | x >> (64 - by);
}

static uint64_t nextRandom(uint64_t *s) {
  uint64_t result = rotateLeft(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotateLeft(s[3], 45);
  return result;
}

// Uniform in [0, 1), 53 bits.
static double nextUniform(uint64_t *s) {
  return double(nextRandom(s) >> 11) * 0x1p-53;
}

void llmc_sampler_init(llmc_sampler *sampler,
                       const llmc_sampler_options *options) {
  sampler->options = options ? *options : llmc_sampler_options{};
  uint64_t x = sampler->options.seed;
  for (uint64_t &word : sampler->state) {
    x += 0x9e3779b97f4a7c15u;
    uint64_t z = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    word = z ^ (z >> 31);
  }
}

// Keskar et al., 2019: once for every distinct recent token.
static void penalize(float *logits, int32_t vocab, float penalty,
                     const int32_t *recent, int32_t n_recent) {
  for (int32_t i = 0; i < n_recent; ++i) {
    int32_t token = recent[i], first = 0;
    while (recent[first] != token)
      ++first;
    if (first < i || token < 0 || token >= vocab)
      continue;
    float &logit = logits[token];
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

static int32_t largest(const float *logits, int32_t vocab) {
  int32_t best = 0;
  for (int32_t i = 1; i < vocab; ++i)
    if (logits[i] > logits[best] || (isnan(logits[best]) && !isnan(logits[i])))
      best = i;
  return best;
}

// A heap of token ids in `scratch`, the likeliest on top. What is taken off
// gathers behind it: the j-th token taken stands at scratch[vocab - 1 - j].
namespace {
struct Candidates {
  const float *weights;
  int32_t *heap;
  int32_t size;

  bool before(int32_t a, int32_t b) const {
    return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
  }

  void sift(int32_t hole) {
    int32_t token = heap[hole];
    for (int32_t child; (child = 2 * hole + 1) < size; hole = child) {
      if (child + 1 < size && before(heap[child + 1], heap[child]))
        ++child;
      if (before(token, heap[child]))
        break;
      heap[hole] = heap[child];
    }
    heap[hole] = token;
  }

  void build() {
    for (int32_t i = size / 2; i-- > 0;)
      sift(i);
  }

  int32_t take() {
    int32_t token = heap[0];
    heap[0] = heap[--size];
    heap[size] = token;
    if (size)
      sift(0);
    return token;
  }
};
} // namespace

// How many tokens stay after top-k, top-p and min-p (at least one), each
// applied to the ones left by the one before; they stand, the likeliest last,
// at the end of scratch. *sum becomes their weight.
static int32_t truncate(const llmc_sampler_options &options,
                        const float *weights, int32_t vocab, int32_t *scratch,
                        double *sum) {
  Candidates candidates = {weights, scratch, vocab};
  for (int32_t i = 0; i < vocab; ++i)
    scratch[i] = i;
  candidates.build();
  bool limited = options.top_k > 0 && options.top_k < vocab;
  int32_t most = limited ? options.top_k : vocab;
  if (limited) { // top-p is a share of what top-k leaves
    *sum = 0;
    for (int32_t i = 0; i < most; ++i)
      *sum += weights[candidates.take()];
  }
  bool nucleus = options.top_p > 0 && options.top_p < 1;
  double wanted = nucleus ? options.top_p * *sum : HUGE_VAL;
  double least = options.min_p > 0 ? options.min_p : 0;
  double kept = 0;
  int32_t count = 0;
  for (; count < most && kept < wanted; ++count) {
    double weight = weights[scratch[limited ? vocab - 1 - count : 0]];
    if (count && weight < least) // the likeliest weighs 1
      break;
    kept += weight;
    if (!limited)
      candidates.take();
  }
  *sum = kept;
  return count;
}

int32_t llmc_sample(llmc_sampler *sampler, float *logits, int32_t vocab,
                    int32_t *scratch, const int32_t *recent,
                    int32_t n_recent) {
  const llmc_sampler_options &options = sampler->options;
  if (options.repeat_penalty > 0 && options.repeat_penalty != 1 && recent)
    penalize(logits, vocab, options.repeat_penalty, recent, n_recent);
  int32_t best = largest(logits, vocab);
  if (!(options.temperature > 0) || !scratch)
    return best;
  // From here on: weights, the likeliest 1.
  float top = logits[best];
  double sum = 0;
  for (int32_t i = 0; i < vocab; ++i) {
    float weight = i == best ? 1 : expf((logits[i] - top) / options.temperature);
    logits[i] = weight >= 0 ? weight : 0;
    sum += logits[i];
  }
  bool cut = options.top_k > 0 || (options.top_p > 0 && options.top_p < 1) ||
             options.min_p > 0;
  int32_t count =
      cut ? truncate(options, logits, vocab, scratch, &sum) : vocab;
  double left = nextUniform(sampler->state) * sum;
  int32_t token = best;
  for (int32_t j = 0; j < count; ++j) {
    int32_t candidate = cut ? scratch[vocab - 1 - j] : j;
    if (logits[candidate] > 0) {
      token = candidate;
      left -= logits[candidate];
      if (left < 0)
        break;
    }
  }
  return token;
}
