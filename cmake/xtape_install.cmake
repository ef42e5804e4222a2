# After installation: find_package(xtape) and link xtape::nn, or `pkg-config xtape`; docs/installing.md.
include(CMakePackageConfigHelpers)
get_property(libraries GLOBAL PROPERTY XTAPE_LIBRARIES)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xtape")

# The libraries, each with a file of its own in the CMake package: a program that reads no files does
# without what xtape::files needs.
foreach(name ${libraries})
  install(TARGETS xtape_${name} EXPORT xtape-${name}
    RUNTIME COMPONENT runtime
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development)
  install(EXPORT xtape-${name} NAMESPACE xtape:: DESTINATION "${package_dir}" COMPONENT development)
endforeach()

foreach(path autodiff nn)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${path}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xtape" COMPONENT development
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inc")
  install(FILES "${PROJECT_SOURCE_DIR}/${path}/${path}.hpp"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xtape" COMPONENT development)
endforeach()

# What the package looks for: a static library's own libraries are its user's too.
get_target_property(library_type xtape_autodiff TYPE)
set(XTAPE_STATIC OFF)
if(library_type STREQUAL "STATIC_LIBRARY")
  set(XTAPE_STATIC ON)
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/xtapeConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" "${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindSLEEF.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindMATIO.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLIBZIP.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

include(xtape_pkg_config)
if(PROJECT_IS_TOP_LEVEL)
  include(xtape_package)
endif()
