// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/serve.h"
#include "runtime/serve/api.h"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <thread>

namespace asio = boost::asio;

namespace llmc::serve {

// How long running answers may go on after SIGTERM.
static const int kDrainSeconds = 30;

static bool isLoopback(const std::string &host) {
  return host == "::1" || isLoopbackName(host);
}

static void check(const llmc_model &model, const Options &options) {
  if (options.api_key.empty() && !isLoopback(options.host))
    throw std::runtime_error("serve: --host " + options.host +
                             " is seen by other machines: --api-key is needed "
                             "(or LLMC_API_KEY)");
  if (options.slots > model.config->rows_max)
    throw std::runtime_error(
        "serve: --slots " + std::to_string(options.slots) +
        ": the model was compiled for steps of at most " +
        std::to_string(model.config->rows_max) +
        " rows; llmc compile --rows sets it");
}

using Session = std::unique_ptr<llmc_session, void (*)(llmc_session *)>;

static Session openSession(const llmc_model &model, const Options &options) {
  llmc_session_options open = {};
  open.threads = options.threads;
  open.pin = options.pin;
  open.sequences = options.slots;
  llmc_session *session = nullptr;
  if (llmc_session_open(&model, &open, &session) != LLMC_OK)
    throw std::runtime_error(llmc_last_open_error());
  return Session(session, llmc_session_close);
}

static void raiseDescriptorLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

namespace {
// The scheduler on its own thread, ended with this object.
class Engine {
public:
  explicit Engine(Scheduler &scheduler)
      : scheduler(scheduler), thread([&scheduler] { scheduler.run(); }) {}
  ~Engine() { join(); }
  void join() {
    scheduler.stop();
    if (thread.joinable())
      thread.join();
  }

private:
  Scheduler &scheduler;
  std::thread thread;
};
} // namespace

void serve(const llmc_model &model, const Options &options) {
  check(model, options);
  raiseDescriptorLimit();
  signal(SIGPIPE, SIG_IGN);
  ModelText text(model, "serve");
  Session session = openSession(model, options);
  Scheduler scheduler(session.get(), options.slots, options.queue);
  asio::io_context io(1);
  Api api(io, text, scheduler, options);
  HttpServer server(io, options.host, options.port, HttpLimits(), api);
  Engine engine(scheduler);

  // The first signal drains, a second or too long a time ends at once.
  asio::signal_set signals(io, SIGTERM, SIGINT);
  asio::steady_timer deadline(io);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error)
      return;
    api.drain();
    deadline.expires_after(std::chrono::seconds(kDrainSeconds));
    deadline.async_wait([&](boost::system::error_code) { io.stop(); });
    signals.async_wait([&](boost::system::error_code, int) { io.stop(); });
    server.drain([&] { io.stop(); });
  });
  bool bare = options.host.find(':') == std::string::npos;
  fprintf(stderr, "listening on http://%s:%d\n",
          bare ? options.host.c_str() : ("[" + options.host + "]").c_str(),
          int(server.port()));
  io.run();
  engine.join();
}

} // namespace llmc::serve
