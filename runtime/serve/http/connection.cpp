// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/http/connection.h"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <poll.h>
#include <sys/socket.h>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace llmc::serve {

// What an ended connection still reads so that its last answer arrives.
static const size_t kLingerBytes = 4 << 20;
static const int kLingerSeconds = 2;
static const std::chrono::milliseconds kWatchInterval(50);

Connection::Connection(Socket given, const HttpLimits &limits,
                       Handler &handler, Ended ended)
    : socket(std::move(given)), limits(limits), handler(handler),
      ended(std::move(ended)), timer(socket.get_executor()) {
  buffer.max_size(limits.head_bytes + (64 << 10));
}

void Connection::start() {
  Error ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  phase = Phase::Head;
  readHead();
}

// When the time is over, what is being waited for ends with `expired` set.
void Connection::expire(int seconds) {
  expired = false;
  timer.expires_after(std::chrono::seconds(seconds));
  timer.async_wait([self = shared_from_this()](Error error) {
    if (error || self->timer.expiry() > std::chrono::steady_clock::now())
      return;
    self->expired = true;
    Error ignored;
    self->socket.cancel(ignored);
  });
}

void Connection::waitForRequest() {
  if (draining)
    return close();
  phase = Phase::Idle;
  if (buffer.size()) { // the next request came with the last one
    phase = Phase::Head;
    return readHead();
  }
  expire(limits.idle_seconds);
  socket.async_wait(Socket::wait_read,
                    [self = shared_from_this()](Error error) {
                      if (error || self->draining)
                        return self->close();
                      self->phase = Phase::Head;
                      self->readHead();
                    });
}

void Connection::readHead() {
  parser.emplace();
  parser->header_limit(uint32_t(limits.head_bytes));
  parser->body_limit(limits.body_bytes);
  request = HttpRequest();
  keep_alive = complete = streaming = chunked = false;
  gone = nullptr;
  expire(limits.head_seconds);
  http::async_read_header(
      socket, buffer, *parser,
      [self = shared_from_this()](Error error, size_t) {
        self->onHead(error);
      });
}

void Connection::fillHead() {
  const auto &message = parser->get();
  auto field = [&](http::field name) { return std::string(message[name]); };
  request.method = std::string(message.method_string());
  std::string target(message.target());
  request.path = target.substr(0, target.find('?'));
  request.host = field(http::field::host);
  request.authorization = field(http::field::authorization);
  request.content_type = field(http::field::content_type);
  request.origin = field(http::field::origin);
}

void Connection::onReadError(Error error) {
  if (expired)
    return refuse(HttpError(408, phase == Phase::Body
                                     ? "the body did not arrive in time"
                                     : "the head did not arrive in time"));
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow)
    return refuse(HttpError(431, "the head is longer than " +
                                     std::to_string(limits.head_bytes) +
                                     " bytes"));
  if (error == http::error::body_limit)
    return refuse(HttpError(413, "the body is longer than " +
                                     std::to_string(limits.body_bytes) +
                                     " bytes"));
  if (error.category() == http::make_error_code(http::error::bad_method)
                              .category() &&
      error != http::error::end_of_stream &&
      error != http::error::partial_message)
    return refuse(HttpError(400, "not HTTP: " + error.message()));
  close();
}

void Connection::onHead(Error error) {
  if (error)
    return onReadError(error);
  fillHead();
  const auto &message = parser->get();
  size_t fields = size_t(std::distance(message.begin(), message.end()));
  if (fields > limits.fields)
    return refuse(HttpError(431, "the head has " + std::to_string(fields) +
                                     " fields, at most " +
                                     std::to_string(limits.fields)));
  if (message.version() != 11 && message.version() != 10)
    return refuse(HttpError(505, "HTTP/1.1 and 1.0 are accepted"));
  if (message.version() == 11 && message.count(http::field::host) != 1)
    return refuse(HttpError(400, "one Host field is wanted"));
  try {
    handler.check(request);
  } catch (const HttpError &refused) {
    return refuse(refused);
  }
  phase = Phase::Body;
  if (boost::beast::iequals(message[http::field::expect], "100-continue") &&
      !parser->is_done())
    send("HTTP/1.1 100 Continue\r\n\r\n");
  readBody();
}

void Connection::readBody() {
  expire(limits.body_seconds);
  http::async_read(socket, buffer, *parser,
                   [self = shared_from_this()](Error error, size_t) {
                     self->onBody(error);
                   });
}

void Connection::onBody(Error error) {
  if (error)
    return onReadError(error);
  timer.cancel();
  keep_alive = parser->keep_alive() && !draining;
  chunked = parser->get().version() == 11;
  request.body = std::move(parser->get().body());
  phase = Phase::Answer;
  try {
    handler.handle(request, shared_from_this());
  } catch (const HttpError &refused) {
    return respondError(*this, refused);
  } catch (const std::exception &failure) {
    return respondError(*this, HttpError(500, failure.what()));
  }
  if (phase == Phase::Answer && !complete)
    watch();
}

void Connection::refuse(const HttpError &error) {
  keep_alive = false;
  phase = Phase::Answer;
  respondError(*this, error);
}

void Connection::drain() {
  draining = true;
  if (phase == Phase::Idle || phase == Phase::Head)
    close();
}

static const char *reason(int status) {
  return http::obsolete_reason(http::status(unsigned(status))).data();
}

std::string Connection::head(int status, const char *type,
                             const std::string &headers,
                             const std::string &framing) {
  keep_alive &= !draining;
  handler.answered(request, status);
  return "HTTP/1.1 " + std::to_string(status) + " " + reason(status) +
         "\r\nContent-Type: " + type +
         "\r\nX-Content-Type-Options: nosniff\r\n" + framing + headers +
         handler.headers(request) +
         (keep_alive ? "Connection: keep-alive\r\n\r\n"
                     : "Connection: close\r\n\r\n");
}

void Connection::respond(int status, const char *type, const std::string &body,
                         const std::string &headers) {
  if (phase != Phase::Answer || complete)
    return;
  std::string answer =
      head(status, type, headers,
           "Content-Length: " + std::to_string(body.size()) + "\r\n");
  if (request.method != "HEAD")
    answer += body;
  complete = true;
  send(answer);
}

void Connection::openStream() {
  if (phase != Phase::Answer || complete)
    return;
  streaming = true;
  keep_alive &= chunked;
  send(head(200, "text/event-stream", "Cache-Control: no-store\r\n",
            chunked ? "Transfer-Encoding: chunked\r\n" : ""));
}

void Connection::write(const std::string &piece) {
  if (phase != Phase::Answer || complete || piece.empty())
    return;
  if (left())
    return leave();
  if (!chunked)
    return send(piece);
  char size[20];
  snprintf(size, sizeof size, "%zx\r\n", piece.size());
  send(size + piece + "\r\n");
}

void Connection::finish() {
  if (phase != Phase::Answer || complete)
    return;
  complete = true;
  send(chunked ? "0\r\n\r\n" : "");
}

void Connection::send(const std::string &bytes) {
  pending += bytes;
  if (!flushing)
    flush();
}

void Connection::flush() {
  flushing = true;
  writing.clear();
  writing.swap(pending);
  if (phase != Phase::Body)
    expire(limits.write_seconds);
  asio::async_write(socket, asio::buffer(writing),
                    [self = shared_from_this()](Error error, size_t) {
                      self->onFlushed(error);
                    });
}

void Connection::onFlushed(Error error) {
  flushing = false;
  if (phase == Phase::Closed)
    return;
  if (error)
    return leave();
  if (!pending.empty())
    return flush();
  if (phase != Phase::Answer)
    return;
  timer.cancel();
  if (!complete)
    return;
  gone = nullptr;
  if (!keep_alive)
    return linger();
  // The watch of this request must end before the next one is read.
  phase = Phase::Idle;
  if (watching) {
    Error ignored;
    socket.cancel(ignored);
  } else {
    waitForRequest();
  }
}

// While an answer is computed: readable means gone, or a next request that came
// early; then only polling can tell.
void Connection::watch() {
  watching = true;
  auto look = [self = shared_from_this()](Error) {
    self->watching = false;
    self->onWatch();
  };
  char byte;
  if (recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0 &&
      !buffer.size())
    return socket.async_wait(Socket::wait_read, look);
  auto poll = std::make_shared<asio::steady_timer>(socket.get_executor(),
                                                   kWatchInterval);
  poll->async_wait([poll, look](Error error) { look(error); });
}

void Connection::onWatch() {
  if (phase == Phase::Idle)
    return waitForRequest();
  if (phase != Phase::Answer)
    return;
  if (left())
    return leave();
  watch();
}

bool Connection::left() {
  struct pollfd state = {socket.native_handle(), POLLRDHUP, 0};
  return poll(&state, 1, 0) > 0 &&
         (state.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

void Connection::leave() {
  if (phase == Phase::Answer && !complete && !streaming)
    handler.answered(request, 499);
  std::function<void()> tell;
  tell.swap(gone);
  close();
  if (tell)
    tell();
}

// Closing with unread bytes would reset the connection and lose the answer.
void Connection::linger() {
  if (phase != Phase::Linger) {
    phase = Phase::Linger;
    lingered = 0;
    Error ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    expire(kLingerSeconds);
    buffer.clear();
    writing.resize(16 << 10);
  }
  socket.async_read_some(
      asio::buffer(writing.data(), writing.size()),
      [self = shared_from_this()](Error error, size_t bytes) {
        self->lingered += bytes;
        if (error || self->lingered > kLingerBytes)
          return self->close();
        self->linger();
      });
}

void Connection::close() {
  if (phase == Phase::Closed)
    return;
  phase = Phase::Closed;
  timer.cancel();
  Error ignored;
  socket.close(ignored);
  if (ended)
    ended(this);
}

} // namespace llmc::serve
