// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The server: any bytes on a connection are answered in HTTP or the connection
// is closed, and nothing is left running. An input that begins with C or T is
// the body of a chat or text completion, others are the bytes as they are.
#include "test/unit/serve/fake_server.h"
#include <cstdlib>

using namespace llmc::serve;

static void check(bool holds) {
  if (!holds)
    std::abort();
}

static FakeServer &theServer() {
  static FakeServer server;
  return server;
}

// Works until nothing is left to do at once.
static void settle(FakeServer &fake) {
  while (fake.io.poll() || fake.scheduler.step())
    ;
}

// All that the server sends until it closes, while it works.
static std::string receive(FakeServer &fake, FakeClient &client) {
  std::string all;
  char piece[4096];
  client.socket.non_blocking(true);
  for (;;) {
    boost::system::error_code error;
    all.append(piece, client.socket.read_some(boost::asio::buffer(piece), error));
    if (error && error != boost::asio::error::would_block)
      return all;
    settle(fake);
    if (error) // some things are looked at again after 50 ms
      fake.io.run_one_for(std::chrono::milliseconds(60));
  }
}

static std::string bytesOf(const uint8_t *data, size_t size) {
  std::string input(reinterpret_cast<const char *>(data), size);
  if (size && (data[0] == 'C' || data[0] == 'T'))
    return postOf(data[0] == 'C' ? "/v1/chat/completions" : "/v1/completions",
                  input.substr(1));
  return input;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FakeServer &fake = theServer();
  FakeClient client(fake.server.port());
  client.send(bytesOf(data, size));
  settle(fake);
  boost::system::error_code ignored;
  client.socket.shutdown(boost::asio::socket_base::shutdown_send, ignored);
  settle(fake);
  std::string answer = receive(fake, client);
  check(answer.empty() || answer.compare(0, 9, "HTTP/1.1 ") == 0);
  check(fake.scheduler.counters().running == 0 &&
        fake.scheduler.counters().waiting == 0);
  return 0;
}
