#pragma once
// Sums of rows and over rows. Internal to the kernels; see sums.cpp.

#include <cstddef>

namespace xtape::kernels {

/// out (m) = the sum of the rows of x, which begin `stride` elements apart. m >= 2 unless stride is
/// m.
template <class T>
void sum_rows(const T* x, T* out, std::size_t rows, std::size_t m, std::size_t stride);

/// out (rows) = the sums within the rows of x (rows, m), m >= 1.
template <class T>
void sum_each_row(const T* x, T* out, std::size_t rows, std::size_t m);

}  // namespace xtape::kernels
