// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One connection of the HTTP server: reads requests one after the other, each
// part in its time, writes what the handler answers, and notices when the
// client leaves.
#ifndef LLMC_RUNTIME_SERVE_HTTP_CONNECTION_H
#define LLMC_RUNTIME_SERVE_HTTP_CONNECTION_H

#include "runtime/serve/http/http.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <optional>

namespace llmc::serve {

class Connection final : public Exchange,
                         public std::enable_shared_from_this<Connection> {
public:
  using Socket = boost::asio::ip::tcp::socket;
  using Ended = std::function<void(Connection *)>;

  Connection(Socket socket, const HttpLimits &limits, Handler &handler,
             Ended ended);
  void start();
  /// Ends when the running answer, if any, is done.
  void drain();

  void respond(int status, const char *type, const std::string &body,
               const std::string &headers) override;
  void openStream() override;
  void write(const std::string &piece) override;
  void finish() override;

private:
  using Error = boost::system::error_code;
  enum class Phase { Idle, Head, Body, Answer, Linger, Closed };

  void waitForRequest();
  void readHead();
  void onHead(Error error);
  void readBody();
  void onBody(Error error);
  void refuse(const HttpError &error); // and close
  void onReadError(Error error);
  void fillHead();
  std::string head(int status, const char *type, const std::string &headers,
                   const std::string &framing);
  void send(const std::string &bytes);
  void flush();
  void onFlushed(Error error);
  void watch();
  void onWatch();
  bool left(); // the client has closed its side
  void leave();
  void linger();
  void close();
  void expire(int seconds);

  Socket socket;
  const HttpLimits &limits;
  Handler &handler;
  Ended ended;
  boost::asio::steady_timer timer;
  boost::beast::flat_buffer buffer;
  std::optional<boost::beast::http::request_parser<
      boost::beast::http::string_body>>
      parser;
  HttpRequest request;
  Phase phase = Phase::Idle;
  std::string pending, writing; // bytes to send, bytes being sent
  bool flushing = false, complete = false, keep_alive = false;
  bool streaming = false, chunked = false, expired = false, draining = false;
  bool watching = false;
  size_t lingered = 0;
};

} // namespace llmc::serve

#endif
