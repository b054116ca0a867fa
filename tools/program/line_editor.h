// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads lines from standard input for chat. On a terminal they can be edited:
// arrows, Home, End, Delete, Ctrl-A/E/K/U/W, and earlier lines by up and down.
#ifndef LLMC_TOOLS_PROGRAM_LINE_EDITOR_H
#define LLMC_TOOLS_PROGRAM_LINE_EDITOR_H

#include <string>
#include <vector>

namespace llmc::program {

class LineEditor {
public:
  /// `terminal`: standard input and output are one.
  explicit LineEditor(bool terminal) : terminal(terminal) {}
  /// Reads a line that starts out as `line`; false: the input has ended, or
  /// Ctrl-C was pressed.
  bool read(std::string &line);

private:
  bool edit(std::string &line);
  bool onKey(int key);
  void onEscape();
  void insert(char byte);
  void recall(long step);
  void draw() const;
  size_t before(size_t at) const; // the character before and after a place
  size_t after(size_t at) const;

  const bool terminal;
  std::vector<std::string> history;
  std::string text;
  size_t cursor = 0, recalled = 0; // byte in text, entry of history
  bool whole = false;              // Enter was pressed
};

} // namespace llmc::program

#endif
