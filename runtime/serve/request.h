// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bodies of /v1/chat/completions and /v1/completions: JSON in, checked options
// and prompts out. What is wrong, or would silently mean something else than
// the client thinks, is an HttpError 400 that names the field.
#ifndef LLMC_RUNTIME_SERVE_REQUEST_H
#define LLMC_RUNTIME_SERVE_REQUEST_H

#include "runtime/serve/answer.h"

namespace llmc::serve {

constexpr int32_t kMaxChoices = 16; // prompts times n

struct CompletionRequest {
  bool chat = true, stream = false, include_usage = false;
  std::vector<Tokens> prompts; // one for a chat
  int32_t n = 1;               // answers to each
  std::vector<std::string> tools; // names of what a chat's answer may call
  AnswerOptions options;       // max_tokens 0: as many as the context holds
};

CompletionRequest readRequest(const Json &body, bool chat,
                              const ModelText &text);

} // namespace llmc::serve

#endif
