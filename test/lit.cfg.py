# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The lit tests: dialects/ and compiler/<phase>/, IR in and IR out.
import os

import lit.formats

config.name = "llmc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["models", "unit", "kernels", "runtime", "e2e", "fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.llmc_test_build_dir
config.environment["PATH"] = os.pathsep.join(
    [config.llmc_bin_dir, config.llvm_bin_dir, os.environ["PATH"]])
config.substitutions.append(("%models", os.path.join(config.test_source_root, "models")))
