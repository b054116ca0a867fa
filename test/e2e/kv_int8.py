# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What an int8 KV cache may cost on the demo model: kv_int8.py BIN."""
import json
import os

from e2e import FABLE, LLMC, expect, run, scratch


def main():
    done = run(LLMC, "eval", FABLE, "--text", os.path.join(FABLE, "validation.txt"), "--json",
               "--quantize", "f32", "--kv", "int8", env={"XDG_CACHE_HOME": scratch()})
    got = json.loads(done.stdout)
    print(done.stdout)
    change = got["perplexity"] / got["perplexity_f32"] - 1
    # Measured on x86-64: mean 9.0e-7, 99 % 1.3e-5, perplexity +0.0006 %.
    expect(got["kl_mean"] > 1e-9, "mean KL %g: nothing was quantized" % got["kl_mean"])
    expect(got["kl_mean"] <= 3e-6, "mean KL %g, at most 3e-6" % got["kl_mean"])
    expect(got["kl_99"] <= 5e-5, "KL of 99 %% of tokens %g, at most 5e-5" % got["kl_99"])
    expect(abs(change) <= 1e-4, "perplexity %+.4f %%, at most 0.01 %%" % (100 * change))


main()
