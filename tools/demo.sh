#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The main job from start to finish: sets the machine up, builds llmc, compiles
# the demo model for neoverse-v2 and for this host, links both, and lets each
# tell a story and answer a question. Where this host is not an Arm machine,
# the Arm program runs under emulation: correct, but no measure of Arm's speed.
set -eu
cd "$(dirname "$0")/.."

tools/setup.sh
if [ ! -f build/release/build.ninja ]; then
  cmake --preset release >/dev/null
fi
cmake --build --preset release --target llmc

llmc=build/release/bin/llmc
model=examples/stories/fable-8m
out=build/demo
mkdir -p "$out"

# build_program TARGET NAME [MACHINE]: compiles and links, where that is not yet done.
build_program() {
  if [ "$out/$2" -nt "$llmc" ]; then
    return
  fi
  echo
  echo "\$ llmc compile $model -o $out/$2.o --target $1${3:+ --machine $3}"
  "$llmc" compile "$model" -o "$out/$2.o" --target "$1" ${3:+--machine "$3"}
  echo "\$ llmc link $out/$2.o -o $out/$2"
  "$llmc" link "$out/$2.o" -o "$out/$2"
}

# talk TITLE COMMAND...: a story and a chat answer.
talk() {
  title=$1
  shift
  echo
  echo "== $title: a story"
  start="Once upon a time, a curious mouse named Lily lived"
  printf '%s' "$start"
  "$@" generate -p "$start" --max-tokens 160 --temperature 0
  for question in "What is the capital of France?" \
    "Tell me a story about a brave fox."; do
    echo
    echo "== $title: $question"
    echo "$question" | "$@" chat --max-tokens 160 --temperature 0
  done
}

build_program neoverse-v2 fable-arm graviton4-16
build_program native fable-host
talk "this host ($(uname -m))" "$out/fable-host"
case "$(uname -m)" in
aarch64 | arm64) talk "neoverse-v2" "$out/fable-arm" ;;
*) talk "neoverse-v2, emulated" \
  env LLMC_EMULATED=1 qemu-aarch64 -cpu max,sve-default-vector-length=16 "$out/fable-arm" ;;
esac
