# cmake -DLIBRARY=libx.a -DLD=ld -DAR=ar -P merge_objects.cmake: makes one object of those of a static
# library. Every template function has a section with a header, a name and a group of its own; together
# that is a third of the library.
cmake_minimum_required(VERSION 3.22)
set(merged "${LIBRARY}.o")
foreach(command
    "${LD};-r;--force-group-allocation;-T;${CMAKE_CURRENT_LIST_DIR}/merged_sections.ld;-o;${merged};--whole-archive;${LIBRARY}"
    "${CMAKE_COMMAND};-E;rm;${LIBRARY}"
    "${AR};qcsD;${LIBRARY};${merged}"
    "${CMAKE_COMMAND};-E;rm;${merged}")
  execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
