// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The server around the fake model and a tokenizer of single characters (its
// 37 tokens: specials, space, letters, some signs), on a free loopback port,
// with nothing running yet: tests give it threads, the fuzzer steps it.
#ifndef LLMC_TEST_FAKE_SERVER_H
#define LLMC_TEST_FAKE_SERVER_H

#include "fake_model.h"
#include "runtime/serve/api.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace llmc::serve {

/// The text section. In a file of its own, since asio wants RTTI, LLVM none.
std::vector<uint8_t> fakeText();

struct FakeServer {
  using Session = std::unique_ptr<llmc_session, void (*)(llmc_session *)>;

  explicit FakeServer(Options given = {}, const HttpLimits &limits = {})
      : options(std::move(given)),
        section(fakeText()), session(open()), text(fake.model, "serve"),
        scheduler(session.get(), options.slots, options.queue),
        api(io, text, scheduler, options),
        server(io, "127.0.0.1", 0, limits, api) {}

  Session open() {
    fake.model.text = section.data();
    fake.model.text_bytes = int64_t(section.size());
    llmc_session_options wanted = {};
    wanted.threads = 1;
    wanted.sequences = options.slots;
    llmc_session *session = nullptr;
    if (llmc_session_open(&fake.model, &wanted, &session) != LLMC_OK)
      abort();
    return Session(session, llmc_session_close);
  }

  const Options options;
  std::vector<uint8_t> section;
  FakeModel fake;
  Session session;
  ModelText text;
  Scheduler scheduler;
  boost::asio::io_context io{1};
  Api api;
  HttpServer server;
};

/// A client that blocks.
struct FakeClient {
  explicit FakeClient(int32_t port) : socket(io) {
    socket.connect({boost::asio::ip::address_v4::loopback(), uint16_t(port)});
  }
  void send(const std::string &bytes) {
    boost::system::error_code ignored; // the server may have closed already
    boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
  }
  /// All that comes until the server closes.
  std::string receive() {
    std::string bytes;
    boost::system::error_code ended;
    boost::asio::read(socket, boost::asio::dynamic_buffer(bytes), ended);
    return bytes;
  }

  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket;
};

inline std::string postOf(const std::string &path, const std::string &body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
         "Connection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace llmc::serve

#endif
