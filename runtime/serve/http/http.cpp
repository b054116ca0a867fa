// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/http/connection.h"

#include <map>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace llmc::serve {

struct HttpServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context &io, const HttpLimits &limits, Handler &handler)
      : acceptor(io), retry(io), limits(limits), handler(handler) {}

  void accept();
  void onAccept(boost::system::error_code error, tcp::socket socket);
  void ended(Connection *connection);

  tcp::acceptor acceptor;
  asio::steady_timer retry;
  const HttpLimits limits;
  Handler &handler;
  std::map<Connection *, std::weak_ptr<Connection>> open;
  std::function<void()> drained;
  bool full = false;
};

static tcp::endpoint endpointOf(const std::string &host, int32_t port) {
  boost::system::error_code error;
  auto address = asio::ip::make_address(
      host == "localhost" ? std::string("127.0.0.1") : host, error);
  if (error)
    throw std::runtime_error("serve: --host " + host +
                             ": a numeric address or localhost is accepted");
  return {address, uint16_t(port)};
}

HttpServer::HttpServer(asio::io_context &io, const std::string &host,
                       int32_t port, const HttpLimits &limits, Handler &handler)
    : state(std::make_shared<State>(io, limits, handler)) {
  tcp::endpoint endpoint = endpointOf(host, port);
  boost::system::error_code error;
  tcp::acceptor &acceptor = state->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error)
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error)
    acceptor.bind(endpoint, error);
  if (!error)
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    throw std::runtime_error("serve: " + host + " port " +
                             std::to_string(port) + ": " + error.message());
  state->accept();
}

HttpServer::~HttpServer() = default;

int32_t HttpServer::port() const {
  return state->acceptor.local_endpoint().port();
}

void HttpServer::State::accept() {
  full = open.size() >= limits.connections;
  if (full) // those who wait are accepted when one ends
    return;
  acceptor.async_accept([self = shared_from_this()](
                            boost::system::error_code error,
                            tcp::socket socket) {
    self->onAccept(error, std::move(socket));
  });
}

void HttpServer::State::onAccept(boost::system::error_code error,
                                 tcp::socket socket) {
  if (!acceptor.is_open())
    return;
  if (!error) {
    auto connection = std::make_shared<Connection>(
        std::move(socket), limits, handler,
        [self = shared_from_this()](Connection *c) { self->ended(c); });
    open[connection.get()] = connection;
    connection->start();
    return accept();
  }
  // Out of descriptors: those who wait wait a little.
  retry.expires_after(std::chrono::milliseconds(50));
  retry.async_wait([self = shared_from_this()](boost::system::error_code e) {
    if (!e && self->acceptor.is_open())
      self->accept();
  });
}

void HttpServer::State::ended(Connection *connection) {
  open.erase(connection);
  if (full && acceptor.is_open())
    accept();
  if (open.empty() && drained)
    drained();
}

void HttpServer::drain(std::function<void()> drained) {
  boost::system::error_code ignored;
  state->acceptor.close(ignored);
  state->retry.cancel();
  auto open = state->open;
  for (auto &[pointer, connection] : open)
    if (auto alive = connection.lock())
      alive->drain();
  if (state->open.empty())
    drained();
  else
    state->drained = std::move(drained);
}

void respondError(Exchange &exchange, const HttpError &error) {
  std::string headers;
  if (error.status == 429 || error.status == 503)
    headers = "Retry-After: 1\r\n";
  if (error.status == 401)
    headers = "WWW-Authenticate: Basic realm=\"llmc\", charset=\"UTF-8\"\r\n";
  exchange.respond(error.status, "application/json", errorBody(error),
                   headers);
}

} // namespace llmc::serve
