// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "line_editor.h"

#include <algorithm>
#include <iostream>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace llmc::program {

static const char kPrompt[] = "> ";

namespace {
// Keys arrive one by one and unechoed while this lives.
class RawTerminal {
public:
  RawTerminal() : good(tcgetattr(STDIN_FILENO, &saved) == 0) {
    struct termios raw = saved;
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~tcflag_t(IXON);
    if (good)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  }
  ~RawTerminal() {
    if (good)
      tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
  }

private:
  struct termios saved = {};
  bool good;
};

enum Key { kEnd = 4, kInterrupt = 3, kBackspace = 127, kEscape = 27 };
} // namespace

static int readKey() {
  unsigned char byte;
  return ::read(STDIN_FILENO, &byte, 1) == 1 ? byte : -1;
}

static bool isTail(char byte) { return (byte & 0xc0) == 0x80; }

static size_t columns() {
  struct winsize size = {};
  bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8;
  return known ? size.ws_col : 80;
}

size_t LineEditor::before(size_t at) const {
  while (at > 0 && isTail(text[--at]))
    ;
  return at;
}

size_t LineEditor::after(size_t at) const {
  if (at < text.size())
    ++at;
  while (at < text.size() && isTail(text[at]))
    ++at;
  return at;
}

// A line wider than the terminal shows the part around the cursor.
void LineEditor::draw() const {
  size_t room = columns() - sizeof kPrompt, begin = cursor, shown = 0;
  while (begin > 0 && shown + 1 < room) {
    begin = before(begin);
    ++shown;
  }
  size_t end = cursor, left = 0;
  for (; end < text.size() && shown + left < room; ++left)
    end = after(end);
  printf("\r%s%s\x1b[K", kPrompt, text.substr(begin, end - begin).c_str());
  if (left)
    printf("\x1b[%zuD", left);
  fflush(stdout);
}

void LineEditor::insert(char byte) {
  text.insert(cursor++, 1, byte);
  bool fits = text.size() + sizeof kPrompt < columns();
  if (cursor < text.size() || !fits)
    return draw();
  fputc(byte, stdout);
  fflush(stdout);
}

void LineEditor::recall(long step) {
  long at = long(recalled) + step;
  if (at < 0 || at > long(history.size()))
    return;
  recalled = size_t(at);
  text = recalled < history.size() ? history[recalled] : std::string();
  cursor = text.size();
  draw();
}

// ESC [ letter, ESC O letter or ESC [ number ~.
void LineEditor::onEscape() {
  int key = readKey(), number = 0;
  if (key != '[' && key != 'O')
    return;
  for (key = readKey(); key >= '0' && key <= '9'; key = readKey())
    number = std::min(number * 10 + key - '0', 100);
  if (key == 'A' || key == 'B')
    return recall(key == 'A' ? -1 : 1);
  if (key == 'D')
    cursor = before(cursor);
  if (key == 'C')
    cursor = after(cursor);
  if (key == 'H' || (key == '~' && (number == 1 || number == 7)))
    cursor = 0;
  if (key == 'F' || (key == '~' && (number == 4 || number == 8)))
    cursor = text.size();
  if (key == '~' && number == 3)
    text.erase(cursor, after(cursor) - cursor);
  draw();
}

bool LineEditor::onKey(int key) {
  size_t from = cursor;
  switch (key) {
  case -1:
  case kInterrupt:
    return false;
  case kEnd:
    return !text.empty();
  case '\r':
  case '\n':
    whole = true;
    return true;
  case kEscape:
    onEscape();
    return true;
  case kBackspace:
  case 'H' - '@':
    cursor = before(from);
    text.erase(cursor, from - cursor);
    break;
  case 'W' - '@':
    while (cursor > 0 && text[cursor - 1] == ' ')
      --cursor;
    while (cursor > 0 && text[cursor - 1] != ' ')
      --cursor;
    text.erase(cursor, from - cursor);
    break;
  case 'A' - '@':
    cursor = 0;
    break;
  case 'E' - '@':
    cursor = text.size();
    break;
  case 'K' - '@':
    text.erase(cursor);
    break;
  case 'U' - '@':
    text.erase(0, cursor);
    cursor = 0;
    break;
  default:
    if (key >= ' ' || key == '\t')
      insert(char(key));
    return true;
  }
  draw();
  return true;
}

bool LineEditor::edit(std::string &line) {
  RawTerminal raw;
  text = line;
  cursor = text.size();
  recalled = history.size();
  whole = false;
  printf("%s%s", kPrompt, text.c_str());
  fflush(stdout);
  while (!whole)
    if (!onKey(readKey()))
      return false;
  puts("");
  fflush(stdout);
  line = text;
  if (!line.empty() && (history.empty() || history.back() != line))
    history.push_back(line);
  return true;
}

bool LineEditor::read(std::string &line) {
  return terminal ? edit(line) : bool(std::getline(std::cin, line));
}

} // namespace llmc::program
