#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs the Debian 12 packages that llmc is built and tested with. Does
# nothing, quickly, where all are there. Uses sudo only when not root.
set -eu

packages="
  gcc libc6-dev clang-19 lld-19 libclang-rt-19-dev
  llvm-19 llvm-19-dev llvm-19-tools libmlir-19-dev mlir-19-tools
  cmake make ninja-build ccache python3
  git libgtest-dev libgmock-dev libbenchmark-dev
  nlohmann-json3-dev libcli11-dev libpcre2-dev libboost1.81-dev
  libprotobuf-dev protobuf-compiler libonnx-dev
  zlib1g-dev libzstd-dev libutf8proc-dev"

# What an Arm host does itself, other hosts cross-build and emulate.
case "$(uname -m)" in
aarch64 | arm64) ;;
*) packages="$packages qemu-user libc6-dev-arm64-cross
  libgcc-12-dev-arm64-cross libstdc++-12-dev-arm64-cross" ;;
esac

missing=
for package in $packages; do
  case "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>&1)" in
  installed) ;;
  *) missing="$missing $package" ;;
  esac
done
if [ -z "$missing" ]; then
  exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
  sudo=sudo
fi
echo "setup: installing$missing"
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends $missing
