# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Fails where one of ARCHIVES (joined by commas) needs a symbol of the C++
# runtime, allocates through it, or could end or speak for the process.
string(REPLACE "," ";" archives ${ARCHIVES})
foreach(archive ${archives})
  execute_process(COMMAND ${NM} -u ${archive} OUTPUT_VARIABLE symbols
                  RESULT_VARIABLE status)
  if(status OR NOT symbols MATCHES "mmap")
    message(FATAL_ERROR "${archive}: cannot read its symbols")
  endif()
  string(REGEX MATCHALL " U [^ \n]+" symbols "${symbols}")
  list(REMOVE_DUPLICATES symbols)
  foreach(symbol ${symbols})
    if(symbol MATCHES " U (_ZS|_ZNS|_ZNKS|_Zn|_Zd|__cxa|__gxx|_Unwind|__aarch64_)"
       OR symbol MATCHES " U (abort|exit|_exit|malloc|calloc|printf|puts|fprintf|__assert_fail)$")
      message(SEND_ERROR "${archive}:${symbol} is not for the runtime")
    endif()
  endforeach()
endforeach()
