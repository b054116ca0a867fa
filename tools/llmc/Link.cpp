// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Link.h"
#include "ModelObject.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <unistd.h>

using namespace llmc;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static llvm::Error failure(const llvm::Twine &text) {
  return llvm::createStringError(text);
}

std::string llmc::binaryFolder() {
  static char anchor;
  std::string self = fs::getMainExecutable("llmc", &anchor);
  return path::parent_path(self).str();
}

/// The folder with libllmc_rt.a for an architecture.
static llvm::Expected<std::string> archiveFolder(const std::string &arch) {
  std::string bin = binaryFolder();
  std::string tried;
  bool host = llvm::Triple(llvm::sys::getProcessTriple()).getArchName() == arch;
  for (const char *middle : {"llmc/", "", "."}) {
    if (*middle == '.' && !host) // only this host's archives are in lib itself
      continue;
    llvm::SmallString<128> folder(bin);
    path::append(folder, "..", "lib",
                 *middle == '.' ? std::string() : middle + arch);
    path::remove_dots(folder, /*remove_dot_dot=*/true);
    if (fs::exists(folder + "/libllmc_rt.a"))
      return folder.str().str();
    tried += (tried.empty() ? "" : ", ") + folder.str().str();
  }
  return failure("link: libllmc_rt.a for " + arch + " is in none of " + tried);
}

/// Runs a program; its words go to stderr.
static llvm::Error run(llvm::ArrayRef<std::string> words) {
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName(words[0]);
  if (!program)
    return failure("link: " + words[0] + " is not installed; tools/setup.sh "
                                         "installs it");
  llvm::SmallVector<llvm::StringRef> arguments(words.begin(), words.end());
  std::string message;
  int code = llvm::sys::ExecuteAndWait(*program, arguments, std::nullopt, {}, 0,
                                       0, &message);
  if (code == 0)
    return llvm::Error::success();
  return failure("link: " + words[0] + " failed" +
                 (message.empty() ? "" : ": " + message));
}

/// A hard link where the file system allows it, else a copy.
static llvm::Error place(const std::string &from, const std::string &to) {
  bool same = false;
  if (!fs::equivalent(from, to, same) && same)
    return llvm::Error::success();
  std::string temporary = to + ".tmp" + std::to_string(::getpid());
  if (fs::create_hard_link(from, temporary))
    if (std::error_code code = fs::copy_file(from, temporary)) {
      fs::remove(temporary);
      return failure(to + ": " + code.message());
    }
  if (std::error_code code = fs::rename(temporary, to)) {
    fs::remove(temporary);
    return failure(to + ": " + code.message());
  }
  return llvm::Error::success();
}

/// Puts the weights file beside the program, under the name it looks for.
static llvm::Error placeWeights(const LinkOptions &options,
                                const ModelObject &model) {
  if (model.weightsFile.empty())
    return llvm::Error::success();
  llvm::SmallString<128> from(path::parent_path(options.object));
  path::append(from, model.weightsFile);
  llvm::SmallString<128> to(path::parent_path(options.output));
  path::append(to, model.weightsFile);
  if (!fs::exists(from))
    return failure(from + ": not found; it was written beside " +
                   options.object + " by llmc compile");
  return place(from.str().str(), to.str().str());
}

static llvm::Error writeFile(const std::string &file, llvm::StringRef text) {
  std::error_code code;
  llvm::raw_fd_ostream stream(file, code);
  if (code)
    return failure(file + ": " + code.message());
  stream << text;
  return llvm::Error::success();
}

/// The archives that exist, in link order.
static std::vector<std::string> archives(const std::string &folder,
                                         LinkMode mode) {
  std::vector<std::string> files;
  for (const char *name : {"program", "serve", "text", "rt", "kernels"}) {
    bool shared = mode == LinkMode::Shared;
    std::string file = folder + "/libllmc_" + name + ".a";
    bool isCore = llvm::StringRef(name) == "rt" || llvm::StringRef(name) == "kernels";
    if ((shared && !isCore) || !fs::exists(file))
      continue;
    files.push_back(file);
  }
  return files;
}

/// A linker script that puts the weights last, so that gigabytes of them lie
/// between no two places that reach each other by 32-bit offsets: code, data and
/// address 0 (that of weak symbols which no one defines). What ends the data,
/// glibc's last variables and the symbol `_end`, would else come behind them.
static std::string layoutScript(LinkMode mode) {
  std::string text = "SECTIONS {\n";
  if (mode == LinkMode::Static)
    text += "  __libc_freeres_ptrs : { *(__libc_freeres_ptrs) _end = .; }\n";
  return text + "  .llmc.weights : { *(.llmc.weights .lrodata.llmc.weights) }\n"
                "}\nINSERT AFTER .bss;\n";
}

static std::vector<std::string> command(const LinkOptions &options,
                                        const ModelObject &model,
                                        const std::string &folder,
                                        const std::string &stub,
                                        const std::string &script,
                                        const std::string &output) {
  std::vector<std::string> words = {"clang++-19",
                                    "--target=" + model.arch + "-linux-gnu",
                                    "-fuse-ld=lld", "-O1", "-fPIC"};
  switch (options.mode) {
  case LinkMode::Static:
    words.push_back("-static");
    break;
  case LinkMode::Dynamic:
    words.push_back("-no-pie");
    break;
  case LinkMode::Shared:
    words.insert(words.end(), {"-shared", "-Wl,-Bsymbolic"});
    break;
  }
  words.insert(words.end(),
               {"-T", script, "-x", "c", stub, "-x", "none", options.object});
  if (options.mode == LinkMode::Shared)
    words.insert(words.end(), {"-Wl,--whole-archive", folder + "/libllmc_rt.a",
                               "-Wl,--no-whole-archive"});
  words.push_back("-Wl,--start-group");
  for (std::string &file : archives(folder, options.mode))
    words.push_back(std::move(file));
  words.insert(words.end(), {"-Wl,--end-group", "-Wl,--gc-sections",
                             "-Wl,-z,noexecstack", "-lpthread", "-lm", "-o",
                             output});
  return words;
}

llvm::Error llmc::linkProgram(const LinkOptions &options) {
  llvm::Expected<ModelObject> model = readModelObject(options.object);
  if (!model)
    return model.takeError();
  if (!model->isObject)
    return failure(options.object + ": is linked already; an object of llmc "
                                    "compile is accepted");
  llvm::Expected<std::string> folder = archiveFolder(model->arch);
  if (!folder)
    return folder.takeError();
  if (options.mode != LinkMode::Shared &&
      !fs::exists(*folder + "/libllmc_program.a"))
    return failure(*folder + "/libllmc_program.a: not found");

  std::string temporary = options.output + ".tmp" + std::to_string(::getpid());
  std::string stub = temporary + ".c", script = temporary + ".lds";
  auto cleanup = llvm::make_scope_exit([&] {
    fs::remove(stub);
    fs::remove(script);
    fs::remove(temporary);
  });
  // The one symbol that the standard program looks for.
  if (llvm::Error error = writeFile(
          stub, "extern const char " + model->symbol + "[];\n" +
                    "const void *const llmc_program_model = " + model->symbol +
                    ";\n"))
    return error;
  if (llvm::Error error = writeFile(script, layoutScript(options.mode)))
    return error;
  if (llvm::Error error =
          run(command(options, *model, *folder, stub, script, temporary)))
    return error;
  if (llvm::Error error = placeWeights(options, *model))
    return error;
  if (std::error_code code = fs::rename(temporary, options.output))
    return failure(options.output + ": " + code.message());
  return llvm::Error::success();
}
