// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Compiler.h"
#include "compiler/Facts.h"
#include "compiler/Phases.h"
#include "compiler/Progress.h"
#include "compiler/import/Import.h"
#include "compiler/lower/Lower.h"
#include "compiler/object/Codegen.h"
#include "compiler/object/Object.h"
#include "compiler/plan/Plan.h"
#include "compiler/text/TextAsset.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/llm/LlmDialect.h"
#include "dialects/onnx/OnnxDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/thread.h"
#include <optional>

using namespace llvm;

namespace llmc {
namespace {

constexpr int64_t kEmbedLimit = int64_t(1) << 30; // --weights auto
constexpr int64_t kDefaultContext = 4096;
/// Module attribute: the folder that the weights' files are relative to, so
/// that emitted IR can be taken back in.
constexpr StringLiteral kFolderAttr = "llm.folder";
/// Module attribute since `quantize`: the schemes asked for, for that reason.
constexpr StringLiteral kSchemeAttr = "llm.scheme";

/// The most telling name in a location: a node's or tensor's, else the file.
std::string describe(mlir::Location location) {
  if (auto name = dyn_cast<mlir::NameLoc>(location))
    return name.getName().str() + ": ";
  if (auto file = dyn_cast<mlir::FileLineColLoc>(location))
    return (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ": ")
        .str();
  if (auto fused = dyn_cast<mlir::FusedLoc>(location))
    for (mlir::Location part : fused.getLocations())
      if (std::string text = describe(part); !text.empty())
        return text;
  return "";
}

/// The objects that MLIR needs; the first error becomes the message.
class Session {
public:
  explicit Session(function_ref<void(StringRef)> warn)
      : warn(warn),
        handler(&context, [this](mlir::Diagnostic &d) { note(d); }) {
    context.loadDialect<mlir::llm::LlmDialect, mlir::exec::ExecDialect,
                        mlir::onnx::OnnxDialect, mlir::func::FuncDialect,
                        mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::tensor::TensorDialect,
                        mlir::linalg::LinalgDialect,
                        mlir::LLVM::LLVMDialect>();
  }

  /// The error that MLIR reported, or `otherwise`.
  Error error(const Twine &otherwise) {
    std::string text = message.empty() ? otherwise.str() : message;
    message.clear();
    return createStringError(text);
  }

  mlir::MLIRContext context;

private:
  void note(mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning)
      warn(describe(diagnostic.getLocation()) + diagnostic.str());
    if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error ||
        !message.empty())
      return;
    message = describe(diagnostic.getLocation()) + diagnostic.str();
    std::replace(message.begin(), message.end(), '\n', ' ');
  }

  function_ref<void(StringRef)> warn;
  std::string message;
  mlir::ScopedDiagnosticHandler handler;
};

/// One call of compile().
class Compilation {
public:
  Compilation(const CompileOptions &options, CompileReport &report,
              function_ref<void(StringRef)> warn)
      : options(options), report(report), warn(warn), session(warn) {}
  Error run();

private:
  Error prepare();
  Error loadModel();
  Error loadIr();
  Error adoptDescriptor();
  Error loadText();
  Error runPhases();
  Error runPhase(const Phase &phase);
  void decideContext();
  void describeModel();
  bool isEmitted(StringRef phase) const { return options.emit == phase; }
  /// Writes text to the output file, or to stdout.
  Error emitText(function_ref<void(raw_ostream &)> print);
  Error dump(size_t index, StringRef phase);
  Error emitCode();
  Error writeFiles();

  const CompileOptions &options;
  CompileReport &report;
  function_ref<void(StringRef)> warn;
  Session session;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  PhaseOptions phaseOptions;
  TextAsset text;
  std::string folder; // of the model's files
  size_t firstPhase = 1;
};

bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name[0]) &&
         all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

/// "out/my-model.o" -> "my_model".
std::string nameFrom(StringRef output) {
  std::string name = sys::path::stem(output).str();
  for (char &c : name)
    if (!isAlnum(c))
      c = '_';
  return name.empty() || isDigit(name[0]) ? "model_" + name : name;
}

Error Compilation::prepare() {
  if (StringRef(options.target).contains(','))
    return createStringError("several targets at once are not yet available");
  auto target = findTarget(options.target);
  if (!target)
    return target.takeError();
  phaseOptions.target = *target;
  phaseOptions.quantize = options.quantize;
  phaseOptions.only = options.only;
  phaseOptions.rows = options.rows;
  report.target = (*target)->name;
  report.scheme = schemeText(options.quantize);
  phaseOptions.kv = options.kv;
  if (options.kv == KvType::Auto)
    phaseOptions.kv =
        baseScheme(options.quantize) == "f32" ? KvType::F32 : KvType::F16;
  if (options.context < 0 || options.context > INT32_MAX)
    return createStringError("--context is " + Twine(options.context) +
                             ", expected 1 to 2147483647");
  if (options.rows < 1)
    return createStringError("--rows is " + Twine(options.rows) +
                             ", expected at least 1");
  phaseOptions.name =
      options.name.empty()
          ? nameFrom(isEmitted("sheet") ? options.model : options.output)
          : options.name;
  if (!isIdentifier(phaseOptions.name))
    return createStringError("--name is '" + phaseOptions.name +
                             "', expected a C identifier");
  report.name = phaseOptions.name;
  if (!options.emit.empty() && options.emit != "asm" &&
      options.emit != "llvm" && options.emit != "sheet" &&
      !findPhase(options.emit))
    return createStringError("--emit is '" + options.emit +
                             "', expected a phase, asm, llvm or sheet");
  if ((options.emit.empty() || isEmitted("object")) && options.output.empty())
    return createStringError("no output file is named");
  return Error::success();
}

/// What lowered IR has already decided.
Error Compilation::adoptDescriptor() {
  auto facts = (*module)->getAttrOfType<mlir::DictionaryAttr>("exec.model");
  auto text = [&](StringRef key) {
    auto value = facts ? facts.getAs<mlir::StringAttr>(key) : mlir::StringAttr();
    return value ? value.getValue() : StringRef();
  };
  if (text("name").empty())
    return createStringError(options.model + ": has no exec.model with a name");
  report.name = text("name");
  report.scheme = text("scheme");
  report.weightsBytes = packedBytes(*module);
  report.weightsInFile = !text("weights_file").empty();
  return Error::success();
}

Error Compilation::loadIr() {
  module =
      mlir::parseSourceFile<mlir::ModuleOp>(options.model, &session.context);
  if (!module)
    return session.error(options.model + ": cannot be read");
  auto source = (*module)->getAttrOfType<mlir::StringAttr>(kFolderAttr);
  folder = source ? source.str() : sys::path::parent_path(options.model).str();
  if (auto scheme = (*module)->getAttrOfType<mlir::StringAttr>(kSchemeAttr))
    report.scheme = scheme.str();
  if (options.from == "plan")
    reportPlanned(*module, report);
  return options.from == "lower" ? adoptDescriptor() : Error::success();
}

Error Compilation::loadModel() {
  StringRef model = options.model;
  if (!options.from.empty()) {
    const Phase *phase = findPhase(options.from);
    if (!phase || phase->name == "object")
      return createStringError("--from is '" + options.from +
                               "', expected a phase before object");
    firstPhase = phase - phases().begin() + 1;
    return loadIr();
  }
  if (!sys::fs::exists(model))
    return createStringError(model + ": no such file or folder");
  bool isOnnx = !sys::fs::is_directory(model);
  if (isOnnx && !model.ends_with(".onnx"))
    return createStringError(model + ": expected a folder with config.json and "
                                     "safetensors, or an .onnx file");
  folder = isOnnx ? sys::path::parent_path(model).str() : model.str();
  auto imported = isOnnx ? importOnnx(session.context, model, warn)
                         : importHuggingFace(session.context, model, warn);
  if (!imported)
    return imported.takeError();
  module = std::move(*imported);
  (*module)->setAttr(kFolderAttr,
                     mlir::StringAttr::get(&session.context, folder));
  return Error::success();
}

Error Compilation::loadText() {
  // IR that was written by hand has no folder, and no text.
  if (options.tokenizer.empty() && !(*module)->hasAttr(kFolderAttr))
    return Error::success();
  StringRef source = options.tokenizer.empty() ? folder : options.tokenizer;
  auto asset = buildTextAsset(source.empty() ? "." : source);
  if (!asset)
    return asset.takeError();
  for (const std::string &warning : asset->warnings)
    warn(warning);
  text = std::move(*asset);
  report.textBytes = text.bytes.size();
  return Error::success();
}

/// --context, else what the model states, at most kDefaultContext.
void Compilation::decideContext() {
  auto config = (*module)->getAttrOfType<mlir::llm::ConfigAttr>(
      mlir::llm::kConfigAttr);
  int64_t stated = config ? config.getContextLength() : 0;
  phaseOptions.context = options.context ? options.context
                         : stated > 0    ? std::min(stated, kDefaultContext)
                                         : kDefaultContext;
  phaseOptions.rows = std::min(options.rows, phaseOptions.context);
  // How far the windows of an onnx graph's masks are looked for.
  if (options.context && (*module)->hasAttr(mlir::onnx::kOpsetAttr))
    (*module)->setAttr(mlir::onnx::kContextAttr,
                       mlir::Builder(&session.context)
                           .getI64IntegerAttr(options.context));
}

/// What the descriptor needs; before `lower` writes it.
void Compilation::describeModel() {
  report.weightsBytes = packedBytes(*module);
  report.weightsInFile =
      options.weights == WeightsMode::File ||
      (options.weights == WeightsMode::Auto && report.weightsBytes > kEmbedLimit);
  Descriptor d;
  d.name = report.name;
  d.scheme = report.scheme;
  d.target = report.target;
  d.isa = phaseOptions.target->isa;
  d.weightsBytes = report.weightsBytes;
  if (report.weightsInFile)
    d.weightsFile =
        sys::path::filename(siblingOf(options.output, "weights")).str();
  d.textBytes = report.textBytes;
  d.bos = text.bos;
  for (int32_t id : text.eos)
    d.eos.push_back(id);
  d.info = infoJson(report);
  setDescriptor(*module, d);
}

Error Compilation::runPhase(const Phase &phase) {
  decideContext();
  if (phase.name == "lower")
    describeModel();
  mlir::PassManager pm(&session.context);
  phase.build(pm, phaseOptions);
  if (failed(pm.run(*module)))
    return session.error(options.model + ": " + phase.name + " failed");
  if (phase.name == "pack") {
    if (std::string own = ownSchemes(*module); !own.empty())
      report.scheme = schemeText(options.quantize, own);
    reportPacked(*module, *phaseOptions.target, report);
  }
  if (phase.name == "quantize" || phase.name == "pack")
    (*module)->setAttr(kSchemeAttr,
                       mlir::StringAttr::get(&session.context, report.scheme));
  if (phase.name == "plan")
    reportPlanned(*module, report);
  return Error::success();
}

Error Compilation::dump(size_t index, StringRef phase) {
  if (options.dumpPhases.empty())
    return Error::success();
  if (std::error_code code = sys::fs::create_directories(options.dumpPhases))
    return createStringError(options.dumpPhases + ": " + code.message());
  std::string path =
      (options.dumpPhases + "/" + Twine(index) + "-" + phase + ".mlir").str();
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (code)
    return createStringError(path + ": " + code.message());
  module->print(os);
  os << '\n';
  return Error::success();
}

Error Compilation::emitText(function_ref<void(raw_ostream &)> print) {
  if (options.output.empty()) {
    print(outs());
    outs().flush();
    return Error::success();
  }
  return writeToOutput(options.output, [&](raw_ostream &os) {
    print(os);
    return Error::success();
  });
}

Error Compilation::runPhases() {
  for (auto [index, phase] : enumerate(phases())) {
    if (phase.build && index >= firstPhase)
      if (Error error = runPhase(phase))
        return error;
    if (phase.name == "object" || index + 1 < firstPhase)
      continue;
    if (Error error = dump(index, phase.name))
      return error;
    if (phase.name == "pack" && options.printKernels)
      printKernels(report, outs());
    if (phase.name == "plan" && options.printPlan)
      printPlan(*module, outs());
    bool sheet = phase.name == "plan" && isEmitted("sheet");
    if (sheet)
      describeModel();
    if (sheet || isEmitted(phase.name))
      return Error::success();
  }
  return Error::success();
}

Error Compilation::emitCode() {
  auto code =
      generateCode(*module, *phaseOptions.target,
                   options.emit == "asm" ? CodeKind::Assembly : CodeKind::LlvmIr);
  if (!code)
    return code.takeError();
  return emitText(
      [&](raw_ostream &os) { os.write(code->data(), code->size()); });
}

Error Compilation::writeFiles() {
  ProgressBar bar;
  auto progress = [&](int64_t done, int64_t total) {
    if (options.progress)
      bar.update(done, total);
  };
  ObjectRequest request;
  request.target = phaseOptions.target;
  request.name = report.name;
  request.folder = folder;
  request.output = options.output;
  request.weightsInFile = report.weightsInFile;
  request.text = text.bytes;
  request.threads = options.threads;
  request.warn = warn;
  request.progress = progress;
  auto bytes = writeArtefact(*module, request);
  if (!bytes)
    return bytes.takeError();
  report.objectBytes = *bytes;
  return Error::success();
}

Error Compilation::run() {
  if (Error error = prepare())
    return error;
  if (Error error = loadModel())
    return error;
  if (Error error = loadText())
    return error;
  if (Error error = runPhases())
    return error;
  if (options.emit == "asm" || options.emit == "llvm")
    return emitCode();
  if (isEmitted("sheet"))
    return Error::success();
  if (!options.emit.empty() && options.emit != "object")
    return emitText([&](raw_ostream &os) {
      module->print(os);
      os << '\n';
    });
  return writeFiles();
}
} // namespace

Error compile(const CompileOptions &options, CompileReport &report,
              function_ref<void(StringRef)> warn) {
  // `raise` goes down the graph by recursion, as deep as its nodes are in a row.
  const std::optional<unsigned> stackBytes = 256u << 20;
  std::optional<Error> result;
  llvm::thread worker(stackBytes, [&] {
    result.emplace(Compilation(options, report, warn).run());
  });
  worker.join();
  return std::move(*result);
}

} // namespace llmc
