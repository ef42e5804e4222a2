# How this tree is compiled: language, build type, warnings, compiler cache, the include prefix.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# -O3 without debug info, and without -march: instruction sets are chosen at run time.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE_PROGRAM ccache)
  mark_as_advanced(CCACHE_PROGRAM)
  if(CCACHE_PROGRAM)
    # Without the sloppiness ccache passes over every file that uses a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${CCACHE_PROGRAM}")
  endif()
endif()

# Warnings are for our own files, so this target is linked privately and never installed.
add_library(xtape_warnings INTERFACE)
target_compile_options(xtape_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False for std::string's operator+ (GCC's bug 105651).
  target_compile_options(xtape_warnings INTERFACE -Wno-restrict)
endif()
# A newer compiler's new warning must not stop a user's build.
if(XTAPE_WERROR AND (
    (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13) OR
    (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)))
  target_compile_options(xtape_warnings INTERFACE -Werror)
endif()

# <xtape/...> in the tree as it is when installed; the folders keep their short names.
if(NOT XTAPE_INCLUDE_DIR)
  set(XTAPE_INCLUDE_DIR "${PROJECT_BINARY_DIR}/include")
endif()
file(MAKE_DIRECTORY "${XTAPE_INCLUDE_DIR}/xtape")
foreach(path autodiff nn)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${path}" "${XTAPE_INCLUDE_DIR}/xtape/${path}" SYMBOLIC)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${path}/${path}.hpp"
    "${XTAPE_INCLUDE_DIR}/xtape/${path}.hpp" SYMBOLIC)
endforeach()
