// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CompileArguments.h"
#include "compiler/quantize/QuantRules.h"
#include <algorithm>

using namespace llmc;

void llmc::addModelOptions(CLI::App &app, CompileArguments &arguments) {
  CompileOptions &o = arguments.options;
  app.add_option_function<std::vector<std::string>>(
         "--quantize",
         [&o](const std::vector<std::string> &texts) {
           for (const std::string &text : texts) {
             llvm::Expected<QuantRule> rule = parseQuantRule(text);
             if (!rule)
               throw CLI::ValidationError("--quantize",
                                          llvm::toString(rule.takeError()));
             o.quantize.push_back(*rule);
           }
         },
         "f32 f16 bf16 int8 int4[:group=32|64|128][:asym], or PATTERN=SCHEME "
         "for weights by name (int4, lm_head and embedding int8)")
      ->type_name("SCHEME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--context", o.context,
                 "KV capacity in tokens per sequence (min(model, 4096))")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 30))
      ->type_name("N");
  app.add_option("--rows", o.rows, "most rows in one prefill step (512)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 16))
      ->type_name("N");
  app.add_option_function<std::string>(
         "--kv",
         [&o](const std::string &type) {
           o.kv = type == "f32"   ? KvType::F32
                  : type == "f16" ? KvType::F16
                                  : KvType::I8;
         },
         "element type of the KV cache (f32 with --quantize f32, else f16)")
      ->check(CLI::IsMember({"f32", "f16", "int8"}))
      ->option_text("f32|f16|int8");
  app.add_option_function<std::string>(
         "--weights",
         [&o](const std::string &mode) {
           o.weights = mode == "file" ? WeightsMode::File : WeightsMode::Embed;
         },
         "embed: in the object (default up to 1 GiB); file: in X.weights "
         "beside it")
      ->check(CLI::IsMember({"embed", "file"}))
      ->option_text("embed|file");
}

void llmc::addCompileOptions(CLI::App &app, CompileArguments &arguments) {
  CompileOptions &o = arguments.options;
  app.add_option("MODEL", o.model,
                 "Hugging Face folder or model.onnx (with --from: IR)")
      ->required()
      ->type_name("");
  app.add_option("-o,--output", o.output,
                 "the object, X.o; X.h (and X.weights) stand beside it")
      ->type_name("X.o");
  app.add_option("--target", o.target,
                 "CPU to compile for (native); `llmc targets` lists them")
      ->type_name("CPU");
  app.add_option("--machine", o.machine,
                 "predict speed and cost on graviton2/3/4-NN, grace, axion-NN, "
                 "cobalt100-NN")
      ->type_name("NAME");
  addModelOptions(app, arguments);
  app.add_option("--name", o.name, "C identifier of the model (from the output)")
      ->type_name("ID");
  app.add_option("--tokenizer", o.tokenizer,
                 "folder with tokenizer and template (the model's)")
      ->type_name("DIR");
  app.add_option("--report", o.report, "write the contract sheet to a file")
      ->type_name("FILE.json|FILE.html")
      ->check([](const std::string &file) -> std::string {
        llvm::StringRef name(file);
        return name.ends_with(".json") || name.ends_with(".html")
                   ? ""
                   : "must end in .json or .html";
      });
  app.add_option("--emit", o.emit,
                 "stop after a phase and print its IR: import raise quantize "
                 "fuse specialize pack plan lower, or llvm, asm; sheet: print the "
                 "contract sheet and write nothing")
      ->type_name("PHASE");
  app.add_option("--from", o.from, "MODEL is the IR of this phase")
      ->type_name("PHASE");
  app.add_option("--dump-phases", o.dumpPhases, "write the IR of all phases")
      ->type_name("DIR");
  app.add_flag("--print-plan", o.printPlan, "print arena, partitions, barriers");
  app.add_flag("--print-kernels", o.printKernels,
               "print the kernel of every operation and why");
  app.add_option("--threads", o.threads, "compile with N threads (all cores)")
      ->type_name("N");
  app.add_option("--calibrate", arguments.calibrate,
                 "text for GPTQ (not yet available)")
      ->type_name("FILE");
  app.add_option("--draft", arguments.draft,
                 "draft model for speculative decoding (not yet available)")
      ->type_name("MODEL");
  app.add_option("--tensor-parallel", arguments.tensorParallel,
                 "number of shards (not yet available)")
      ->type_name("N");
}

llvm::Error llmc::checkAvailable(const CompileArguments &arguments) {
  auto notYet = [](const std::string &what) {
    return llvm::createStringError(what + " is not yet available");
  };
  if (!arguments.calibrate.empty())
    return notYet("--calibrate");
  if (!arguments.draft.empty())
    return notYet("--draft");
  if (arguments.tensorParallel > 1)
    return notYet("--tensor-parallel");
  if (arguments.options.target.find(',') != std::string::npos)
    return notYet("more than one --target");
  for (const QuantRule &rule : arguments.options.quantize)
    if (rule.asymmetric)
      return notYet("--quantize " + rule.scheme + ":asym");
  return llvm::Error::success();
}
