// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ProgramCache.h"
#include "Link.h"
#include "compiler/Compiler.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <map>
#include <unistd.h>

using namespace llmc;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Adds size and time of a file to the key.
static void describeFile(llvm::raw_ostream &key, llvm::StringRef file) {
  fs::file_status status;
  if (!fs::status(file, status))
    key << file << ' ' << status.getSize() << ' '
        << status.getLastModificationTime().time_since_epoch().count() << '\n';
}

/// Adds the files of a model: those of its folder, hidden ones left out.
static void describeModel(llvm::raw_ostream &key, llvm::StringRef model) {
  llvm::StringRef folder =
      fs::is_directory(model) ? model : path::parent_path(model);
  std::map<std::string, int> files; // in order of name
  std::error_code code;
  for (fs::directory_iterator i(folder.empty() ? "." : folder, code), end;
       i != end && !code; i.increment(code))
    if (i->type() != fs::file_type::directory_file &&
        !path::filename(i->path()).starts_with("."))
      files[i->path()];
  for (auto &entry : files)
    describeFile(key, entry.first);
}

static std::string cacheKey(const CompileOptions &o, bool shared) {
  std::string text;
  llvm::raw_string_ostream key(text);
  key << "llmc " LLMC_VERSION "\n";
  describeFile(key, binaryFolder() + "/llmc");
  llvm::SmallString<128> model(o.model);
  fs::make_absolute(model);
  path::remove_dots(model, /*remove_dot_dot=*/true);
  key << model << '\n';
  describeModel(key, model);
  if (!o.tokenizer.empty())
    describeModel(key, o.tokenizer);
  for (const QuantRule &rule : o.quantize)
    key << rule.pattern << '=' << rule.scheme << ':' << rule.group << ':'
        << rule.asymmetric << '\n';
  key << o.only << '\n' << o.target << ' ' << o.context << ' ' << o.rows << ' ' << int(o.kv)
      << ' ' << int(o.weights) << ' ' << shared;
  llvm::BLAKE3Result<16> hash = llvm::BLAKE3::hash<16>(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(text.data()),
                     text.size()));
  return llvm::toHex(hash, /*LowerCase=*/true);
}

static llvm::Expected<std::string> cacheFolder() {
  llvm::SmallString<128> folder;
  if (const char *home = std::getenv("XDG_CACHE_HOME"); home && *home)
    folder = home;
  else if (!path::cache_directory(folder))
    return llvm::createStringError("neither XDG_CACHE_HOME nor HOME is set; "
                                   "programs are cached there");
  path::append(folder, "llmc");
  if (std::error_code code = fs::create_directories(folder))
    return llvm::createStringError(folder + ": " + code.message());
  return folder.str().str();
}

/// "Llama-3.2-1B" for the folder of that name.
static std::string modelName(llvm::StringRef model) {
  llvm::SmallString<128> full(model);
  fs::make_absolute(full);
  path::remove_dots(full, /*remove_dot_dot=*/true);
  llvm::StringRef name = path::filename(llvm::StringRef(full).rtrim('/'));
  name.consume_back(".onnx");
  return name.empty() ? "model" : name.str();
}

/// Compiles and links into `folder`.
static llvm::Error build(CompileOptions options, const std::string &folder,
                         bool shared) {
  options.output = folder + "/" + modelName(options.model) + ".o";
  options.progress = ::isatty(2);
  llvm::errs() << "llmc: compiling " << options.model << " for this machine\n";
  CompileReport report;
  if (llvm::Error error = compile(options, report, [](llvm::StringRef text) {
        llvm::errs() << "llmc: warning: " << text << '\n';
      }))
    return error;
  LinkOptions link;
  link.object = options.output;
  link.output = folder + "/program";
  link.mode = shared ? LinkMode::Shared : LinkMode::Static;
  if (llvm::Error error = linkProgram(link))
    return error;
  fs::remove(options.output);
  return llvm::Error::success();
}

llvm::Expected<std::string> llmc::cachedProgram(const CompileOptions &options,
                                                bool shared) {
  llvm::Expected<std::string> cache = cacheFolder();
  if (!cache)
    return cache.takeError();
  std::string folder = *cache + "/" + cacheKey(options, shared);
  std::string program = folder + "/program";
  if (fs::exists(program))
    return program;
  std::string temporary = folder + ".tmp" + std::to_string(::getpid());
  if (std::error_code code = fs::create_directory(temporary))
    return llvm::createStringError(temporary + ": " + code.message());
  llvm::Error error = build(options, temporary, shared);
  // Another llmc may have been first: its program is as good.
  if (!error && fs::rename(temporary, folder) && !fs::exists(program))
    error = llvm::createStringError(folder + ": cannot be renamed into place");
  if (fs::exists(temporary))
    fs::remove_directories(temporary);
  if (error)
    return std::move(error);
  return program;
}

llvm::Error llmc::execute(const std::string &program,
                          llvm::ArrayRef<std::string> arguments) {
  std::vector<char *> words = {const_cast<char *>(program.c_str())};
  for (const std::string &argument : arguments)
    words.push_back(const_cast<char *>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  return llvm::createStringError(program + ": cannot be started");
}
