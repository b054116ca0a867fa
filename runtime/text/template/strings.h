// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// String functions that filters and methods share; results are strings of the
// machine's pool or parts of the given ones.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_STRINGS_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_STRINGS_H

#include "runtime/text/template/vm.h"

namespace llmc::text {

/// Words begin after anything but a letter for Title (Python's method), after
/// white space and opening signs for Words (Jinja's filter).
enum class Case { Lower, Upper, Capitalize, Title, Words };

Value convertCase(Vm &vm, const Value &string, Case wanted);

/// Without characters of `chars` (null: white space) at its ends.
Value strip(const Value &string, const Value *chars, bool left, bool right);

/// Every `from`, at most `limit` of them (negative: all), replaced.
Value replace(Vm &vm, const Value &string, const Value &from, const Value &to,
              int64_t limit);

/// The parts between `separator`s (null: runs of white space), split at most
/// `limit` times (negative: always), from the right where `reverse`.
Value split(Vm &vm, const Value &string, const Value *separator, int64_t limit,
            bool reverse);

Value splitLines(Vm &vm, const Value &string, bool keepEnds);

/// str() of the items with `separator` between them.
Value join(Vm &vm, const Value &items, const Value &separator);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_STRINGS_H
