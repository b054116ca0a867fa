# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How the parts are built.
#
#   llmc_add_target_library(NAME sources...)  code that runs beside the model:
#       NAME for this host and NAME_aarch64 cross-built (the same library on
#       an Arm host). A source's suffix names the only ISA it is built for.
#   llmc_add_target_program(NAME LINK libs... SOURCES ...)  likewise, programs.
#   llmc_add_test(NAME sources... LINK libs...)  a GoogleTest on the host.
#   llmc_add_target_test(NAME ...)  the same, on the host and on Arm (under
#       emulation elsewhere): for kernels and runtime.
#   llmc_add_fuzzer(NAME sources... LINK libs...)  a libFuzzer target X_fuzz and
#       its test, a minute from the seeds in X/.

set(LLMC_WARNINGS -Wall -Wextra -Wno-unused-parameter)
string(REGEX MATCH "aarch64|arm64" LLMC_HOST_IS_ARM ${CMAKE_SYSTEM_PROCESSOR})
set(LLMC_HOST_ARCH x86_64)
if(LLMC_HOST_IS_ARM)
  set(LLMC_HOST_ARCH aarch64)
endif()
set(LLMC_CROSS_FLAGS --target=aarch64-linux-gnu)

# What the asan preset is for: the host tests and the fuzzers.
add_custom_target(sanitized)

function(llmc_sanitize name)
  if(LLMC_FUZZ) # so that fuzzers see the branches taken
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(LLMC_SANITIZE STREQUAL thread)
    target_compile_options(${name} PRIVATE -fsanitize=thread -fno-omit-frame-pointer)
    target_link_options(${name} PUBLIC -fsanitize=thread)
  elseif(LLMC_SANITIZE)
    target_compile_options(${name} PRIVATE -fsanitize=address,undefined -fno-sanitize=vptr
                           -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(${name} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()

# The compile flags of a kernel file, from the ISA suffix of its name.
set(LLMC_ISA_neon -march=armv8-a)
set(LLMC_ISA_fp16 -march=armv8.2-a+fp16)
set(LLMC_ISA_fp16fml -march=armv8.2-a+fp16+fp16fml)
set(LLMC_ISA_dotprod -march=armv8.2-a+dotprod)
set(LLMC_ISA_i8mm -march=armv8.2-a+dotprod+i8mm)
set(LLMC_ISA_bf16 -march=armv8.2-a+dotprod+i8mm+bf16)
set(LLMC_ISA_sve -march=armv8.4-a+sve+i8mm+bf16)
set(LLMC_ISA_sve2 -march=armv9-a+sve2+i8mm+bf16)
set(LLMC_ISA_avx2 -march=x86-64-v3)
set(LLMC_ISA_avx512 -march=x86-64-v4)
set(LLMC_ISA_avx512vnni -march=x86-64-v4 -mavx512vnni)
set(LLMC_ARM_ISAS neon fp16 fp16fml dotprod i8mm bf16 sve sve2)
set(LLMC_X86_ISAS avx2 avx512 avx512vnni)

# Splits SOURCES into those for ARCH (arm or x86) and sets their ISA flags.
function(llmc_sources_for arch out)
  set(kept)
  foreach(source ${ARGN})
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX MATCH "[^_]+$" suffix ${stem})
    if(suffix IN_LIST LLMC_ARM_ISAS)
      set(wants arm)
    elseif(suffix IN_LIST LLMC_X86_ISAS)
      set(wants x86)
    else()
      set(wants ${arch})
    endif()
    if(wants STREQUAL arch)
      list(APPEND kept ${source})
      if(DEFINED LLMC_ISA_${suffix})
        set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${LLMC_ISA_${suffix}}")
      endif()
    endif()
  endforeach()
  set(${out} ${kept} PARENT_SCOPE)
endfunction()

# Portable code on x86-64 may use x86-64-v3 (the lowest x86 target of llmc), so
# that fused multiply-add is an instruction; on Arm it is plain armv8.0.
function(llmc_target_flags name arch)
  set(flags -fno-exceptions -fno-rtti -ffp-contract=off -fno-math-errno -Wno-psabi
            -ffunction-sections -fdata-sections ${LLMC_WARNINGS})
  if(arch STREQUAL "arm")
    list(APPEND flags -mno-outline-atomics)
  else()
    list(APPEND flags -march=x86-64-v3)
  endif()
  target_compile_options(${name} BEFORE PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:${flags}>)
endfunction()

# What `llmc link` reads stands in lib/<arch> of the build tree and in
# lib/llmc/<arch> of an installation, under one name.
function(llmc_archive_folder target arch)
  string(REGEX REPLACE "_aarch64$" "" name ${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
    ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/${arch})
endfunction()

function(llmc_add_target_library name)
  set(host_arch x86)
  if(LLMC_HOST_IS_ARM)
    set(host_arch arm)
  endif()
  llmc_sources_for(${host_arch} sources ${ARGN})
  add_library(${name} STATIC ${sources})
  llmc_target_flags(${name} ${host_arch})
  llmc_sanitize(${name})
  llmc_archive_folder(${name} ${LLMC_HOST_ARCH})
  if(LLMC_HOST_IS_ARM)
    add_library(${name}_aarch64 ALIAS ${name})
  else()
    llmc_sources_for(arm sources ${ARGN})
    add_library(${name}_aarch64 STATIC ${sources})
    llmc_target_flags(${name}_aarch64 arm)
    target_compile_options(${name}_aarch64 BEFORE PRIVATE ${LLMC_CROSS_FLAGS})
    llmc_archive_folder(${name}_aarch64 aarch64)
  endif()
endfunction()

function(llmc_add_target_program name)
  cmake_parse_arguments(ARG "" "" "LINK;SOURCES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${LLMC_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  llmc_sanitize(${name})
  if(NOT LLMC_HOST_IS_ARM)
    list(TRANSFORM ARG_LINK APPEND "_aarch64" OUTPUT_VARIABLE links)
    add_executable(${name}_aarch64 ${ARG_SOURCES})
    target_compile_options(${name}_aarch64 PRIVATE ${LLMC_WARNINGS} ${LLMC_CROSS_FLAGS})
    target_link_options(${name}_aarch64 PRIVATE ${LLMC_CROSS_FLAGS} -static)
    target_link_libraries(${name}_aarch64 PRIVATE ${links})
  endif()
endfunction()

function(llmc_add_test name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti ${LLMC_WARNINGS})
  target_compile_definitions(${name} PRIVATE LLMC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  llmc_sanitize(${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS sanitized)
  add_dependencies(sanitized ${name})
endfunction()

# GoogleTest has no arm64 cross package in Debian 12, so its sources are built.
function(llmc_cross_gtest)
  if(NOT TARGET gtest_aarch64)
    add_library(gtest_aarch64 STATIC EXCLUDE_FROM_ALL
      /usr/src/googletest/googletest/src/gtest-all.cc
      /usr/src/googletest/googletest/src/gtest_main.cc)
    target_include_directories(gtest_aarch64 PRIVATE /usr/src/googletest/googletest)
    target_include_directories(gtest_aarch64 SYSTEM PUBLIC /usr/src/googletest/googletest/include)
    target_compile_options(gtest_aarch64 PRIVATE ${LLMC_CROSS_FLAGS} -w)
  endif()
endfunction()

# Runs a test program once per emulated CPU: LLMC_TEST_CPUS.
set(LLMC_TEST_CPUS "max,sve-default-vector-length=16;max,sve-default-vector-length=32;neoverse-n1")
function(llmc_add_target_test name)
  cmake_parse_arguments(ARG "" "" "LINK;CPUS" ${ARGN})
  llmc_add_test(${name} ${ARG_UNPARSED_ARGUMENTS} LINK ${ARG_LINK})
  if(LLMC_HOST_IS_ARM)
    return()
  endif()
  llmc_cross_gtest()
  if(NOT ARG_CPUS)
    set(ARG_CPUS ${LLMC_TEST_CPUS})
  endif()
  list(TRANSFORM ARG_LINK APPEND "_aarch64" OUTPUT_VARIABLE links)
  add_executable(${name}_aarch64 ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name}_aarch64 PRIVATE ${LLMC_WARNINGS} ${LLMC_CROSS_FLAGS})
  target_compile_definitions(${name}_aarch64 PRIVATE LLMC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_options(${name}_aarch64 PRIVATE ${LLMC_CROSS_FLAGS} -static)
  target_link_libraries(${name}_aarch64 PRIVATE ${links} gtest_aarch64)
  foreach(cpu ${ARG_CPUS})
    add_test(NAME ${name}@${cpu} COMMAND qemu-aarch64 -cpu ${cpu} $<TARGET_FILE:${name}_aarch64>)
  endforeach()
endfunction()

function(llmc_add_fuzzer name)
  if(LLMC_FUZZ)
    cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
    add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
    target_compile_options(${name} PRIVATE -fno-rtti ${LLMC_WARNINGS} -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(${name} PRIVATE ${ARG_LINK})
    llmc_sanitize(${name})
    add_dependencies(sanitized ${name})
    string(REGEX REPLACE "_fuzz$" "" seeds ${name})
    set(found ${CMAKE_CURRENT_BINARY_DIR}/${seeds})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME ${name} COMMAND sh -c "exec $<TARGET_FILE:${name}> \
-max_total_time=\${LLMC_FUZZ_SECONDS:-60} -artifact_prefix=${found}- ${found} \
${CMAKE_CURRENT_SOURCE_DIR}/${seeds}")
    set_tests_properties(${name} PROPERTIES LABELS sanitized)
  endif()
endfunction()

# Adds the named subfolders.
function(llmc_add_subdirectories)
  foreach(folder ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()
