// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object/ElfWriter.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <vector>

using namespace llvm;
using namespace llvm::ELF;

namespace llmc {
namespace {

/// A 64-bit little-endian relocatable object in memory. The bytes are LLVM's
/// own, so what is out of place is a broken invariant.
class ObjectImage {
public:
  explicit ObjectImage(ArrayRef<char> object) : bytes(object.vec()) {
    assert(bytes.size() > sizeof(Elf64_Ehdr) &&
           !memcmp(bytes.data(), ElfMagic, 4) &&
           bytes[EI_CLASS] == ELFCLASS64 && bytes[EI_DATA] == ELFDATA2LSB);
    Elf64_Ehdr &h = header();
    sections.resize(h.e_shnum);
    memcpy(sections.data(), bytes.data() + h.e_shoff,
           sections.size() * sizeof(Elf64_Shdr));
  }

  Elf64_Ehdr &header() { return *at<Elf64_Ehdr>(0); }
  StringRef sectionNames() {
    const Elf64_Shdr &names = sections[header().e_shstrndx];
    return {bytes.data() + names.sh_offset, names.sh_size};
  }
  /// The symbol named `name`, or null.
  Elf64_Sym *findSymbol(StringRef name);

  std::vector<char> bytes;
  std::vector<Elf64_Shdr> sections;

private:
  template <typename T> T *at(uint64_t offset) {
    return reinterpret_cast<T *>(bytes.data() + offset);
  }
};

Elf64_Sym *ObjectImage::findSymbol(StringRef name) {
  for (const Elf64_Shdr &table : sections) {
    if (table.sh_type != SHT_SYMTAB)
      continue;
    const char *names = bytes.data() + sections[table.sh_link].sh_offset;
    auto *symbols = at<Elf64_Sym>(table.sh_offset);
    for (uint64_t i = 0, n = table.sh_size / sizeof(Elf64_Sym); i < n; ++i)
      if (name == names + symbols[i].st_name)
        return &symbols[i];
  }
  return nullptr;
}

void padTo(raw_ostream &os, uint64_t alignment) {
  os.write_zeros(alignTo(os.tell(), alignment) - os.tell());
}
} // namespace

Error writeElf(ArrayRef<char> object, ArrayRef<ElfSection> sections,
               raw_fd_ostream &os) {
  ObjectImage image(object);
  std::string names = image.sectionNames().str();
  size_t first = image.sections.size();
  for (const ElfSection &section : sections) {
    Elf64_Shdr header = {};
    header.sh_name = names.size();
    names += section.name + '\0';
    header.sh_type = SHT_PROGBITS;
    header.sh_flags = SHF_ALLOC;
    if (section.large && image.header().e_machine == EM_X86_64)
      header.sh_flags |= SHF_X86_64_LARGE;
    header.sh_size = section.size;
    header.sh_addralign = section.alignment;
    if (Elf64_Sym *symbol = image.findSymbol(section.symbol)) {
      symbol->st_shndx = image.sections.size();
      symbol->st_value = 0;
      symbol->st_size = section.size;
      symbol->setBindingAndType(symbol->getBinding(), STT_OBJECT);
    }
    image.sections.push_back(header);
  }
  image.header().e_shnum = image.sections.size();

  os.write(image.bytes.data(), image.bytes.size());
  Elf64_Shdr &nameTable = image.sections[image.header().e_shstrndx];
  // The table of symbol names may be the same one; it only grows.
  nameTable.sh_offset = os.tell();
  nameTable.sh_size = names.size();
  os << names;
  for (auto [i, section] : llvm::enumerate(sections)) {
    padTo(os, section.alignment);
    image.sections[first + i].sh_offset = os.tell();
    if (Error error = section.write(os))
      return error;
    assert(os.tell() ==
           image.sections[first + i].sh_offset + section.size);
  }
  padTo(os, 8);
  image.header().e_shoff = os.tell();
  os.write(reinterpret_cast<const char *>(image.sections.data()),
           image.sections.size() * sizeof(Elf64_Shdr));
  os.pwrite(reinterpret_cast<const char *>(&image.header()),
            sizeof(Elf64_Ehdr), 0);
  return Error::success();
}

Expected<uint64_t> elfSymbolOffset(ArrayRef<char> object, StringRef name) {
  ObjectImage image(object);
  const Elf64_Sym *symbol = image.findSymbol(name);
  if (!symbol || symbol->st_shndx == SHN_UNDEF ||
      symbol->st_shndx >= image.sections.size())
    return createStringError("the object does not define " + name);
  return image.sections[symbol->st_shndx].sh_offset + symbol->st_value;
}

} // namespace llmc
