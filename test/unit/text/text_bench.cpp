// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Speed of the tokenizer on one thread: text_bench MODEL FILE [SECONDS] prints
// MB/s of text encoded and decoded, the best of the runs in SECONDS (3) each.
#include "compiler/support/MappedFile.h"
#include "text_model.h"
#include <chrono>
#include <functional>

using namespace llmc;
using namespace llmc::test;

static double seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

static double best(double wanted, const std::function<void()> &work) {
  double least = 1e9, end = seconds() + wanted;
  do {
    double begin = seconds();
    work();
    least = std::min(least, seconds() - begin);
  } while (seconds() < end);
  return least;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return fprintf(stderr, "text_bench MODEL FILE [SECONDS]\n"), 2;
  double wanted = argc > 3 ? atof(argv[3]) : 3;
  TextModel model(argv[1]);
  std::string string = llvm::cantFail(MappedFile::open(argv[2])).text().str();
  while (!string.empty() && string.size() < 1000000)
    string += string;
  Ids ids;
  std::string decoded;
  double encode = best(wanted, [&] { ids = model.encode(string, false); });
  double decode = best(wanted, [&] { decoded = model.decode(ids, false); });
  printf("%zu bytes, %.2f bytes a token: encode %.1f MB/s, decode %.1f MB/s\n",
         string.size(), double(string.size()) / double(ids.size()),
         1e-6 * double(string.size()) / encode,
         1e-6 * double(decoded.size()) / decode);
  return decoded == string ? 0 : 1;
}
