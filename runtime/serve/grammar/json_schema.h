// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON schemas to grammars. Every text that the grammar matches is JSON and
// valid by the schema; a keyword that could not be kept is refused by name,
// never ignored. Properties come in the schema's order, numbers and white
// space are bounded, so that an answer cannot go on for ever in them.
#ifndef LLMC_RUNTIME_SERVE_GRAMMAR_JSON_SCHEMA_H
#define LLMC_RUNTIME_SERVE_GRAMMAR_JSON_SCHEMA_H

#include "runtime/serve/grammar/grammar.h"
#include "runtime/serve/json.h"

namespace llmc::serve {

/// Throws HttpError 400 naming the keyword and where it stands.
std::shared_ptr<const Grammar> compileSchema(const Json &schema);

/// Any JSON object.
std::shared_ptr<const Grammar> anyObjectGrammar();

} // namespace llmc::serve

#endif
