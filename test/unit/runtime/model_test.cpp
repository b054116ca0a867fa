// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptors and CPUs that must be refused, and by which words.
#include "fake_model.h"
#include "runtime/model.h"

#include "gtest/gtest.h"

#include <functional>
#include <string.h>

using namespace llmc::rt;

namespace {

std::string errorOf(const std::function<void(FakeModel &)> &damage) {
  FakeModel fake;
  damage(fake);
  clearError();
  llmc_status status = checkModel(&fake.model);
  return status == LLMC_BAD_MODEL ? llmc_last_open_error() : "accepted";
}

TEST(Model, AcceptsASoundDescriptor) {
  FakeModel fake;
  EXPECT_EQ(checkModel(&fake.model), LLMC_OK);
}

TEST(Model, RefusesNull) {
  EXPECT_EQ(checkModel(nullptr), LLMC_INVALID_ARGUMENT);
}

TEST(Model, NamesWhatIsWrong) {
  const struct {
    std::function<void(FakeModel &)> damage;
    const char *word;
  } cases[] = {
      {[](FakeModel &f) { f.model.magic = 0; }, "magic"},
      {[](FakeModel &f) { f.model.abi_version = 2; }, "version 2"},
      {[](FakeModel &f) { f.model.name = nullptr; }, "null"},
      {[](FakeModel &f) { f.model.config = nullptr; }, "null"},
      {[](FakeModel &f) { f.model.n_variants = 0; }, "n_variants is 0"},
      {[](FakeModel &f) { f.variant.prefill = nullptr; }, "variant 0"},
      {[](FakeModel &f) { f.config.vocab = 0; }, "vocab is 0"},
      {[](FakeModel &f) { f.config.context = -1; }, "context is -1"},
      {[](FakeModel &f) { f.config.rows_max = 0; }, "rows_max"},
      {[](FakeModel &f) { f.config.kv_type = 3; }, "kv_type is 3"},
      {[](FakeModel &f) { f.config.bos = FakeModel::kVocab; }, "bos"},
      {[](FakeModel &f) { f.config.n_eos = 17; }, "n_eos is 17"},
      {[](FakeModel &f) { f.config.eos[0] = -1; }, "eos is -1"},
      {[](FakeModel &f) { f.model.arena_bytes = -1; }, "arena_bytes"},
      {[](FakeModel &f) { f.model.private_bytes = -1; }, "private_bytes"},
      {[](FakeModel &f) { f.model.kv_bytes_per_sequence -= 1; }, "kv_bytes"},
      {[](FakeModel &f) {
         f.config.context = f.config.layers = f.config.heads =
             f.config.kv_heads = f.config.head_dim = INT32_MAX;
       }, "64 bits"},
      {[](FakeModel &f) { f.model.weights = nullptr; }, "either"},
      {[](FakeModel &f) { f.model.weights_file = "x"; }, "either"},
      {[](FakeModel &f) {
         f.model.weights = nullptr;
         f.model.weights_file = "../x";
       }, "'../x'"},
      {[](FakeModel &f) { f.model.weights_bytes = 0; }, "weights_bytes"},
      {[](FakeModel &f) { f.model.text_bytes = 8; }, "text_bytes is 8"},
  };
  for (const auto &c : cases) {
    std::string error = errorOf(c.damage);
    EXPECT_NE(error.find(c.word), std::string::npos)
        << "wanted '" << c.word << "', got '" << error << "'";
  }
}

TEST(Variant, TakesTheFirstThatRuns) {
  FakeModel fake;
  llmc_variant variants[3] = {fake.variant, fake.variant, fake.variant};
  variants[0].isa = 7;
  variants[1].isa = 3;
  fake.model.variants = variants;
  fake.model.n_variants = 3;
  const llmc_variant *chosen;
  EXPECT_EQ(chooseVariant(&fake.model, {3, 0}, &chosen), LLMC_OK);
  EXPECT_EQ(chosen, &variants[1]);
  EXPECT_EQ(chooseVariant(&fake.model, {1, 0}, &chosen), LLMC_OK);
  EXPECT_EQ(chosen, &variants[2]);
}

TEST(Variant, NamesMissingFeatures) {
  FakeModel fake;
  fake.variant.target = "neoverse-v2";
  fake.variant.isa = 1 << 0 | 1 << 2 | 1 << 3; // neon, dotprod, i8mm
  const llmc_variant *chosen = &fake.variant;
  EXPECT_EQ(chooseVariant(&fake.model, {1, 0}, &chosen), LLMC_UNSUPPORTED_CPU);
  EXPECT_EQ(chosen, nullptr);
  EXPECT_STREQ(llmc_last_open_error(),
               "model 'fake_model' is compiled for neoverse-v2; this CPU lacks "
               "dotprod, i8mm");
}

TEST(Variant, ComparesTheVectorLength) {
  FakeModel fake;
  fake.variant.sve_bits = 256;
  const llmc_variant *chosen;
  EXPECT_EQ(chooseVariant(&fake.model, {0, 256}, &chosen), LLMC_OK);
  EXPECT_EQ(chooseVariant(&fake.model, {0, 128}, &chosen),
            LLMC_UNSUPPORTED_CPU);
  EXPECT_TRUE(strstr(llmc_last_open_error(), "256 bits"));
  EXPECT_TRUE(strstr(llmc_last_open_error(), "has 128"));
}

TEST(CpuFeatures, SeesThisMachine) {
  CpuFeatures cpu = cpuFeatures();
  char names[256];
  isaNames(cpu.isa, names, sizeof(names));
#if defined(__aarch64__)
  EXPECT_TRUE(cpu.isa & 1) << names; // every armv8-a Linux has neon
  EXPECT_EQ(cpu.sve_bits != 0, strstr(names, "sve") != nullptr);
  EXPECT_EQ(cpu.sve_bits % 128, 0);
#else
  EXPECT_EQ((cpu.isa >> 8 & 1) != 0, __builtin_cpu_supports("avx2") &&
                                         __builtin_cpu_supports("fma"));
  EXPECT_EQ(cpu.sve_bits, 0);
#endif
}

TEST(CpuFeatures, CutsNames) {
  char text[8];
  isaNames(~UINT64_C(0), text, sizeof(text));
  EXPECT_STREQ(text, "neon, f");
  isaNames(0, text, sizeof(text));
  EXPECT_STREQ(text, "");
}

} // namespace
