# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `cmake --install` puts where:
#   include/llmc/        the C API
#   lib/llmc/<arch>/     archives that `llmc link` and find_package(llmc) use
#   lib/                 this host's once more, so that plain `cc -lllmc_rt` works
#   lib/cmake/llmc/      LlmcConfig.cmake
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/runtime/include/llmc DESTINATION include
        FILES_MATCHING PATTERN "*.h")
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/LlmcConfig.cmake.in
  ${CMAKE_BINARY_DIR}/llmcConfig.cmake INSTALL_DESTINATION lib/cmake/llmc)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/llmcConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_BINARY_DIR}/llmcConfig.cmake
  ${CMAKE_BINARY_DIR}/llmcConfigVersion.cmake DESTINATION lib/cmake/llmc)

# The archives of a target library, for every architecture.
function(llmc_install_archives name)
  install(FILES $<TARGET_FILE:${name}> DESTINATION lib/llmc/${LLMC_HOST_ARCH})
  install(FILES $<TARGET_FILE:${name}> DESTINATION lib)
  if(NOT LLMC_HOST_IS_ARM)
    install(FILES $<TARGET_FILE:${name}_aarch64> DESTINATION lib/llmc/aarch64)
  endif()
endfunction()
