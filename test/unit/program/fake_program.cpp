// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `llmc link` adds to the program: the model. Here the fake one, which has
// no text.
#include "fake_model.h"

static FakeModel fake;
extern "C" {
extern const llmc_model *const llmc_program_model;
const llmc_model *const llmc_program_model = &fake.model;
}
