# One of the tests of CMakeLists.txt beside this file, chosen by WAY.
set(prefix "${WORK}/prefix")
set(folder "${WORK}/${WAY}")
set(project "${CMAKE_CURRENT_LIST_DIR}/project")

# run(what command...): shows what it prints; a failure is the test's. The text is left in `output`.
macro(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${WAY}: ${what} failed (${status})")
  endif()
endmacro()

# What the consumer's programs print when they work.
macro(run_programs folder)
  foreach(program trainer reader)
    run("running the ${program}" "${CMAKE_COMMAND}" -E chdir "${folder}" "${folder}/${program}")
  endforeach()
endmacro()

macro(configure)
  file(REMOVE_RECURSE "${folder}/build")
  run("configuring" "${CMAKE_COMMAND}" -S "${project}" -B "${folder}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    -DWAY=${WAY} -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF ${ARGN})
endmacro()
macro(configure_build_run)
  configure(${ARGN})
  run("building" "${CMAKE_COMMAND}" --build "${folder}/build" --target trainer reader)
  run_programs("${folder}/build")
endmacro()

if(WAY STREQUAL "install")
  file(REMOVE_RECURSE "${prefix}")
  run("installing" "${CMAKE_COMMAND}" --install "${XTAPE_BINARY_DIR}" --prefix "${prefix}")

elseif(WAY STREQUAL "find_package")
  # The prefix was moved: nothing installed knows where it lay.
  file(REMOVE_RECURSE "${folder}")
  file(COPY "${prefix}" DESTINATION "${folder}/elsewhere")
  configure_build_run("-DCMAKE_PREFIX_PATH=${folder}/elsewhere/prefix")

elseif(WAY STREQUAL "components")
  configure("-DCMAKE_PREFIX_PATH=${prefix}" -DSHARED=${SHARED} -DMATIO=${MATIO})

elseif(WAY STREQUAL "add_subdirectory")
  # The include prefix of the build that is tested: thus the compiler's command lines are those that
  # were just run, and a compiler cache has what they made.
  configure_build_run("-DXTAPE_SOURCE_DIR=${XTAPE_SOURCE_DIR}"
    "-DXTAPE_INCLUDE_DIR=${XTAPE_BINARY_DIR}/include" -DXTAPE_WERROR=${WERROR}
    -DBUILD_SHARED_LIBS=${SHARED} "-DCONSUMER_CCACHE=${CCACHE}")

elseif(WAY STREQUAL "pkg_config")
  if(NOT PKG_CONFIG)
    message("SKIPPED: pkg-config is not installed")
    return()
  endif()
  file(REMOVE_RECURSE "${folder}")
  file(MAKE_DIRECTORY "${folder}")
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
  separate_arguments(flags UNIX_COMMAND "${FLAGS}")
  if(SHARED)
    list(APPEND flags "-Wl,-rpath,${prefix}/${LIBDIR}")
  endif()
  foreach(source_and_package trainer/xtape reader/xtape-files)
    get_filename_component(source ${source_and_package} DIRECTORY)
    get_filename_component(package ${source_and_package} NAME)
    run("pkg-config" "${PKG_CONFIG}" --cflags --libs ${package})
    separate_arguments(found UNIX_COMMAND "${output}")
    run("compiling the ${source}" "${CXX}" -std=c++20 -O1 ${flags} "${project}/${source}.cpp"
      -o "${folder}/${source}" ${found})
  endforeach()
  run_programs("${folder}")

elseif(WAY STREQUAL "deb")
  if(NOT DPKG_DEB)
    message("SKIPPED: dpkg-deb is not installed")
    return()
  endif()
  file(REMOVE_RECURSE "${folder}")
  run("cpack" "${CMAKE_CPACK_COMMAND}" -G DEB --config "${XTAPE_BINARY_DIR}/CPackConfig.cmake"
    -B "${folder}")
  file(GLOB packages "${folder}/*.deb")
  foreach(package ${packages})
    run("dpkg-deb" "${DPKG_DEB}" --info "${package}")
    string(APPEND info "${output}")
    run("dpkg-deb" "${DPKG_DEB}" -x "${package}" "${folder}/root")
  endforeach()
  foreach(wanted "Package: libxtape-dev" "Depends: [^\n]*libxtensor-dev" "Depends: [^\n]*blas")
    if(NOT info MATCHES "${wanted}")
      message(FATAL_ERROR "deb: the package doesn't say \"${wanted}\"")
    endif()
  endforeach()
  configure_build_run("-DCMAKE_PREFIX_PATH=${folder}/root/usr")

elseif(WAY STREQUAL "size")
  if(FLAGS)
    message("SKIPPED: sizes are those of a build without further flags")
    return()
  endif()
  file(REMOVE_RECURSE "${folder}")
  file(GLOB libraries "${prefix}/${LIBDIR}/libxtape_*")
  set(total 0)
  foreach(library ${libraries})
    if(IS_SYMLINK "${library}")
      continue()
    endif()
    get_filename_component(name "${library}" NAME)
    file(COPY "${library}" DESTINATION "${folder}")
    run("strip" "${STRIP}" --strip-unneeded "${folder}/${name}")
    file(SIZE "${folder}/${name}" bytes)
    message("${name}: ${bytes} bytes")
    math(EXPR total "${total} + ${bytes}")
  endforeach()
  message("all libraries, stripped: ${total} bytes")
  # 5 MB are wanted; more than half of an archive is names and relocations of templates.
  if(total LESS 100000 OR total GREATER_EQUAL 6000000)
    message(FATAL_ERROR "size: under 6000000 bytes are allowed")
  endif()

else()
  message(FATAL_ERROR "no such way: ${WAY}")
endif()
