// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// HTTP/1.1 on one thread, within limits: head 16 KiB and 100 fields (431) in
// 10 s (408), body 1 MiB (413) in 30 s (408), 75 s between requests, 4000
// connections. Parsed requests go to a Handler, which answers at once or later
// through the Exchange, whole or as a stream.
#ifndef LLMC_RUNTIME_SERVE_HTTP_HTTP_H
#define LLMC_RUNTIME_SERVE_HTTP_HTTP_H

#include "runtime/serve/json.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace llmc::serve {

struct HttpLimits {
  size_t head_bytes = 16 << 10, fields = 100, body_bytes = 1 << 20;
  size_t connections = 4000;
  int head_seconds = 10, body_seconds = 30, idle_seconds = 75;
  int write_seconds = 30; // without progress of a client that reads
};

struct HttpRequest {
  std::string method, path; // the target up to '?'
  std::string host, authorization, content_type, origin;
  std::string body;
};

/// The way back to the client of one request; used on the server's thread.
class Exchange {
public:
  virtual ~Exchange() = default;
  /// A whole answer. `headers`: lines that end in CRLF.
  virtual void respond(int status, const char *type, const std::string &body,
                       const std::string &headers = {}) = 0;
  /// 200 with a body in pieces (text/event-stream), then its end.
  virtual void openStream() = 0;
  virtual void write(const std::string &piece) = 0;
  virtual void finish() = 0;
  /// Called once when the client leaves before the end of the answer.
  std::function<void()> gone;
};

class Handler {
public:
  virtual ~Handler() = default;
  /// Looks at the head; throws HttpError where the body need not be read.
  virtual void check(const HttpRequest &head) = 0;
  /// Throws HttpError, or answers through the exchange.
  virtual void handle(const HttpRequest &request,
                      const std::shared_ptr<Exchange> &exchange) = 0;
  /// Header lines for every answer to a request.
  virtual std::string headers(const HttpRequest &head) = 0;
  /// An answer with this status was given.
  virtual void answered(const HttpRequest &request, int status) = 0;
};

class HttpServer {
public:
  /// Throws std::runtime_error where the address cannot be listened on.
  HttpServer(boost::asio::io_context &io, const std::string &host, int32_t port,
             const HttpLimits &limits, Handler &handler);
  ~HttpServer();
  int32_t port() const;
  /// Accepts no more; connections end with the answer that they wait for, and
  /// `drained` is called when none is left.
  void drain(std::function<void()> drained);

private:
  struct State;
  std::shared_ptr<State> state;
};

/// JSON with an HttpError's status, and Retry-After where it says come back.
void respondError(Exchange &exchange, const HttpError &error);

} // namespace llmc::serve

#endif
