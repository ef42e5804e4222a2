# A static library of one object is a third smaller (see merge_objects.cmake). It takes GNU's linker.
set(merge OFF)
if(NOT BUILD_SHARED_LIBS AND CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_LINKER)
  execute_process(COMMAND "${CMAKE_LINKER}" --help OUTPUT_VARIABLE linker_options ERROR_QUIET)
  if(linker_options MATCHES "--force-group-allocation")
    set(merge ON)
  endif()
endif()
option(XTAPE_MERGE_OBJECTS "Make one object of those of a static library" ${merge})

# xtape_library(NAME sources...): the library xtape_NAME, known as xtape::NAME here and installed.
# Without a source there is no library, and what links it by xtape_link does without.
function(xtape_library name)
  if(NOT ARGN)
    message(STATUS "xtape::${name}: no sources, left out")
    return()
  endif()
  set(target xtape_${name})
  add_library(${target} ${ARGN})
  add_library(xtape::${name} ALIAS ${target})
  # Before 1.0 each minor version may change the interface.
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  set_property(GLOBAL APPEND PROPERTY XTAPE_LIBRARIES ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${XTAPE_INCLUDE_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} PRIVATE "$<BUILD_INTERFACE:xtape_warnings>")
  if(XTAPE_MERGE_OBJECTS)
    # Weak symbols may be defined twice outside of a group, unique ones may not.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
      COMMAND "${CMAKE_COMMAND}" "-DLIBRARY=$<TARGET_FILE:${target}>" "-DLD=${CMAKE_LINKER}"
        "-DAR=${CMAKE_AR}" -P "${PROJECT_SOURCE_DIR}/cmake/merge_objects.cmake")
  endif()
  if(BUILD_SHARED_LIBS AND NOT APPLE)  # our libraries find each other wherever they are put
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()

  # Files for one instruction set, chosen at run time; on other processors they are left out.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(avx2 -mavx2 -mfma)
    set(avx512 -mavx512f -mavx512dq -mavx512vl -mavx512bw ${avx2})
  endif()
  foreach(isa avx2 avx512)
    set(files ${ARGN})
    list(FILTER files INCLUDE REGEX "_${isa}\\.cpp$")
    if(${isa})
      set_property(SOURCE ${files} APPEND PROPERTY COMPILE_OPTIONS ${${isa}})
    else()
      set_property(SOURCE ${files} PROPERTY HEADER_FILE_ONLY ON)
    endif()
  endforeach()
endfunction()

# xtape_link(TARGET VISIBILITY name...): links those of our libraries that exist.
function(xtape_link target visibility)
  foreach(name ${ARGN})
    if(TARGET xtape_${name})
      target_link_libraries(${target} ${visibility} xtape::${name})
    endif()
  endforeach()
endfunction()

# xtape_small(file...): sources that no training step waits for, compiled for size.
# xtape_compact(file...): those that only pass on to kernels. -O3 makes them a tenth larger.
function(xtape_small)
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
endfunction()
function(xtape_compact)
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O2>)
endfunction()
