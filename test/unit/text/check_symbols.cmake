# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Fails where one of ARCHIVES (joined by commas) needs more than its own symbols
# and these of libc and libm: plain cc must link it, and it must neither print
# nor end the process.
cmake_minimum_required(VERSION 3.25)
set(allowed bcmp calloc fmod free gmtime_r localtime_r malloc memchr memcmp memcpy
  memmem memmove memset pow realloc snprintf strchr strftime strlen strspn strtod
  strtol strtoll time vsnprintf ceil floor nearbyint)
string(REPLACE "," ";" archives ${ARCHIVES})
foreach(archive ${archives})
  execute_process(COMMAND ${NM} -u ${archive} OUTPUT_VARIABLE symbols
                  RESULT_VARIABLE status)
  if(status OR NOT symbols MATCHES "malloc")
    message(FATAL_ERROR "${archive}: cannot read its symbols")
  endif()
  string(REGEX MATCHALL " U [^ \n]+" symbols "${symbols}")
  list(REMOVE_DUPLICATES symbols)
  foreach(symbol ${symbols})
    string(SUBSTRING ${symbol} 3 -1 name)
    if(NOT name MATCHES "^(_ZN?K?4llmc|_ZNK4llmc|llmc_|_GLOBAL_OFFSET_TABLE_)" AND
       NOT name IN_LIST allowed)
      message(SEND_ERROR "${archive}: ${name} is not for the text library")
    endif()
  endforeach()
endforeach()
