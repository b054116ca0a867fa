#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Everything that must hold: builds, runs all tests (units, lit, end to end, on
# this host and under Arm emulation), then the unit tests, importers and
# fuzzers with sanitizers, and what has threads with the thread sanitizer. The
# last line says `N passed, N failed`.
#   LLMC_FUZZ_SECONDS  seconds per fuzzer (60)
set -u
cd "$(dirname "$0")/.."
jobs=$(nproc)
logs=build/test-logs
mkdir -p "$logs"
passed=0
failed=0

# count LOG: adds a ctest run's result to the totals.
count() {
  total=$(sed -n 's/.*tests failed out of \([0-9]*\)$/\1/p' "$1" | tail -n 1)
  bad=$(sed -n 's/.* \([0-9]*\) tests failed out of.*/\1/p' "$1" | tail -n 1)
  if [ -z "$total" ]; then
    echo "test: no result in $1"
    total=1
    bad=1
  fi
  failed=$((failed + bad))
  passed=$((passed + total - bad))
}

# step NAME COMMAND...: one thing that passes or fails as a whole.
step() {
  name=$1
  shift
  if "$@" >"$logs/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "passed: $name"
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    tail -n 40 "$logs/$name.log"
  fi
}

build() {
  cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs" ${2:+--target $2}
}

# run_ctest PRESET ARGUMENTS...: all tests of a build.
run_ctest() {
  preset=$1
  shift
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure \
    --no-tests=error "$@" 2>&1 | tee "$logs/ctest-$preset.log"
  count "$logs/ctest-$preset.log"
}

start=$(date +%s)
step setup tools/setup.sh
step build-release build release
run_ctest release

# Sanitizers: what reads foreign bytes and what computes on the host; the fuzzers.
step build-asan build asan sanitized
# MLIR's own library is not instrumented and shares allocators with code that is,
# so what the one poisons the other uses. LLVM allocates the stack on which a
# thread handles signals, and the sanitizer would unmap it.
export ASAN_OPTIONS=detect_leaks=0:allow_user_poisoning=0:use_sigaltstack=0
run_ctest asan -L sanitized

# Races: the server, the scheduler and the thread pool.
step build-tsan build tsan "serve_test runtime_test"
run_ctest tsan -R '^(serve_test|runtime_test)$'

echo "took $((($(date +%s) - start) / 60)) minutes"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
