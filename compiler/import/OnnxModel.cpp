// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/OnnxModel.h"

#include "compiler/support/MappedFile.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <queue>
#include <sys/stat.h>

using namespace llvm;

namespace llmc {

unsigned bitsOf(OnnxType type) {
  switch (type) {
  case OnnxType::U4:
  case OnnxType::I4:
    return 4;
  case OnnxType::U8:
  case OnnxType::I8:
  case OnnxType::Bool:
    return 8;
  case OnnxType::U16:
  case OnnxType::I16:
  case OnnxType::F16:
  case OnnxType::BF16:
    return 16;
  case OnnxType::F32:
  case OnnxType::I32:
  case OnnxType::U32:
    return 32;
  case OnnxType::F64:
  case OnnxType::I64:
  case OnnxType::U64:
    return 64;
  default:
    return 0;
  }
}

int64_t OnnxTensor::elements() const {
  int64_t product = 1;
  for (int64_t dim : dims)
    product *= dim;
  return product;
}

uint64_t OnnxTensor::byteSize() const {
  return divideCeil(uint64_t(elements()) * bitsOf(type), 8);
}

const OnnxAttribute *OnnxNode::find(StringRef attribute) const {
  for (const OnnxAttribute &candidate : attributes)
    if (candidate.name == attribute)
      return &candidate;
  return nullptr;
}

std::string OnnxNode::describe() const {
  return "node '" + name + "' (" + (domain.empty() ? "" : domain + "::") + op +
         ")";
}

int64_t OnnxModel::opsetOf(StringRef domain) const {
  for (const Opset &opset : opsets)
    if (opset.domain == domain)
      return opset.version;
  return 0;
}

namespace {

/// Finds the model's data files and their sizes, each once.
class DataFiles {
public:
  explicit DataFiles(const OnnxModel &model) : model(model) {}

  /// The size of `location`; fails where it does not lie inside the folder.
  Expected<uint64_t> sizeOf(StringRef location, const Twine &what) {
    auto [found, isNew] = sizes.try_emplace(location, 0);
    if (!isNew)
      return found->second;
    auto fail = [&](const Twine &why) -> Error {
      return createStringError(model.path + ": " + what + ": external data '" +
                               location + "' " + why);
    };
    if (sys::path::is_absolute(location) || location.contains('\\') ||
        location.contains('\0') ||
        is_contained(make_range(sys::path::begin(location),
                                sys::path::end(location)), ".."))
      return fail("leaves the model's folder, expected a file inside it");
    SmallString<256> path(model.folder), real, root;
    sys::path::append(path, location);
    if (sys::fs::real_path(path, real))
      return fail("is not there, expected a file in the model's folder");
    if (sys::fs::real_path(model.folder, root) ||
        !real.str().starts_with((root + "/").str()))
      return fail("is a link out of the model's folder, expected a file "
                  "inside it");
    struct stat info;
    if (stat(real.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
      return fail("is not a regular file");
    if (info.st_nlink != 1)
      return fail("has several hard links and may be a file of another "
                  "folder, expected a copy of its own");
    return found->second = uint64_t(info.st_size);
  }

private:
  const OnnxModel &model;
  StringMap<uint64_t> sizes;
};

/// Type and shape of a tensor, and that all its bytes are there.
Error checkTensor(OnnxTensor &tensor, const Twine &what, const OnnxModel &model,
                  DataFiles &files) {
  auto fail = [&](const Twine &why) {
    return createStringError(model.path + ": " + what + ": " + why);
  };
  unsigned bits = bitsOf(tensor.type);
  if (bits == 0)
    return fail("element type " + Twine(int(tensor.type)) +
                " is not supported, expected a float or integer type of 4 to "
                "64 bits, or bool");
  int64_t elements = 1;
  for (int64_t dim : tensor.dims)
    if (dim < 0 || MulOverflow(elements, dim, elements) ||
        elements > (int64_t(1) << 48))
      return fail("its shape is not possible");
  uint64_t needed = tensor.byteSize();
  if (tensor.hasBytes && tensor.bytes.size() != needed)
    return fail("has " + Twine(tensor.bytes.size()) +
                " bytes of data, its shape needs " + Twine(needed));
  if (tensor.file.empty())
    return Error::success();
  Expected<uint64_t> size = files.sizeOf(tensor.file, what);
  if (!size)
    return size.takeError();
  if (tensor.length == 0)
    tensor.length = *size > tensor.offset ? *size - tensor.offset : 0;
  if (tensor.length < needed)
    return fail("has " + Twine(tensor.length) + " bytes of data, its shape needs " +
                Twine(needed));
  if (tensor.offset > *size || tensor.length > *size - tensor.offset)
    return fail("its data ends at byte " +
                Twine(tensor.offset) + " + " + Twine(tensor.length) + " of '" +
                tensor.file + "', which has " + Twine(*size) + " bytes");
  return Error::success();
}

Error checkTensors(OnnxModel &model) {
  DataFiles files(model);
  for (OnnxTensor &tensor : model.initializers)
    if (Error error = checkTensor(tensor, "initializer '" + tensor.name + "'",
                                  model, files))
      return error;
  for (OnnxNode &node : model.nodes)
    for (OnnxAttribute &attribute : node.attributes)
      if (attribute.kind == OnnxAttribute::Tensor)
        if (Error error = checkTensor(attribute.tensor,
                                      node.describe() + " attribute '" +
                                          attribute.name + "'",
                                      model, files))
          return error;
  return Error::success();
}

Error checkVersions(const OnnxModel &model) {
  if (model.irVersion < 4 || model.irVersion > 11)
    return createStringError(model.path + ": IR version " +
                             Twine(model.irVersion) + ", expected 4 to 11");
  int64_t opset = model.opsetOf("");
  if (opset < 13 || opset > 23)
    return createStringError(model.path + ": opset " + Twine(opset) +
                             " of the default domain, expected 13 to 23");
  return Error::success();
}

/// Every name is made once and every name that is read is made.
Error checkNames(OnnxModel &model, StringMap<size_t> &producers) {
  StringSet<> made;
  auto make = [&](StringRef name, const Twine &what) -> Error {
    if (made.insert(name).second)
      return Error::success();
    return createStringError(model.path + ": " + what + ": '" + name +
                             "' is made twice, expected one origin");
  };
  for (const OnnxTensor &tensor : model.initializers)
    if (Error error = make(tensor.name, "initializers"))
      return error;
  // Before IR version 4 initializers had to be listed as inputs.
  erase_if(model.inputs,
           [&](const OnnxValue &input) { return made.contains(input.name); });
  for (const OnnxValue &input : model.inputs)
    if (Error error = make(input.name, "inputs"))
      return error;
  for (auto [index, node] : enumerate(model.nodes))
    for (const std::string &output : node.outputs) {
      if (output.empty())
        continue;
      if (Error error = make(output, node.describe()))
        return error;
      producers[output] = index;
    }
  for (const OnnxNode &node : model.nodes)
    for (const std::string &input : node.inputs)
      if (!input.empty() && !made.contains(input))
        return createStringError(model.path + ": " + node.describe() +
                                 ": reads '" + input +
                                 "', which no input, initializer or node makes");
  for (const OnnxValue &output : model.outputs)
    if (!made.contains(output.name))
      return createStringError(model.path + ": output '" + output.name +
                               "' is made by no node");
  return Error::success();
}

/// A node of a cycle, where `missing` tells which nodes could not be ordered.
const OnnxNode &inCycle(const OnnxModel &model,
                        const StringMap<size_t> &producers,
                        ArrayRef<unsigned> missing) {
  size_t at = find_if(missing, [](unsigned n) { return n != 0; }) -
              missing.begin();
  // Going up among the unordered, one enters the cycle and stays in it.
  for (size_t step = 0; step < missing.size(); ++step)
    for (const std::string &input : model.nodes[at].inputs)
      if (auto found = producers.find(input);
          found != producers.end() && missing[found->second] != 0) {
        at = found->second;
        break;
      }
  return model.nodes[at];
}

/// Puts every node after those it reads, keeping the file's order otherwise.
Error sortNodes(OnnxModel &model, const StringMap<size_t> &producers) {
  size_t count = model.nodes.size();
  std::vector<unsigned> missing(count, 0);
  std::vector<std::vector<size_t>> readers(count);
  for (auto [index, node] : enumerate(model.nodes))
    for (const std::string &input : node.inputs)
      if (auto found = producers.find(input); found != producers.end()) {
        readers[found->second].push_back(index);
        ++missing[index];
      }
  // The lowest ready node first: a file in order stays as it is.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  std::vector<size_t> order;
  for (size_t index = 0; index < count; ++index)
    if (missing[index] == 0)
      ready.push(index);
  while (!ready.empty()) {
    size_t index = ready.top();
    ready.pop();
    order.push_back(index);
    for (size_t reader : readers[index])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  if (order.size() != count)
    return createStringError(model.path + ": " +
                             inCycle(model, producers, missing).describe() +
                             ": reads its own result, expected no cycle");
  std::vector<OnnxNode> sorted;
  for (size_t index : order)
    sorted.push_back(std::move(model.nodes[index]));
  model.nodes = std::move(sorted);
  return Error::success();
}

} // namespace

Error checkOnnxModel(OnnxModel &model) {
  StringMap<size_t> producers;
  if (Error error = checkVersions(model))
    return error;
  if (Error error = checkNames(model, producers))
    return error;
  if (Error error = sortNodes(model, producers))
    return error;
  return checkTensors(model);
}

/// Names come from the file: a message is one line without control characters.
static Error printable(Error error) {
  std::string message = toString(std::move(error));
  for (char &c : message)
    if (uint8_t(c) < ' ' || c == 127)
      c = '?';
  return createStringError(message);
}

static Expected<OnnxModel> readUnchecked(StringRef path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  if (file->size() == 0)
    return createStringError(path + ": is empty, expected an ONNX model");
  OnnxModel model;
  model.path = path.str();
  model.folder = sys::path::parent_path(path).str();
  if (model.folder.empty())
    model.folder = ".";
  model.file = sys::path::filename(path).str();
  Expected<std::string> text = detachPayloads(file->bytes(), path);
  if (!text)
    return text.takeError();
  if (Error error = parseOnnxProto(*text, model))
    return std::move(error);
  return model;
}

Expected<OnnxModel> readOnnxModel(StringRef path) {
  Expected<OnnxModel> model = readUnchecked(path);
  if (!model)
    return printable(model.takeError());
  if (Error error = checkOnnxModel(*model))
    return printable(std::move(error));
  return model;
}

} // namespace llmc
