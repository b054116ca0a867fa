// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole server with its threads around the fake model. With the thread
// sanitizer this is what looks for races between HTTP and the scheduler.
#include "fake_server.h"

#include "gtest/gtest.h"

#include <thread>

using namespace llmc::serve;

namespace {

class Server : public testing::Test {
protected:
  explicit Server(const HttpLimits &limits = {})
      : fake(options(), limits), engine([&] { fake.scheduler.run(); }),
             http([&] { fake.io.run(); }) {}
  ~Server() override {
    boost::asio::post(fake.io, [&] {
      fake.api.drain();
      fake.server.drain([&] { fake.io.stop(); });
    });
    http.join();
    fake.scheduler.stop();
    engine.join();
  }
  static Options options() {
    Options options;
    options.slots = 3;
    return options;
  }

  std::string ask(const std::string &bytes) {
    FakeClient client(port);
    client.send(bytes);
    return client.receive();
  }
  // The answer of request `i`, without what differs from time to time.
  static std::string bodyOf(int i) {
    Json body = {{"prompt", std::string(size_t(1 + i * 7 % 40), char('a' + i))},
                 {"max_tokens", 1 + i % 11},
                 {"temperature", i % 2},
                 {"seed", i},
                 {"logprobs", 1},
                 {"stream", i % 3 == 0}};
    return dump(body);
  }
  static std::string textOf(const std::string &answer) {
    std::string text;
    for (size_t at = 0; (at = answer.find("\"text\":\"", at)) != std::string::npos;)
      for (at += 8; at < answer.size() && answer[at] != '"'; ++at) {
        text += answer[at];
        if (answer[at] == '\\')
          text += answer[++at];
      }
    return text;
  }

  FakeServer fake;
  const int32_t port = fake.server.port();
  std::thread engine, http;
};

TEST_F(Server, AnswersTogetherAreThoseAlone) {
  const int kRequests = 12;
  std::vector<std::string> alone;
  for (int i = 0; i < kRequests; ++i) {
    std::string answer = ask(postOf("/v1/completions", bodyOf(i)));
    EXPECT_EQ(answer.find("HTTP/1.1 200"), 0u) << answer;
    alone.push_back(textOf(answer));
  }
  std::vector<std::thread> clients;
  std::vector<std::string> together(kRequests);
  for (int i = 0; i < kRequests; ++i)
    clients.emplace_back([&, i] {
      together[size_t(i)] = textOf(ask(postOf("/v1/completions", bodyOf(i))));
    });
  for (int i = 0; i < 8; ++i) // and some that leave, and some that look
    clients.emplace_back([&, i] {
      FakeClient(port).send(postOf("/v1/completions", bodyOf(i)));
      ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    });
  for (std::thread &client : clients)
    client.join();
  EXPECT_EQ(together, alone);
}

TEST_F(Server, ManyAnswersOfOneRequest) {
  std::string answer = ask(postOf(
      "/v1/chat/completions",
      R"({"messages":[{"role":"user","content":"hi"}],"n":9,"max_tokens":5,"temperature":1})"));
  ASSERT_EQ(answer.find("HTTP/1.1 200"), 0u) << answer;
  Json json = Json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  EXPECT_EQ(json["choices"].size(), 9u);
  for (const Json &choice : json["choices"])
    EXPECT_TRUE(choice["finish_reason"] == "stop" ||
                choice["finish_reason"] == "length");
}

TEST_F(Server, AFullQueueIsRefused) {
  // 16 answers to 3 slots fit, 5 times so many do not fit the queue of 64.
  const std::string body =
      R"({"prompt":"abc","n":16,"max_tokens":40,"temperature":1,"stream":true})";
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<FakeClient>(port));
    clients.back()->send(postOf("/v1/completions", body));
  }
  int refused = 0, answered = 0;
  for (auto &client : clients) {
    std::string answer = client->receive();
    if (answer.find("HTTP/1.1 429") == 0) {
      EXPECT_NE(answer.find("\r\nRetry-After: "), std::string::npos);
      ++refused;
    } else {
      EXPECT_EQ(answer.find("HTTP/1.1 200"), 0u) << answer;
      EXPECT_NE(answer.find("data: [DONE]"), std::string::npos);
      ++answered;
    }
  }
  EXPECT_GT(answered, 0);
  EXPECT_EQ(refused + answered, 12);
}

class Limits : public Server {
protected:
  Limits() : Server(small()) {}
  static HttpLimits small() {
    HttpLimits limits;
    limits.connections = 2;
    limits.idle_seconds = limits.write_seconds = 1;
    return limits;
  }
  const std::string get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
};

TEST_F(Limits, IdleConnectionsAreClosed) {
  FakeClient client(port);
  client.send(get);
  std::string answer = client.receive(); // until the server closes
  EXPECT_EQ(answer.find("HTTP/1.1 200"), 0u);
  EXPECT_NE(answer.find("Connection: keep-alive"), std::string::npos);
}

TEST_F(Limits, ClientsThatDoNotReadAreClosed) {
  const int kRequests = 1500; // the pages are more than the buffers hold
  FakeClient client(port);
  std::string requests;
  for (int i = 0; i < kRequests; ++i)
    requests += get;
  client.send(requests);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  std::string all = client.receive();
  int answers = 0;
  for (size_t at = 0; (at = all.find("HTTP/1.1 200", at)) != std::string::npos; ++at)
    ++answers;
  EXPECT_GT(answers, 0);
  EXPECT_LT(answers, kRequests);
}

TEST_F(Limits, MoreConnectionsWait) {
  auto first = std::make_unique<FakeClient>(port);
  FakeClient second(port);
  first->send(get);
  char byte;
  first->socket.receive(boost::asio::buffer(&byte, 1));
  second.send(get);
  second.socket.receive(boost::asio::buffer(&byte, 1));
  FakeClient third(port);
  third.send(get);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(third.socket.available(), 0u);
  first.reset();
  EXPECT_EQ(third.receive().find("HTTP/1.1 200"), 0u);
}

} // namespace
