// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The routes: who may call (key, host, content type), what answers, and the
// counters of /metrics.
#ifndef LLMC_RUNTIME_SERVE_API_H
#define LLMC_RUNTIME_SERVE_API_H

#include "runtime/serve/completion.h"
#include "runtime/serve/serve.h"

#include <map>

namespace llmc::serve {

class Api final : public Handler {
public:
  Api(boost::asio::io_context &io, const ModelText &text, Scheduler &scheduler,
      const Options &options);

  void check(const HttpRequest &head) override;
  void handle(const HttpRequest &request,
              const std::shared_ptr<Exchange> &exchange) override;
  std::string headers(const HttpRequest &head) override;
  void answered(const HttpRequest &request, int status) override;
  void drain() { draining = true; }

private:
  void complete(const HttpRequest &request, bool chat,
                const std::shared_ptr<Exchange> &exchange);
  std::string models() const;
  std::string metrics() const;

  boost::asio::io_context &io;
  const ModelText &text;
  Scheduler &scheduler;
  const Options options;
  const int64_t started;
  bool draining = false;
  std::map<std::pair<std::string, int>, int64_t> answers; // (path, status)
  int64_t first_tokens = 0;
  double first_token_seconds = 0, decode_seconds = 0;
};

/// Takes a time that depends on the length of `given` alone.
bool sameKey(const std::string &given, const std::string &key);

/// The key in "Bearer KEY", or in "Basic base64(user:KEY)" as browsers send
/// it; empty where there is none.
std::string keyOf(const std::string &authorization);

/// True for a Host field that names this machine itself, with or without a
/// port. Others reach a loopback server through a foreign page's DNS.
bool isLoopbackName(const std::string &host);

} // namespace llmc::serve

#endif
