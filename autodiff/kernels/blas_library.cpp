#include <xtape/autodiff/kernels/blas_library.hpp>

#ifdef XTAPE_BLAS_SONAME  // else BLAS is linked

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace xtape::kernels {
namespace {

void* open_library() {
  if (dlsym(RTLD_DEFAULT, "cblas_dgemm") != nullptr) return RTLD_DEFAULT;
  std::string reason;
  for (const char* const file : {XTAPE_BLAS_SONAME, XTAPE_BLAS_FILE}) {
    if (void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL); library != nullptr)
      return library;
    if (reason.empty()) reason = dlerror();  // that of the name which programs are linked by
  }
  throw std::runtime_error("matrix product: BLAS cannot be loaded: " + reason +
                           ". Install the library, or link the program with a BLAS of your own");
}

void* function_of(void* library, const char* name) {
  void* const function = dlsym(library, name);
  if (function == nullptr)
    throw std::runtime_error(std::string("matrix product: the BLAS that was loaded has no ") +
                             name);
  return function;
}

}  // namespace

void* blas_function(const char* name) {
  static void* const library = [] {
    void* const opened = open_library();
    // See blas.cpp.
    if (void* const set_threads = dlsym(opened, "openblas_set_num_threads"); set_threads != nullptr)
      reinterpret_cast<void (*)(int)>(set_threads)(1);
    return opened;
  }();
  return function_of(library, name);
}

}  // namespace xtape::kernels

#endif
