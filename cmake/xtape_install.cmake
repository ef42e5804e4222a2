# After installation: find_package(xtape) and link xtape::nn or xtape::autodiff.
include(CMakePackageConfigHelpers)

foreach(path autodiff nn)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${path}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xtape" FILES_MATCHING PATTERN "*.hpp")
  install(FILES "${PROJECT_SOURCE_DIR}/${path}/${path}.hpp"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xtape" OPTIONAL)
endforeach()

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/xtape")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/xtapeConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/xtapeConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/xtapeConfig.cmake"
  "${PROJECT_BINARY_DIR}/xtapeConfigVersion.cmake" DESTINATION "${package_dir}")
install(EXPORT xtapeTargets NAMESPACE xtape:: DESTINATION "${package_dir}")
