// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Portable vectors for kernels that are written once: the compiler maps a
// Vec<N> to the registers of the ISA that the file is built for, and lane by
// lane the bits are those of scalar code. Everything has internal linkage, so
// that files built for different ISAs never share code. Fused multiply-adds are
// written out; the compiler may form none (-ffp-contract=off).
#ifndef LLMC_KERNELS_VECTORS_H
#define LLMC_KERNELS_VECTORS_H

#include <stdint.h>
#ifdef __aarch64__
#include <arm_neon.h>
#endif

#define LLMC_INLINE static inline __attribute__((always_inline, unused))
#define LLMC_UNROLL _Pragma("clang loop unroll(full)")

template <int N> using Vec = float __attribute__((ext_vector_type(N)));
template <int N> using IntVec = int32_t __attribute__((ext_vector_type(N)));
template <int N> using BitVec = uint32_t __attribute__((ext_vector_type(N)));

// The unsigned integers as wide as F: for scalars and vectors.
template <typename F> struct BitsOf;
template <> struct BitsOf<float> {
  typedef uint32_t type;
};
template <> struct BitsOf<Vec<4>> {
  typedef BitVec<4> type;
};
template <> struct BitsOf<Vec<8>> {
  typedef BitVec<8> type;
};
template <> struct BitsOf<Vec<16>> {
  typedef BitVec<16> type;
};

template <typename T> LLMC_INLINE T loadAs(const void *p) {
  T v;
  __builtin_memcpy(&v, p, sizeof(T));
  return v;
}
template <typename T> LLMC_INLINE void storeAs(void *p, T v) {
  __builtin_memcpy(p, &v, sizeof(T));
}

// The first n < 16 floats at p, the rest 0.
LLMC_INLINE Vec<16> loadTail(const float *p, int64_t n) {
  float v[16] = {};
  for (int64_t i = 0; i < n; ++i)
    v[i] = p[i];
  return loadAs<Vec<16>>(v);
}
LLMC_INLINE void storeTail(float *p, const Vec<16> &x, int64_t n) {
  float v[16];
  storeAs(v, x);
  for (int64_t i = 0; i < n; ++i)
    p[i] = v[i];
}

// What each architecture has its own instruction for; every kernel of one
// architecture gets the same bits. larger, smaller: b where a is not a number.
template <typename F> LLMC_INLINE F larger(F a, F b) {
#ifdef __aarch64__
  return __builtin_elementwise_max(a, b);
#else
  return a > b ? a : b;
#endif
}
template <typename F> LLMC_INLINE F smaller(F a, F b) {
#ifdef __aarch64__
  return __builtin_elementwise_min(a, b);
#else
  return a < b ? a : b;
#endif
}

// 1 / d for 2^-120 < d < 2^120, within 2 ulp; rough: within 2^-15 of it.
#ifdef __aarch64__
LLMC_INLINE float rough(float d) {
  float y = vrecpes_f32(d);
  return y * vrecpss_f32(d, y);
}
LLMC_INLINE Vec<4> rough(Vec<4> d) {
  float32x4_t x = __builtin_bit_cast(float32x4_t, d), y = vrecpeq_f32(x);
  return __builtin_bit_cast(Vec<4>, vmulq_f32(y, vrecpsq_f32(x, y)));
}
LLMC_INLINE float reciprocal(float d) {
  float y = rough(d);
  return y * vrecpss_f32(d, y);
}
LLMC_INLINE Vec<4> reciprocal(Vec<4> d) {
  float32x4_t x = __builtin_bit_cast(float32x4_t, d);
  float32x4_t y = __builtin_bit_cast(float32x4_t, rough(d));
  return __builtin_bit_cast(Vec<4>, vmulq_f32(y, vrecpsq_f32(x, y)));
}
#define LLMC_BY_HALVES(function, N)                                            \
  LLMC_INLINE Vec<N> function(Vec<N> d) {                                      \
    Vec<N> y;                                                                  \
    y.lo = function(Vec<N / 2>(d.lo));                                         \
    y.hi = function(Vec<N / 2>(d.hi));                                         \
    return y;                                                                  \
  }
LLMC_BY_HALVES(rough, 8)
LLMC_BY_HALVES(rough, 16)
LLMC_BY_HALVES(reciprocal, 8)
LLMC_BY_HALVES(reciprocal, 16)
#undef LLMC_BY_HALVES
#else
template <typename F> LLMC_INLINE F reciprocal(F d) { return F(1.0f) / d; }
#endif

// a * b + c, rounded once.
template <typename F> LLMC_INLINE F fma(F a, F b, F c) {
  return __builtin_elementwise_fma(a, b, c);
}

// A number that sums start from. On Arm it is loaded where a sum starts, as the
// copy of a register that a fused multiply-add overwrites takes a vector pipe.
struct Start {
  alignas(16) float x[8];
  Start() = default;
  constexpr Start(float v) : x{v, v, v, v, v, v, v, v} {}
};
template <typename F> LLMC_INLINE F from(const Start &start) {
  return F(start.x[0]);
}
#ifdef __aarch64__
template <> inline __attribute__((always_inline)) Vec<16> from(const Start &start) {
  struct {
    float32x4_t q[4];
  } v;
  for (int i = 0; i < 4; i += 2)
    __asm__ volatile("ldp %q0, %q1, [%2]"
                     : "=w"(v.q[i]), "=w"(v.q[i + 1])
                     : "r"(&start), "m"(start));
  return __builtin_bit_cast(Vec<16>, v);
}
#endif

// a / d for finite a and 2^-120 < d < 2^126, within 0.51 ulp.
template <typename F> LLMC_INLINE F divide(F a, F d) {
#ifdef __aarch64__
  F y = rough(d), q = a * y;
  return fma(fma(-d, q, a), y, q);
#else
  return a / d;
#endif
}

// The low bytes of 16 integers.
typedef int8_t Bytes16 __attribute__((ext_vector_type(16)));
LLMC_INLINE Bytes16 lowBytes(const IntVec<16> &v) {
#ifdef __aarch64__ // else clang looks them up in a table of four registers
  struct {
    int16x8_t q[4];
  } x = __builtin_bit_cast(decltype(x), v);
  int8x16_t lo = vreinterpretq_s8_s16(vuzp1q_s16(x.q[0], x.q[1]));
  int8x16_t hi = vreinterpretq_s8_s16(vuzp1q_s16(x.q[2], x.q[3]));
  return __builtin_bit_cast(Bytes16, vuzp1q_s8(lo, hi));
#else
  return __builtin_convertvector(v, Bytes16);
#endif
}

// Each byte times b.
typedef int16_t Shorts16 __attribute__((ext_vector_type(16)));
LLMC_INLINE Shorts16 times(Bytes16 a, int8_t b) {
#ifdef __aarch64__ // of bytes that were shifted, clang extends them first
  struct {
    int8x8_t d[2];
  } x = __builtin_bit_cast(decltype(x), a);
  struct {
    int16x8_t q[2];
  } y = {{vmull_s8(x.d[0], vdup_n_s8(b)), vmull_s8(x.d[1], vdup_n_s8(b))}};
  return __builtin_bit_cast(Shorts16, y);
#else
  return __builtin_convertvector(a, Shorts16) * (int16_t)b;
#endif
}

// Small integers as floats: on Arm laid into the top of their lanes, of which
// one conversion makes the float.
typedef int8_t Bytes4 __attribute__((ext_vector_type(4)));
LLMC_INLINE Vec<4> floatsOf(Bytes4 v) {
#ifdef __aarch64__
  const uint8x16_t top = {16, 16, 16, 0, 16, 16, 16, 1,
                          16, 16, 16, 2, 16, 16, 16, 3};
  Bytes16 x = __builtin_shufflevector(v, v, 0, 1, 2, 3, -1, -1, -1, -1, -1, -1,
                                      -1, -1, -1, -1, -1, -1);
  int8x16_t y = vqtbl1q_s8(__builtin_bit_cast(int8x16_t, x), top);
  return __builtin_bit_cast(Vec<4>,
                            vcvtq_n_f32_s32(vreinterpretq_s32_s8(y), 24));
#else
  return __builtin_convertvector(v, Vec<4>);
#endif
}
LLMC_INLINE Vec<16> floatsOf(Shorts16 v) {
#ifdef __aarch64__
  struct {
    int16x8_t q[2];
  } x = __builtin_bit_cast(decltype(x), v);
  struct {
    float32x4_t q[4];
  } y;
  for (int i = 0; i < 2; ++i) {
    int16x8_t lo = vzip1q_s16(vdupq_n_s16(0), x.q[i]);
    int16x8_t hi = vzip2q_s16(vdupq_n_s16(0), x.q[i]);
    y.q[2 * i] = vcvtq_n_f32_s32(vreinterpretq_s32_s16(lo), 16);
    y.q[2 * i + 1] = vcvtq_n_f32_s32(vreinterpretq_s32_s16(hi), 16);
  }
  return __builtin_bit_cast(Vec<16>, y);
#else
  return __builtin_convertvector(v, Vec<16>);
#endif
}

// The order in which 16 partial results become one: halves onto halves.
LLMC_INLINE float sum16(const Vec<16> &v) {
  Vec<8> a = v.lo + v.hi;
  Vec<4> b = a.lo + a.hi;
  Vec<2> c = b.lo + b.hi;
  return c.x + c.y;
}

LLMC_INLINE Vec<16> abs16(const Vec<16> &v) {
  return __builtin_elementwise_abs(v);
}

LLMC_INLINE float max16(const Vec<16> &v) {
  Vec<8> a = larger(Vec<8>(v.lo), Vec<8>(v.hi));
  Vec<4> b = larger(Vec<4>(a.lo), Vec<4>(a.hi));
  Vec<2> c = larger(Vec<2>(b.lo), Vec<2>(b.hi));
  return larger((float)c.x, (float)c.y);
}

#endif
