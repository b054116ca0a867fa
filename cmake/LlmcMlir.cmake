# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Finds MLIR 19.1 and sets the flags that code including its headers needs.
find_package(MLIR 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19)
find_package(LLVM 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(${CMAKE_BINARY_DIR})
separate_arguments(LLVM_DEFINITIONS_LIST NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_definitions(${LLVM_DEFINITIONS_LIST})

# llmc_add_compiler_library(NAME sources...): a static library of compiler
# code: no RTTI and no exceptions, as LLVM is built.
function(llmc_add_compiler_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti ${LLMC_WARNINGS})
  llmc_sanitize(${name})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
endfunction()
