// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelObject.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include <cstring>
#include <map>

using namespace llmc;
using llvm::object::ELF64LEObjectFile;
using llvm::object::SectionRef;

namespace {

/// A place in the file: section and offset in it.
struct Place {
  std::optional<SectionRef> section;
  uint64_t offset = 0;
};

/// Follows pointers in an object (through relocations) and in a program
/// linked at fixed addresses (through their values).
class Image {
public:
  explicit Image(const ELF64LEObjectFile &file) : file(file) {
    if (file.isRelocatableObject())
      for (SectionRef section : file.sections())
        readRelocations(section);
  }

  /// `size` bytes at a place, or none where the file has fewer.
  llvm::StringRef bytes(const Place &at, uint64_t size) const {
    if (!at.section || at.section->isBSS())
      return {};
    llvm::Expected<llvm::StringRef> all = at.section->getContents();
    if (!all) {
      llvm::consumeError(all.takeError());
      return {};
    }
    if (at.offset > all->size() || size > all->size() - at.offset)
      return {};
    return all->substr(at.offset, size);
  }

  /// Where the pointer at a place points; no section for null.
  Place follow(Place at, uint64_t field) const {
    at.offset += field;
    if (file.isRelocatableObject()) {
      auto found = pointers.find({at.section->getIndex(), at.offset});
      return found == pointers.end() ? Place() : found->second;
    }
    uint64_t address = 0;
    llvm::StringRef raw = bytes(at, 8);
    if (raw.size() == 8)
      std::memcpy(&address, raw.data(), 8);
    return address ? placeOf(address) : Place();
  }

  std::string string(const Place &at) const {
    if (!at.section)
      return {};
    llvm::Expected<llvm::StringRef> all = at.section->getContents();
    if (!all) {
      llvm::consumeError(all.takeError());
      return {};
    }
    llvm::StringRef tail = all->substr(std::min<uint64_t>(at.offset, all->size()));
    return tail.take_until([](char c) { return c == 0; }).str();
  }

  Place placeOf(uint64_t address) const {
    for (SectionRef section : file.sections())
      if (section.getAddress() && address >= section.getAddress() &&
          address - section.getAddress() < section.getSize())
        return {section, address - section.getAddress()};
    return {};
  }

private:
  void readRelocations(SectionRef section) {
    llvm::Expected<llvm::object::section_iterator> target =
        section.getRelocatedSection();
    if (!target) {
      llvm::consumeError(target.takeError());
      return;
    }
    if (*target == file.section_end() || (*target)->isText())
      return;
    for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
      auto symbol = relocation.getSymbol();
      if (symbol == file.symbol_end())
        continue;
      auto home = symbol->getSection();
      auto value = symbol->getValue();
      auto addend = relocation.getAddend();
      if (!home || !value || !addend || *home == file.section_end()) {
        llvm::consumeError(home.takeError());
        llvm::consumeError(value.takeError());
        llvm::consumeError(addend.takeError());
        continue;
      }
      pointers[{(*target)->getIndex(), relocation.getOffset()}] = {
          **home, *value + uint64_t(*addend)};
    }
  }

  const ELF64LEObjectFile &file;
  std::map<std::pair<uint64_t, uint64_t>, Place> pointers;
};

} // namespace

/// The descriptors among the symbols: right size, right magic.
static llvm::Error findDescriptor(const ELF64LEObjectFile &file,
                                  const Image &image, llvm::StringRef name,
                                  Place &at, ModelObject &out) {
  for (const llvm::object::ELFSymbolRef symbol : file.symbols()) {
    if (symbol.getSize() != sizeof(llmc_model))
      continue;
    auto section = symbol.getSection();
    auto value = symbol.getValue();
    auto text = symbol.getName();
    if (!section || !value || !text || *section == file.section_end()) {
      llvm::consumeError(section.takeError());
      llvm::consumeError(value.takeError());
      llvm::consumeError(text.takeError());
      continue;
    }
    Place place{**section, *value - (*section)->getAddress()};
    llvm::StringRef raw = image.bytes(place, sizeof(llmc_model));
    uint32_t head[2] = {0, 0};
    if (raw.size() >= sizeof head)
      std::memcpy(head, raw.data(), sizeof head);
    if (head[0] != LLMC_MAGIC)
      continue;
    if (head[1] != LLMC_ABI_VERSION)
      return llvm::createStringError(
          name + ": has ABI version " + std::to_string(head[1]) +
          ", this llmc reads " + std::to_string(LLMC_ABI_VERSION));
    if (at.section)
      return llvm::createStringError(name + ": holds more than one model (" +
                                     out.symbol + " and " + *text + ")");
    at = place;
    out.symbol = text->str();
  }
  if (!at.section)
    return llvm::createStringError(
        name + ": holds no compiled model; an object of `llmc compile` or a "
               "static program of `llmc link` is accepted");
  return llvm::Error::success();
}

static std::string sha256(llvm::StringRef bytes) {
  llvm::SHA256 hash;
  hash.update(bytes);
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

static void readFacts(const Image &image, const Place &at, bool hash,
                      ModelObject &out) {
  llmc_model model;
  llvm::StringRef raw = image.bytes(at, sizeof model);
  std::memcpy(&model, raw.data(), sizeof model);
  auto field = [&](size_t offset) { return image.follow(at, offset); };
  out.name = image.string(field(offsetof(llmc_model, name)));
  out.scheme = image.string(field(offsetof(llmc_model, scheme)));
  out.weightsFile = image.string(field(offsetof(llmc_model, weights_file)));
  out.infoJson = image.string(field(offsetof(llmc_model, info_json)));
  Place weights = field(offsetof(llmc_model, weights));
  out.weightsEmbedded = weights.section.has_value();
  if (hash && out.weightsEmbedded)
    out.weightsHash = sha256(image.bytes(weights, uint64_t(model.weights_bytes)));
  out.arenaBytes = model.arena_bytes;
  out.privateBytes = model.private_bytes;
  out.kvBytesPerSequence = model.kv_bytes_per_sequence;
  out.weightsBytes = model.weights_bytes;
  out.textBytes = model.text_bytes;
  out.weightsId = llvm::toHex(
      llvm::ArrayRef<uint8_t>(model.weights_id, LLMC_WEIGHTS_ID_BYTES), true);
  llvm::StringRef config = image.bytes(field(offsetof(llmc_model, config)),
                                       sizeof(llmc_config));
  if (config.size() == sizeof(llmc_config))
    std::memcpy(&out.config, config.data(), sizeof(llmc_config));
  Place variants = field(offsetof(llmc_model, variants));
  for (int64_t i = 0; variants.section && i < model.n_variants && i < 64; ++i) {
    llmc_variant variant;
    llvm::StringRef bytes = image.bytes(variants, sizeof variant);
    if (bytes.size() != sizeof variant)
      break;
    std::memcpy(&variant, bytes.data(), sizeof variant);
    out.variants.push_back(
        {image.string(image.follow(variants, offsetof(llmc_variant, target))),
         variant.isa, variant.sve_bits});
    variants.offset += sizeof variant;
  }
}

llvm::Expected<ModelObject> llmc::readModelObject(llvm::StringRef name,
                                                  bool hash) {
  auto buffer = llvm::MemoryBuffer::getFile(name, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(name + ": " + buffer.getError().message());
  auto file = llvm::object::ObjectFile::createELFObjectFile(**buffer);
  if (!file) {
    llvm::consumeError(file.takeError());
    return llvm::createStringError(
        name + ": is no ELF file; an object of `llmc compile` is accepted");
  }
  auto *elf = llvm::dyn_cast<ELF64LEObjectFile>(file->get());
  bool arm = elf && elf->getArch() == llvm::Triple::aarch64;
  if (!arm && !(elf && elf->getArch() == llvm::Triple::x86_64))
    return llvm::createStringError(name + ": is for neither aarch64 nor x86-64");
  ModelObject out;
  out.arch = arm ? "aarch64" : "x86_64";
  out.isObject = elf->isRelocatableObject();
  Image image(*elf);
  Place at;
  if (llvm::Error error = findDescriptor(*elf, image, name, at, out))
    return std::move(error);
  readFacts(image, at, hash, out);
  return out;
}

llvm::Error llmc::verifyWeights(llvm::StringRef name) {
  llvm::Expected<ModelObject> model = readModelObject(name, /*hash=*/true);
  if (!model)
    return model.takeError();
  std::string place = name.str(), hash = model->weightsHash;
  if (!model->weightsEmbedded) {
    llvm::SmallString<128> file(llvm::sys::path::parent_path(name));
    llvm::sys::path::append(file, model->weightsFile);
    place = file.str().str();
    auto buffer = llvm::MemoryBuffer::getFile(place, /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false);
    if (!buffer)
      return llvm::createStringError(place + ": " + buffer.getError().message());
    llvm::StringRef bytes = (*buffer)->getBuffer();
    if (bytes.size() != uint64_t(LLMC_WEIGHTS_OFFSET + model->weightsBytes))
      return llvm::createStringError(
          place + ": has " + std::to_string(bytes.size()) + " bytes, not " +
          std::to_string(LLMC_WEIGHTS_OFFSET + model->weightsBytes));
    hash = sha256(bytes.drop_front(LLMC_WEIGHTS_OFFSET));
  }
  if (hash != model->weightsId)
    return llvm::createStringError(place + ": the weights are damaged: their "
                                           "hash is " +
                                   hash + ", not " + model->weightsId);
  return llvm::Error::success();
}

std::string llmc::isaFeatureNames(uint64_t isa) {
  static const char *kNames[] = {
#define LLMC_ISA(name, ...) #name,
#include "kernels/isa_features.def"
  };
  std::string text;
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (isa >> i & 1)
      text += (text.empty() ? "" : " ") + std::string(kNames[i]);
  return text;
}
