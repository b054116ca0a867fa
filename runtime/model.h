// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checks a model descriptor before anything of it is used, and chooses the
// variant for a CPU. The reason of a refusal goes to runtime/error.h.
#ifndef LLMC_RUNTIME_MODEL_H
#define LLMC_RUNTIME_MODEL_H

#include "llmc/model_abi.h"
#include "runtime/cpu_features.h"
#include "runtime/error.h"

namespace llmc::rt {

/// LLMC_BAD_MODEL unless magic, version, sizes, pointers and token ids fit.
llmc_status checkModel(const llmc_model *model);

/// The first variant that `cpu` can run, or LLMC_UNSUPPORTED_CPU naming what
/// the last one (the least demanding) lacks. The model must be checked.
llmc_status chooseVariant(const llmc_model *model, const CpuFeatures &cpu,
                          const llmc_variant **variant);

} // namespace llmc::rt

#endif
