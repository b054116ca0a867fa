// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `info`: what is in this program. Needs no session, so that it also answers
// on a CPU that cannot run the model.
#include "runtime/cpu_features.h"
#include "runtime/model.h"
#include "verbs.h"

#include <nlohmann/json.hpp>

namespace llmc::program {

using Json = nlohmann::ordered_json;

static std::string isaText(uint64_t isa) {
  char names[256];
  rt::isaNames(isa, names, sizeof(names));
  return names;
}

static Json configJson(const llmc_config &config) {
  const char *const kvTypes[] = {"f32", "f16", "int8"};
  Json json = {{"vocab", config.vocab},       {"hidden", config.hidden},
               {"layers", config.layers},     {"heads", config.heads},
               {"kv_heads", config.kv_heads}, {"head_dim", config.head_dim},
               {"ffn", config.ffn},           {"context", config.context},
               {"rows_max", config.rows_max}, {"kv", kvTypes[config.kv_type]}};
  json["bos"] = config.bos < 0 ? Json() : Json(config.bos);
  json["eos"] = Tokens(config.eos, config.eos + config.n_eos);
  return json;
}

static Json modelJson(const llmc_model &model) {
  rt::CpuFeatures cpu = rt::cpuFeatures();
  const llmc_variant *chosen = nullptr;
  bool runs = rt::chooseVariant(&model, cpu, &chosen) == LLMC_OK;
  Json json = {{"name", model.name}, {"scheme", model.scheme}};
  json["config"] = configJson(*model.config);
  for (int64_t i = 0; i < model.n_variants; ++i) {
    const llmc_variant &variant = model.variants[i];
    json["targets"].push_back({{"target", variant.target},
                               {"isa", isaText(variant.isa)},
                               {"sve_bits", variant.sve_bits},
                               {"chosen", &variant == chosen}});
  }
  json["cpu"] = {{"isa", isaText(cpu.isa)}, {"sve_bits", cpu.sve_bits}};
  if (!runs)
    json["cpu"]["refused"] = llmc_last_open_error();
  json["bytes"] = {{"weights", model.weights_bytes},
                   {"kv_per_sequence", model.kv_bytes_per_sequence},
                   {"arena", model.arena_bytes},
                   {"private_per_thread", model.private_bytes},
                   {"text", model.text_bytes}};
  json["weights_file"] =
      model.weights_file ? Json(model.weights_file) : Json();
  Json provenance =
      Json::parse(model.info_json ? model.info_json : "{}", nullptr, false);
  json["provenance"] = provenance.is_discarded() ? Json() : provenance;
  return json;
}

static void printText(const Json &json) {
  const Json &config = json["config"], &bytes = json["bytes"];
  auto number = [](const Json &value) { return value.get<long long>(); };
  auto mib = [](const Json &value) {
    return value.get<double>() / (1 << 20);
  };
  printf("%s, %s\n", json["name"].get<std::string>().c_str(),
         json["scheme"].get<std::string>().c_str());
  printf("  %lld layers, hidden %lld, %lld heads (%lld kv) of %lld, ffn %lld, "
         "vocabulary %lld\n",
         number(config["layers"]), number(config["hidden"]),
         number(config["heads"]), number(config["kv_heads"]),
         number(config["head_dim"]), number(config["ffn"]),
         number(config["vocab"]));
  printf("  context %lld tokens, at most %lld rows a step, KV in %s\n",
         number(config["context"]), number(config["rows_max"]),
         config["kv"].get<std::string>().c_str());
  printf("  weights %.1f MiB%s%s, KV %.1f MiB a sequence, arena %.2f MiB\n",
         mib(bytes["weights"]), json["weights_file"].is_null() ? "" : " in ",
         json["weights_file"].is_null()
             ? ""
             : json["weights_file"].get<std::string>().c_str(),
         mib(bytes["kv_per_sequence"]), mib(bytes["arena"]));
  for (const Json &target : json["targets"])
    printf("  target %s (%s)%s\n", target["target"].get<std::string>().c_str(),
           target["isa"].get<std::string>().c_str(),
           target["chosen"].get<bool>() ? ", runs here" : "");
  if (json["cpu"].contains("refused"))
    printf("  %s\n", json["cpu"]["refused"].get<std::string>().c_str());
}

void info(const llmc_model &model, bool json) {
  if (rt::checkModel(&model) != LLMC_OK)
    throw Failure(llmc_last_open_error());
  Json description = modelJson(model);
  if (json)
    puts(description
             .dump(2, ' ', false, Json::error_handler_t::replace)
             .c_str());
  else
    printText(description);
}

} // namespace llmc::program
