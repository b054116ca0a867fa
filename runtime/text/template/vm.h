// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stack machine that runs a chat template: a program and variables in,
// text out. The program comes from a model folder that nobody has vetted, so
// steps, output and memory are limited, and nothing but the given values can
// be reached. Any fault ends the run with a status and one line.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_VM_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_VM_H

#include "runtime/text/array.h"
#include "runtime/text/asset.h"
#include "runtime/text/template/code.h"
#include "runtime/text/template/value.h"

namespace llmc::text {

struct LoopState {
  Value items; ///< a list
  uint32_t index;
  uint32_t depth; ///< 1 for an outermost loop
  Value changed;  ///< last argument of loop.changed()
  // Where to go back to when an item is done.
  uint32_t variables, scopes, captures;
};

/// What a function, filter or method is called with.
struct Arguments {
  const Value *positional;
  uint32_t count;
  const Value *named; ///< name, value, name, value, ...
  uint32_t namedCount;

  /// The argument by position or name, or nullptr.
  const Value *find(uint32_t position, const char *name) const;
  Arguments from(uint32_t first) const;
};

class Vm {
public:
  Vm(const Asset &asset, const Value &variables,
     const llmc_template_limits &limits, llmc_text_message *message);

  llmc_text_status run();
  Array<uint8_t> out;

  // For the functions of builtins.def.

  /// Ends the run; returns Undefined, so that a function can return it.
  Value fail(llmc_text_status status, const char *format, ...)
      __attribute__((format(printf, 3, 4)));
  bool ok() const { return status == LLMC_TEXT_OK && !pool.failed(); }
  /// Counts work; false where the limit of steps is reached.
  bool charge(uint64_t steps);
  /// A string of the bytes.
  Value string(const Array<uint8_t> &bytes);
  /// str(value) as a string.
  Value toString(const Value &value);
  bool isTrue(const Value &value) const;
  /// The items to loop over: a list, keys of a map, characters of a string.
  Value iterate(const Value &value);
  int64_t lengthOf(const Value &value);
  Value attribute(const Value &object, const char *name, size_t size);
  Value item(const Value &object, const Value &index);
  Value slice(const Value &object, const Value &start, const Value &stop,
              const Value &step);
  Value binary(Operator op, const Value &left, const Value &right);
  bool contains(const Value &container, const Value &wanted);
  bool less(const Value &left, const Value &right);
  /// Looks up and calls a filter or test by name.
  Value filterByName(const Value &name, const Value &value,
                     const Arguments &arguments);
  bool testByName(const Value &name, const Value &value,
                  const Arguments &arguments);

  Pool pool;
  const llmc_template_limits limits;

private:
  struct Variable {
    uint32_t name;
    Value value;
  };
  struct Frame { ///< of a macro call
    uint32_t returnTo;
    uint32_t variables, scopes, captures, loops, stack;
  };

  void step(const Instruction &instruction);
  void stepValues(const Instruction &instruction);
  void stepControl(const Instruction &instruction);
  void stepLoop(const Instruction &instruction);
  void stepScope(const Instruction &instruction);
  void push(const Value &value);
  Value pop();
  /// The top `count` values, which stay until dropped.
  const Value *top(uint64_t count);
  void drop(uint64_t count) { stack.truncate(stack.size() - size_t(count)); }
  Value constant(uint32_t index) const;
  Value load(uint32_t name);
  Value *findVariable(uint32_t name, size_t from, size_t to);
  void store(uint32_t name, const Value &value);
  void write(const Value &value);
  void call(uint32_t positional, uint32_t named);
  void callMacro(const Function &function, const Arguments &arguments);
  void returnFromMacro();
  void callBuiltin(const Instruction &instruction);
  void collect(uint32_t count, bool tuple);
  void collectMap(uint32_t pairs);
  void storeAttribute(uint32_t name);
  void unpack(uint32_t count);
  void forBegin(const Instruction &instruction);
  void forNext(const Instruction &instruction);
  void leaveLoop();
  Arguments arguments(uint32_t positional, uint32_t named);
  /// The loops of the function that runs lie above this.
  size_t loopFloor() const { return frames.empty() ? 0 : frames.back().loops; }
  bool inLoop() const { return loops.size() > loopFloor(); }
  Value damaged() {
    return fail(LLMC_TEXT_DAMAGED, "the template's program is damaged");
  }

  const Asset &asset;
  const Value &variables;
  llmc_text_message *message;
  llmc_text_status status = LLMC_TEXT_OK;
  uint64_t steps = 0;
  uint32_t pc = 0;
  bool done = false;
  Array<Value> stack;
  Array<Variable> locals;
  Array<uint32_t> scopes;   ///< where in `locals` each scope begins
  Array<uint32_t> captures; ///< where in `out` each capture begins
  Array<LoopState *> loops;
  Array<Frame> frames;
};

using FilterFunction = Value (*)(Vm &, const Value &, const Arguments &);
using TestFunction = bool (*)(Vm &, const Value &, const Arguments &);
using GlobalFunction = Value (*)(Vm &, const Arguments &);

// Rows of builtins.def; kFilterNames and kTestNames have the names.
extern const FilterFunction kFilters[];
extern const TestFunction kTests[];
extern const GlobalFunction kGlobals[];
extern const char *const kGlobalNames[];
extern const uint32_t kGlobalCount;

/// The row of a method that `object` has, or kNone.
uint32_t findMethod(const Value &object, const char *name, size_t size);
Value callMethod(Vm &vm, uint32_t method, const Value &object,
                 const Arguments &arguments);

/// The name of a value's type, as Python has it.
const char *typeName(const Value &value);
bool isString(const Value &value, const char *text);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_VM_H
