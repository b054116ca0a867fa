// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Appends large sections to a relocatable ELF object while streaming: in, the
// object that LLVM made, in memory, with undefined symbols; out, a file in
// which each symbol names a section whose bytes a callback has written. Why
// not LLVM's own writer: sections of many GiB must never be in memory.
#ifndef LLMC_COMPILER_OBJECT_ELFWRITER_H
#define LLMC_COMPILER_OBJECT_ELFWRITER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace llmc {

struct ElfSection {
  std::string name;   // ".rodata.llmc.text"
  std::string symbol; // undefined in the object; will name the section
  uint64_t size = 0, alignment = 64;
  bool large = false; // beyond 2 GiB of the code (x86-64: SHF_X86_64_LARGE)
  /// Writes exactly `size` bytes.
  llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write;
};

/// Writes `object` with `sections` to `os`, an empty file. 64-bit little-endian
/// objects only.
llvm::Error writeElf(llvm::ArrayRef<char> object,
                     llvm::ArrayRef<ElfSection> sections,
                     llvm::raw_fd_ostream &os);

/// Position in `object` (and so in what writeElf writes) of the bytes of the
/// defined symbol `name`.
llvm::Expected<uint64_t> elfSymbolOffset(llvm::ArrayRef<char> object,
                                         llvm::StringRef name);

} // namespace llmc

#endif
