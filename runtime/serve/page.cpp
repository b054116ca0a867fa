// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/page.h"

asm(".section .rodata.llmc_page,\"a\"\n"
    ".globl llmc_page_begin\n"
    ".globl llmc_page_end\n"
    "llmc_page_begin:\n"
    ".incbin \"runtime/serve/page.html\"\n"
    "llmc_page_end:\n"
    ".previous\n");

extern "C" const char llmc_page_begin[], llmc_page_end[];

namespace llmc::serve {

std::string_view page() {
  return {llmc_page_begin, size_t(llmc_page_end - llmc_page_begin)};
}

const char kPageHeaders[] =
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-store\r\n";

} // namespace llmc::serve
