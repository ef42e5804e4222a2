#pragma once
// BLAS as a library that is loaded at the first large product. Starting OpenBLAS takes longer than
// a small network takes to train: 14000 addresses of its kernels are looked up, and threads begin.

namespace xtape::kernels {

/// The address of a function of BLAS. What the program itself is linked with comes first, then the
/// library that xtape was built with; it stays loaded, and OpenBLAS is set to one thread.
/// @throws std::runtime_error, with the loader's reason, when there is none; the next call tries
/// again.
void* blas_function(const char* name);

}  // namespace xtape::kernels
