# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the default, int4, may cost on the demo model: quantized.py BIN."""
import json
import os

from e2e import FABLE, LLMC, compile_model, expect, run, scratch


def main():
    folder = scratch()
    done = run(LLMC, "eval", FABLE, "--text", os.path.join(FABLE, "validation.txt"), "--json",
               env={"XDG_CACHE_HOME": folder})
    got = json.loads(done.stdout)
    print(done.stdout)
    change = got["perplexity"] / got["perplexity_f32"] - 1
    expect(change <= 0.003, "perplexity %+.3f %%, at most +0.3 %%" % (100 * change))
    expect(got["kl_mean"] <= 0.0012, "mean KL %g, at most 0.0012" % got["kl_mean"])
    expect(got["kl_mean"] > 1e-6, "mean KL %g: nothing was quantized" % got["kl_mean"])

    path = os.path.join(folder, "fable.o")
    compile_model(FABLE, path, target="neoverse-v2")
    float32 = 2 * os.path.getsize(os.path.join(FABLE, "model.safetensors"))
    smaller = 1 - os.path.getsize(path) / float32
    print("fable.o is %.1f %% smaller than the float32 weights" % (100 * smaller))
    expect(smaller >= 0.84, "fable.o is only %.1f %% smaller" % (100 * smaller))


main()
