# The libraries that xtape uses. Each is asked for only where something built needs it.

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
find_package(LAPACK REQUIRED)  # which xtensor-blas looks for
find_package(xtensor-blas REQUIRED)
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES BLAS::BLAS)
check_cxx_source_compiles("
  extern \"C\" void openblas_set_num_threads(int);
  int main() { openblas_set_num_threads(1); }" XTAPE_HAVE_OPENBLAS)
unset(CMAKE_REQUIRED_LIBRARIES)
# A program that multiplies no large matrices does without BLAS, whose start costs more than a small
# training: a shared BLAS is not linked but loaded by name, when it is asked for.
set(XTAPE_BLAS_SONAME "")
list(LENGTH BLAS_LIBRARIES parts)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_OBJDUMP AND parts EQUAL 1 AND
   BLAS_LIBRARIES MATCHES "\\.so[.0-9]*$")
  execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${BLAS_LIBRARIES}" OUTPUT_VARIABLE header ERROR_QUIET)
  if(header MATCHES "SONAME +([^\n ]+)")
    set(XTAPE_BLAS_SONAME "${CMAKE_MATCH_1}")
  endif()
endif()
set(load OFF)
if(XTAPE_BLAS_SONAME)
  set(load ON)
endif()
option(XTAPE_LOAD_BLAS "Load BLAS at the first large product instead of linking it" ${load})
if(XTAPE_LOAD_BLAS AND NOT XTAPE_BLAS_SONAME)
  message(FATAL_ERROR "XTAPE_LOAD_BLAS needs a shared library on Linux; BLAS is ${BLAS_LIBRARIES}")
endif()

# Optional: elementary functions of vectors (libm lane by lane without it), MATLAB's files, and
# NumPy's archives.
foreach(name SLEEF ZLIB MATIO LIBZIP)
  find_package(${name} QUIET)
  if(name STREQUAL MATIO AND NOT ZLIB_FOUND)  # by which MATLAB's files are packed
    set(MATIO_FOUND FALSE)
  endif()
  if(${name}_FOUND)
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
  find_package(Threads REQUIRED)
endif()
if(XTAPE_BENCHMARKS)
  find_package(benchmark REQUIRED)
  if(XTAPE_BENCH_TORCH)
    find_package(Torch REQUIRED)
  endif()
endif()
