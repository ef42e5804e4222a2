# The libraries that xtape uses. Each is asked for only where something built needs it.

find_package(Threads REQUIRED)
find_package(xtl REQUIRED)
find_package(xtensor REQUIRED)

# OpenBLAS by choice, since its threads can be switched off; any BLAS if it isn't there.
if(NOT BLA_VENDOR)
  set(BLA_VENDOR OpenBLAS)
  find_package(BLAS QUIET)
  if(NOT BLAS_FOUND)
    unset(BLA_VENDOR)
  endif()
endif()
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
find_package(xtensor-blas REQUIRED)
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES BLAS::BLAS)
check_cxx_source_compiles("
  extern \"C\" void openblas_set_num_threads(int);
  int main() { openblas_set_num_threads(1); }" XTAPE_HAVE_OPENBLAS)
unset(CMAKE_REQUIRED_LIBRARIES)

# Optional: elementary functions of vectors (libm lane by lane without it), MATLAB's files, and
# NumPy's archives.
find_path(SLEEF_INCLUDE_DIR sleef.h)
find_library(SLEEF_LIBRARY sleef)
find_path(MATIO_INCLUDE_DIR matio.h)
find_library(MATIO_LIBRARY matio)
find_path(LIBZIP_INCLUDE_DIR zip.h)
find_library(LIBZIP_LIBRARY zip)
find_path(ZLIB_INCLUDE_DIR zlib.h)
find_library(ZLIB_LIBRARY z)
if(NOT ZLIB_INCLUDE_DIR OR NOT ZLIB_LIBRARY)  # by which MATLAB's files are packed
  set(MATIO_LIBRARY MATIO_LIBRARY-NOTFOUND)
endif()
mark_as_advanced(SLEEF_INCLUDE_DIR SLEEF_LIBRARY MATIO_INCLUDE_DIR MATIO_LIBRARY
  LIBZIP_INCLUDE_DIR LIBZIP_LIBRARY ZLIB_INCLUDE_DIR ZLIB_LIBRARY)
foreach(name SLEEF MATIO LIBZIP ZLIB)
  if(${name}_INCLUDE_DIR AND ${name}_LIBRARY)
    message(STATUS "Found ${name}: ${${name}_LIBRARY}")
  else()
    message(STATUS "${name} not found: built without it")
  endif()
endforeach()

if(XTAPE_EXAMPLES)
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()
if(XTAPE_TESTS)
  find_package(doctest REQUIRED)
endif()
if(XTAPE_BENCHMARKS)
  find_package(benchmark REQUIRED)
  if(XTAPE_BENCH_TORCH)
    find_package(Torch REQUIRED)
  endif()
endif()
