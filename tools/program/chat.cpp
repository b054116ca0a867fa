// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `chat`: a conversation on a plain terminal or a pipe, one line a message.
// Each turn renders the whole conversation by the model's template; what the KV
// cache already holds of it is not computed again.
#include "line_editor.h"
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <utility>

namespace llmc::program {

namespace {
struct Message {
  const char *role;
  std::string content;
};
using Messages = std::vector<Message>;
} // namespace

// What the SIGINT handler may touch; set while `chat` runs.
static std::atomic<bool> interrupted;
static std::atomic<llmc_session *> running;

static void onInterrupt(int) {
  interrupted = true;
  llmc_session_interrupt(running);
}

// Without SA_RESTART, so that Ctrl-C at the prompt ends the reading.
static void catchInterrupt(llmc_session *session) {
  running = session;
  struct sigaction action = {};
  action.sa_handler = onInterrupt;
  sigaction(SIGINT, &action, nullptr);
}

// The tokens of the conversation with the answer's head.
static Tokens render(const ModelText &text, const Messages &messages) {
  serve::Json list = serve::Json::array();
  for (const Message &message : messages)
    list.push_back({{"role", message.role}, {"content", message.content}});
  serve::Json variables = serve::templateVariables(std::move(list));
  variables["add_generation_prompt"] = true;
  // The template writes the special tokens itself.
  return text.encode(text.render(variables), /*add_special=*/false);
}

static void showPiece(std::string_view piece) {
  fwrite(piece.data(), 1, piece.size(), stdout);
  fflush(stdout);
}

// Answers messages.back(); false: the turn failed and was taken back.
static bool takeTurn(Generator &generator, const ModelText &text,
                     const Session &session, Messages &messages) {
  interrupted = false;
  Answer answer;
  try {
    answer = generator.answer(render(text, messages), showPiece, &interrupted);
  } catch (const std::runtime_error &failure) {
    messages.pop_back();
    fprintf(stderr, "%s; /reset starts a new conversation\n", failure.what());
    return false;
  }
  puts("");
  fflush(stdout);
  if (answer.finish == std::string_view("interrupted"))
    fputs("(stopped)\n", stderr);
  if (answer.finish == std::string_view("context"))
    fputs("(the context is full; /reset starts a new conversation)\n", stderr);
  printTiming(answer, session);
  messages.push_back({"assistant", answer.text});
  interrupted = false;
  return true;
}

// Removes the last question and its answer; gives the question.
static std::string takeBack(Messages &messages) {
  std::string question;
  while (!messages.empty() && question.empty() &&
         messages.back().role != std::string_view("system")) {
    if (messages.back().role == std::string_view("user"))
      question = messages.back().content;
    messages.pop_back();
  }
  if (question.empty())
    fputs("(there is no turn to take back)\n", stderr);
  return question;
}

void chat(const llmc_model &model, const ChatOptions &options) {
  ModelText text(model, "chat", ModelText::Tokenizer | ModelText::Template);
  Session session(model, options.session);
  Generator generator(session, text, options.limits);
  catchInterrupt(session.get());
  bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  Messages messages;
  auto reset = [&] {
    messages.clear();
    if (!options.system.empty())
      messages.push_back({"system", options.system});
  };
  reset();
  if (terminal)
    puts("/undo takes the last turn back, /edit does and lets you change the "
         "question,\n/again answers it once more, /reset forgets the "
         "conversation, /quit ends it,\nCtrl-C stops an answer");
  bool allAnswered = true;
  LineEditor editor(terminal);
  std::string line, next;
  while (editor.read(line = std::exchange(next, {})) && line != "/quit") {
    if (line == "/reset") {
      reset();
      continue;
    }
    bool again = line == "/again";
    if (again || line == "/undo" || line == "/edit") {
      std::string question = takeBack(messages);
      if (line == "/edit")
        next = question;
      line = again ? question : std::string();
    }
    if (line.empty())
      continue;
    messages.push_back({"user", line});
    allAnswered &= takeTurn(generator, text, session, messages);
  }
  if (terminal)
    puts("");
  running = nullptr;
  if (!terminal && !allAnswered)
    throw Failure("chat: not every message was answered");
}

} // namespace llmc::program
