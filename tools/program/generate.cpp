// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `generate`: continues a text. The prompt is taken as it stands, BOS before
// it; chat applies the model's template.
#include "verbs.h"

#include <nlohmann/json.hpp>
#include <stdio.h>

namespace llmc::program {

static void printJson(const Answer &answer, const GenerateOptions &options,
                      const Session &session) {
  nlohmann::ordered_json json = {
      {"prompt", options.prompt},
      {"text", answer.text},
      {"tokens", answer.tokens},
      {"finish_reason", answer.finish},
      {"prompt_tokens", answer.prompt_tokens},
      {"completion_tokens", answer.tokens.size()},
      {"time_to_first_token_seconds", answer.first_token_seconds},
      {"prompt_tokens_per_second", answer.promptRate()},
      {"tokens_per_second", answer.decodeRate()},
      {"threads", session.threads()},
      {"target", session.variant().target},
      {"emulated", isEmulated()},
  };
  puts(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
           .c_str());
}

void generate(const llmc_model &model, const GenerateOptions &options) {
  ModelText text(model, "generate");
  Session session(model, options.session);
  Generator generator(session, text, options.limits);
  Answer answer =
      generator.answer(text.encode(options.prompt, /*add_special=*/true),
                       [&](std::string_view piece) {
                         if (options.json)
                           return;
                         fwrite(piece.data(), 1, piece.size(), stdout);
                         fflush(stdout);
                       });
  if (options.json)
    return printJson(answer, options, session);
  puts("");
  fflush(stdout);
  if (answer.finish == std::string_view("context"))
    fprintf(stderr, "stopped: the context of %d tokens is full\n",
            session.config().context);
  printTiming(answer, session);
}

} // namespace llmc::program
