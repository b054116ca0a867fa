// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Evaluate.h"
#include "llmc/text.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <cmath>
#include <dlfcn.h>

using namespace llmc;

/// Rows of logits that are held at once.
static constexpr int64_t kRows = 64;

template <typename T>
static llvm::Error find(void *handle, const char *name, T &out) {
  out = reinterpret_cast<T>(::dlsym(handle, name));
  if (!out)
    return llvm::createStringError(std::string(name) +
                                   ": not in the compiled model's library");
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<LoadedModel>>
LoadedModel::open(const std::string &library, int threads) {
  std::unique_ptr<LoadedModel> loaded(new LoadedModel());
  loaded->handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!loaded->handle)
    return llvm::createStringError(std::string(::dlerror()));
  void *handle = loaded->handle;
  const llmc_model *const *model = nullptr;
  decltype(&llmc_session_open) openSession = nullptr;
  decltype(&llmc_last_open_error) openError = nullptr;
  llvm::Error error = find(handle, "llmc_program_model", model);
  if (!error)
    error = find(handle, "llmc_session_open", openSession);
  if (!error)
    error = find(handle, "llmc_last_open_error", openError);
  if (!error)
    error = find(handle, "llmc_session_close", loaded->close);
  if (!error)
    error = find(handle, "llmc_session_truncate", loaded->truncate);
  if (!error)
    error = find(handle, "llmc_prefill", loaded->prefill);
  if (!error)
    error = find(handle, "llmc_status_text", loaded->statusText);
  if (error)
    return std::move(error);
  loaded->model = *model;
  std::string weights;
  llmc_session_options options = {};
  options.threads = threads;
  if (loaded->model->weights_file) { // beside the library, not beside llmc
    weights = library.substr(0, library.rfind('/') + 1) +
              loaded->model->weights_file;
    options.weights_path = weights.c_str();
  }
  llmc_status status = openSession(*model, &options, &loaded->session);
  if (status != LLMC_OK)
    return llvm::createStringError(std::string(openError()));
  return std::move(loaded);
}

LoadedModel::~LoadedModel() {
  if (session)
    close(session);
  if (handle)
    ::dlclose(handle);
}

llvm::Error LoadedModel::failed(llmc_status status) const {
  if (status == LLMC_OK)
    return llvm::Error::success();
  return llvm::createStringError(std::string(statusText(status)));
}

llvm::Error LoadedModel::reset() { return failed(truncate(session, 0, 0)); }

llvm::Error LoadedModel::append(const std::vector<int32_t> &tokens,
                                std::vector<float> &logits) {
  logits.resize(tokens.size() * size_t(config().vocab));
  return failed(prefill(session, tokens.data(), int64_t(tokens.size()),
                        LLMC_ALL_ROWS, logits.data()));
}

llvm::Expected<std::vector<int32_t>>
llmc::encodeFile(const llmc_model &model, const std::string &file) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return llvm::createStringError(file + ": " + buffer.getError().message());
  llmc_text *text = nullptr;
  llmc_text_message message = {};
  if (!model.text)
    return llvm::createStringError("the model has no tokenizer; eval needs one");
  if (llmc_text_open(model.text, size_t(model.text_bytes), &text, &message) !=
      LLMC_TEXT_OK)
    return llvm::createStringError(std::string(message.text));
  int32_t *ids = nullptr;
  size_t count = 0;
  llmc_text_status status =
      llmc_text_encode(text, (*buffer)->getBufferStart(),
                       (*buffer)->getBufferSize(), 0, &ids, &count, &message);
  std::vector<int32_t> tokens(ids, ids + (status == LLMC_TEXT_OK ? count : 0));
  llmc_text_free(ids);
  llmc_text_close(text);
  if (status != LLMC_TEXT_OK)
    return llvm::createStringError(file + ": " + message.text);
  return tokens;
}

/// Logits [vocab] to log probabilities; returns the index of the largest.
static int64_t logSoftmax(const float *logits, std::vector<double> &out) {
  int64_t best = 0;
  for (size_t i = 1; i < out.size(); ++i)
    if (logits[i] > logits[best])
      best = int64_t(i);
  double sum = 0;
  for (size_t i = 0; i < out.size(); ++i)
    sum += std::exp(double(logits[i]) - double(logits[best]));
  double log = std::log(sum) + double(logits[best]);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = double(logits[i]) - log;
  return best;
}

namespace {
/// Sums over the predicted positions.
struct Sums {
  double nll = 0, referenceNll = 0, kl = 0;
  int64_t same = 0;
  std::vector<double> kls;
  std::vector<double> p, q;

  explicit Sums(int64_t vocab) : p(size_t(vocab)), q(size_t(vocab)) {}

  void add(const float *reference, const float *model, int32_t next) {
    int64_t a = logSoftmax(reference, p), b = logSoftmax(model, q);
    double divergence = 0;
    for (size_t i = 0; i < p.size(); ++i)
      divergence += std::exp(p[i]) * (p[i] - q[i]);
    referenceNll -= p[size_t(next)];
    nll -= q[size_t(next)];
    kl += divergence;
    kls.push_back(divergence);
    same += a == b;
  }
};
} // namespace

llvm::Expected<Comparison> llmc::compare(LoadedModel &reference,
                                         LoadedModel &model,
                                         const std::vector<int32_t> &tokens,
                                         int64_t window) {
  int64_t vocab = reference.config().vocab;
  window = std::min<int64_t>({window, reference.config().context,
                              model.config().context});
  Sums sums(vocab);
  std::vector<float> want, got;
  int64_t count = int64_t(tokens.size());
  for (int64_t begin = 0; begin + 1 < count; begin += window) {
    int64_t end = std::min(begin + window, count);
    if (llvm::Error error = reference.reset())
      return std::move(error);
    if (llvm::Error error = model.reset())
      return std::move(error);
    for (int64_t row = begin; row + 1 < end; row += kRows) {
      int64_t stop = std::min(row + kRows, end);
      std::vector<int32_t> chunk(tokens.begin() + row, tokens.begin() + stop);
      if (llvm::Error error = reference.append(chunk, want))
        return std::move(error);
      if (llvm::Error error = model.append(chunk, got))
        return std::move(error);
      for (int64_t i = row; i < stop && i + 1 < end; ++i)
        sums.add(&want[size_t((i - row) * vocab)],
                 &got[size_t((i - row) * vocab)], tokens[size_t(i + 1)]);
    }
  }
  Comparison out;
  out.tokens = count;
  out.predicted = int64_t(sums.kls.size());
  if (out.predicted == 0)
    return llvm::createStringError("the text has fewer than two tokens");
  double n = double(out.predicted);
  out.perplexity = std::exp(sums.nll / n);
  out.referencePerplexity = std::exp(sums.referenceNll / n);
  out.meanKl = sums.kl / n;
  auto at = sums.kls.begin() + ptrdiff_t(0.99 * (n - 1));
  std::nth_element(sums.kls.begin(), at, sums.kls.end());
  out.kl99 = *at;
  out.topAgreement = double(sums.same) / n;
  return out;
}
