// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A chat template (Jinja, with the settings that model folders assume:
// trim_blocks, lstrip_blocks, loop controls) -> the program of a text section.
#ifndef LLMC_TEXT_TEMPLATE_H
#define LLMC_TEXT_TEMPLATE_H

#include "compiler/text/Section.h"

namespace llmc {

/// Adds the program and sets kHasTemplate. Errors begin with `where` and the
/// line; what Jinja knows but this compiler does not is Unsupported. A template
/// that fails leaves `section` as it was.
llvm::Error compileTemplate(llvm::StringRef source, llvm::StringRef where,
                            TextSection &section);

} // namespace llmc

#endif // LLMC_TEXT_TEMPLATE_H
