// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/SafetensorsFile.h"
#include "compiler/support/Json.h"
#include "compiler/support/MappedFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <optional>
#include <tuple>

using namespace llvm;

namespace llmc {
namespace {

struct ElementType {
  StringRef name;
  uint64_t bits;
};

// Every element type of the format, whether a weight may have it or not.
constexpr ElementType kElementTypes[] = {
    {"BOOL", 8}, {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},
    {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},
    {"U16", 16}, {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32}, {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64}};

Error fileError(StringRef file, const Twine &message) {
  return createStringError(inconvertibleErrorCode(), file + ": " + message);
}

Error tensorError(StringRef file, StringRef tensor, const Twine &message) {
  return fileError(file, "tensor " + printableName(tensor) + ": " + message);
}

/// The bits of one element of `dtype`, 0 where there is no such type.
uint64_t bitsOf(StringRef dtype) {
  const auto *found = find_if(kElementTypes, [&](const ElementType &type) {
    return type.name == dtype;
  });
  return found == std::end(kElementTypes) ? 0 : found->bits;
}

/// The JSON text between the length and the data.
Expected<StringRef> headerText(ArrayRef<uint8_t> file, StringRef name) {
  if (file.size() < 8)
    return fileError(name, Twine(file.size()) +
                               " bytes, expected an 8-byte header length");
  uint64_t length = support::endian::read64le(file.data());
  if (length > SafetensorsLimits::headerBytes)
    return fileError(name, "header of " + Twine(length) + " bytes, at most " +
                               Twine(SafetensorsLimits::headerBytes) +
                               " are read");
  if (length > file.size() - 8)
    return fileError(name, "header of " + Twine(length) + " bytes, but only " +
                               Twine(file.size() - 8) + " follow");
  StringRef text(reinterpret_cast<const char *>(file.data()) + 8, length);
  if (!text.starts_with("{"))
    return fileError(name, "the header is not a JSON object");
  // Bounds the memory that parsing takes: a tensor needs at most 11 commas.
  if (text.count(',') > SafetensorsLimits::tensors * 11)
    return fileError(name, "header with more values than " +
                               Twine(SafetensorsLimits::tensors) +
                               " tensors can have");
  return text;
}

/// The list of integers, 0 or more, at `key` of the entry of one tensor.
Error readIntegers(const JsonObject &entry, StringRef key,
                   SmallVectorImpl<int64_t> &out) {
  Expected<const Json *> list = entry.array(key);
  if (!list)
    return list.takeError();
  bool valid = (*list)->size() <= SafetensorsLimits::rank;
  for (const Json &item : **list) {
    valid = valid && item.is_number_unsigned() &&
            item.get<uint64_t>() <= uint64_t(JsonObject::kMaxInt);
    if (!valid)
      return entry.error(key, "at most " + Twine(SafetensorsLimits::rank) +
                                  " integers, 0 or more");
    out.push_back(int64_t(item.get<uint64_t>()));
  }
  return Error::success();
}

/// The bytes that `shape` elements of `bits` take; nothing where the count
/// overflows 64 bits or does not end on a byte.
std::optional<uint64_t> bytesOf(ArrayRef<int64_t> shape, uint64_t bits) {
  if (is_contained(shape, 0))
    return 0;
  uint64_t count = bits;
  for (int64_t dimension : shape) {
    bool overflow = false;
    count = SaturatingMultiply(count, uint64_t(dimension), &overflow);
    if (overflow)
      return std::nullopt;
  }
  return count % 8 == 0 ? std::optional<uint64_t>(count / 8) : std::nullopt;
}

/// One entry of the header; `dataBegin` is where offsets count from.
Expected<SafetensorsTensor> readEntry(const Json &json, StringRef file,
                                      StringRef name, uint64_t dataBegin,
                                      uint64_t dataBytes) {
  Expected<JsonObject> entry =
      JsonObject::get(json, file, "tensor " + printableName(name));
  if (!entry)
    return entry.takeError();
  SafetensorsTensor tensor;
  tensor.name = name.str();
  Expected<std::string> dtype = entry->string("dtype");
  if (!dtype)
    return dtype.takeError();
  tensor.dtype = std::move(*dtype);
  uint64_t bits = bitsOf(tensor.dtype);
  if (bits == 0)
    return entry->error("dtype",
                        "one of " + join(map_range(kElementTypes,
                                                   [](const ElementType &type) {
                                                     return type.name;
                                                   }),
                                         " "));
  SmallVector<int64_t> offsets;
  if (Error error = readIntegers(*entry, "shape", tensor.shape))
    return std::move(error);
  if (Error error = readIntegers(*entry, "data_offsets", offsets))
    return std::move(error);
  if (offsets.size() != 2)
    return tensorError(file, name,
                       "data_offsets has " + Twine(offsets.size()) +
                           " entries, expected begin and end");
  if (offsets[0] > offsets[1] || uint64_t(offsets[1]) > dataBytes)
    return tensorError(file, name,
                       "data_offsets " + describeShape(offsets) +
                           ", expected begin <= end <= " + Twine(dataBytes) +
                           ", the bytes after the header");
  tensor.offset = dataBegin + uint64_t(offsets[0]);
  tensor.bytes = uint64_t(offsets[1]) - uint64_t(offsets[0]);
  std::optional<uint64_t> needed = bytesOf(tensor.shape, bits);
  if (needed != tensor.bytes)
    return tensorError(file, name,
                       "shape " + describeShape(tensor.shape) + " of " +
                           tensor.dtype + " needs " +
                           (needed ? Twine(*needed).str() + " bytes"
                                   : "an impossible number of bytes") +
                           ", its data_offsets give " + Twine(tensor.bytes));
  return tensor;
}

/// That the tensors, in the order of their data, fill it exactly.
Error checkCoverage(ArrayRef<SafetensorsTensor> tensors, StringRef file,
                    uint64_t dataBegin, uint64_t fileBytes) {
  uint64_t end = dataBegin;
  const SafetensorsTensor *before = nullptr;
  for (const SafetensorsTensor &tensor : tensors) {
    if (tensor.offset < end)
      return tensorError(file, tensor.name,
                         "its data overlaps that of tensor " +
                             printableName(before->name));
    if (tensor.offset > end)
      return tensorError(file, tensor.name,
                         Twine(tensor.offset - end) +
                             " bytes before its data belong to no tensor");
    end = tensor.offset + tensor.bytes;
    before = &tensor;
  }
  if (end != fileBytes)
    return fileError(file, Twine(fileBytes - end) +
                               " bytes at the end belong to no tensor");
  return Error::success();
}

} // namespace

Expected<std::vector<SafetensorsTensor>>
parseSafetensors(ArrayRef<uint8_t> file, StringRef name) {
  Expected<StringRef> text = headerText(file, name);
  if (!text)
    return text.takeError();
  JsonLimits limits;
  limits.depth = 4;
  limits.bytes = SafetensorsLimits::headerBytes;
  Expected<Json> header = parseJson(*text, (name + ": header").str(), limits);
  if (!header)
    return header.takeError();
  uint64_t dataBegin = 8 + text->size();
  std::vector<SafetensorsTensor> tensors;
  for (const auto &[key, value] : header->get_ref<Json::object_t &>()) {
    if (key == "__metadata__")
      continue;
    if (tensors.size() == SafetensorsLimits::tensors)
      return fileError(name, "more than " + Twine(SafetensorsLimits::tensors) +
                                 " tensors");
    Expected<SafetensorsTensor> tensor =
        readEntry(value, name, key, dataBegin, file.size() - dataBegin);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
  llvm::sort(tensors, [](const auto &a, const auto &b) {
    return std::tie(a.offset, a.bytes, a.name) <
           std::tie(b.offset, b.bytes, b.name);
  });
  if (Error error = checkCoverage(tensors, name, dataBegin, file.size()))
    return std::move(error);
  return tensors;
}

Expected<std::vector<SafetensorsTensor>> readSafetensors(StringRef path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  return parseSafetensors(file->bytes(), path);
}

std::string printableName(StringRef name) {
  std::string out;
  for (char c : name.take_front(120))
    out += (c >= 32 && c < 127) ? c : '?';
  return out + (name.size() > 120 ? "..." : "");
}

std::string describeShape(ArrayRef<int64_t> shape) {
  return "[" +
         join(map_range(shape, [](int64_t d) { return std::to_string(d); }),
              ", ") +
         "]";
}

} // namespace llmc
