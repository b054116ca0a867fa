// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/error.h"

#include <stdarg.h>
#include <stdio.h>

static thread_local char lastError[512];

llmc_status llmc::rt::fail(llmc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(lastError, sizeof(lastError), format, arguments);
  va_end(arguments);
  return status;
}

void llmc::rt::clearError() { lastError[0] = '\0'; }

const char *llmc_last_open_error(void) { return lastError; }

const char *llmc_status_text(llmc_status status) {
  switch (status) {
  case LLMC_OK:
    return "no error";
  case LLMC_INVALID_ARGUMENT:
    return "invalid argument";
  case LLMC_BAD_MODEL:
    return "the model descriptor is damaged or of another ABI version";
  case LLMC_UNSUPPORTED_CPU:
    return "this CPU lacks features that the model was compiled for";
  case LLMC_NO_WEIGHTS:
    return "the weights file was not found or belongs to another model";
  case LLMC_OUT_OF_MEMORY:
    return "out of memory";
  case LLMC_THREAD_FAILED:
    return "the system refused a thread";
  case LLMC_CONTEXT_FULL:
    return "the context is full";
  case LLMC_BUSY:
    return "the session is busy with another call";
  case LLMC_INTERRUPTED:
    return "interrupted";
  }
  return "unknown status";
}
