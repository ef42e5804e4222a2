# `pkg-config xtape` for everything but files, `pkg-config xtape-files` for these too.

# xtape_link_flags(VARIABLE library...): "-L... -l..." of libraries given by path, target or flag.
function(xtape_link_flags variable)
  set(flags "")
  foreach(library ${ARGN})
    if(IS_ABSOLUTE "${library}")
      get_filename_component(folder "${library}" DIRECTORY)
      get_filename_component(name "${library}" NAME_WE)
      string(REGEX REPLACE "^lib" "-l" library "${name}")
      if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
        string(PREPEND library "-L${folder} ")
      endif()
    endif()
    list(APPEND flags "${library}")
  endforeach()
  list(REMOVE_DUPLICATES flags)
  list(JOIN flags " " flags)
  set(${variable} "${flags}" PARENT_SCOPE)
endfunction()

file(RELATIVE_PATH from_pkg_config
  "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" from_pkg_config "${from_pkg_config}")

# xtape_pkg_config(NAME description requirements own-libraries other-libraries)
function(xtape_pkg_config name description requires own others)
  set(private "Libs.private: ${others}")
  if(XTAPE_STATIC)  # there is no other kind, so nobody has to ask for --static
    set(private "")
    string(APPEND own " ${others}")
  endif()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/xtape.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endfunction()

set(own "")
foreach(name check inspect nn autodiff)  # whoever needs comes first
  if(name IN_LIST libraries)
    string(APPEND own " -lxtape_${name}")
  endif()
endforeach()
set(blas ${BLAS_LIBRARIES})
if(XTAPE_LOAD_BLAS)
  list(TRANSFORM CMAKE_DL_LIBS PREPEND "-l" OUTPUT_VARIABLE blas)
endif()
xtape_link_flags(others ${blas} ${SLEEF_LIBRARY})
xtape_pkg_config(xtape "${PROJECT_DESCRIPTION}" "xtensor xtl" "${own}" "${others}")
if("files" IN_LIST libraries)
  xtape_link_flags(others ${MATIO_LIBRARY} ${LIBZIP_LIBRARY} ${ZLIB_LIBRARIES})
  xtape_pkg_config(xtape-files "Data sets from files, for xtape"
    "xtape = ${PROJECT_VERSION}" " -lxtape_files" "${others}")
endif()
