// Turns tables whose rows lie apart, such as channels-first arrays into channels-last ones and back.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "kernels.h"
#include "machine.h"

namespace refdet {

// A square of SIDE rows: to[c * to_step + r] = from[r * from_step + c]. With vectors of 16 bytes it stays in registers.
template <typename T>
constexpr Index SIDE = 16 / sizeof(T);

template <typename T, typename U>
REFDET_INLINE void turn_square(const T* from, Index from_step, U* to, Index to_step) {
    for (Index r = 0; r < SIDE<T>; ++r) {
        for (Index c = 0; c < SIDE<T>; ++c) to[c * to_step + r] = from[r * from_step + c];
    }
}

#if defined(__SSE2__)
REFDET_INLINE void turn_square(const float* from, Index from_step, float* to, Index to_step) {
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_step);
    __m128 c = _mm_loadu_ps(from + 2 * from_step), d = _mm_loadu_ps(from + 3 * from_step);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + to_step, b);
    _mm_storeu_ps(to + 2 * to_step, c);
    _mm_storeu_ps(to + 3 * to_step, d);
}

REFDET_INLINE void turn_square(const double* from, Index from_step, double* to, Index to_step) {
    const __m128d a = _mm_loadu_pd(from), b = _mm_loadu_pd(from + from_step);
    _mm_storeu_pd(to, _mm_unpacklo_pd(a, b));
    _mm_storeu_pd(to + to_step, _mm_unpackhi_pd(a, b));
}

// Four integers of 32 bits become two and two of 64.
REFDET_INLINE void store_wide(std::int64_t* to, __m128i four) {
    const __m128i sign = _mm_srai_epi32(four, 31);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi32(four, sign));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2), _mm_unpackhi_epi32(four, sign));
}

REFDET_INLINE void turn_square(const std::int32_t* from, Index from_step, std::int64_t* to, Index to_step) {
    const auto row = [&](Index r) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + r * from_step)); };
    const __m128i a = _mm_unpacklo_epi32(row(0), row(1)), b = _mm_unpackhi_epi32(row(0), row(1));
    const __m128i c = _mm_unpacklo_epi32(row(2), row(3)), d = _mm_unpackhi_epi32(row(2), row(3));
    store_wide(to, _mm_unpacklo_epi64(a, c));
    store_wide(to + to_step, _mm_unpackhi_epi64(a, c));
    store_wide(to + 2 * to_step, _mm_unpacklo_epi64(b, d));
    store_wide(to + 3 * to_step, _mm_unpackhi_epi64(b, d));
}
#endif

// to[c * to_step + r] = from[r * from_step + c] for a whole table; what is left of the squares, one by one.
template <typename T, typename U>
REFDET_INLINE void transpose(const T* from, Index rows, Index columns, Index from_step, U* to, Index to_step) {
    const Index whole_rows = rows - rows % SIDE<T>, whole_columns = columns - columns % SIDE<T>;
    for (Index c = 0; c < whole_columns; c += SIDE<T>) {
        for (Index r = 0; r < whole_rows; r += SIDE<T>) {
            turn_square(from + r * from_step + c, from_step, to + c * to_step + r, to_step);
        }
        for (Index r = whole_rows; r < rows; ++r) {
            for (Index i = c; i < c + SIDE<T>; ++i) to[i * to_step + r] = from[r * from_step + i];
        }
    }
    for (Index c = whole_columns; c < columns; ++c) {
        for (Index r = 0; r < rows; ++r) to[c * to_step + r] = from[r * from_step + c];
    }
}

}  // namespace refdet
