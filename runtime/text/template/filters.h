// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The filters of builtins.def, one function each, and how they read their
// arguments: a value and arguments in, a value out, faults by Vm::fail.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_FILTERS_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_FILTERS_H

#include "runtime/text/template/vm.h"

namespace llmc::text {

#define LLMC_FILTER(name, id)                                                  \
  Value filter##id(Vm &vm, const Value &value, const Arguments &arguments);
#include "runtime/text/template/builtins.def"

/// Whether the argument is there and true.
bool flagArgument(Vm &vm, const Arguments &arguments, uint32_t position,
                  const char *name);
/// The argument where it is an integer, else `fallback`.
int64_t intArgument(const Arguments &arguments, uint32_t position,
                    const char *name, int64_t fallback);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_FILTERS_H
