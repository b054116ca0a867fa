// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/api.h"
#include "runtime/serve/page.h"

#include <boost/beast/core/string.hpp>

#include <sstream>
#include <time.h>

namespace llmc::serve {

namespace {
struct Route {
  const char *path, *method;
};
} // namespace

static const Route kRoutes[] = {
    {"/", "GET"},          {"/health", "GET"},
    {"/metrics", "GET"},   {"/v1/models", "GET"},
    {"/v1/completions", "POST"}, {"/v1/chat/completions", "POST"},
};

static const Route *routeOf(const std::string &path) {
  for (const Route &route : kRoutes)
    if (path == route.path)
      return &route;
  return nullptr;
}

bool sameKey(const std::string &given, const std::string &key) {
  volatile size_t difference = given.size() ^ key.size();
  for (size_t i = 0; i < given.size(); ++i)
    difference = difference | uint8_t(given[i] ^ key[i % key.size()]);
  return difference == 0;
}

// RFC 4648; up to the first byte that is none of its alphabet.
static std::string decodeBase64(const std::string &text) {
  static const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0, count = 0;
  for (char c : text) {
    size_t value = alphabet.find(c);
    if (value == std::string::npos)
      break;
    bits = bits << 6 | uint32_t(value);
    if ((count += 6) >= 8)
      bytes += char(bits >> (count -= 8) & 255);
  }
  return bytes;
}

std::string keyOf(const std::string &authorization) {
  size_t space = authorization.find(' ');
  if (space == std::string::npos)
    return {};
  std::string scheme = authorization.substr(0, space);
  std::string value = authorization.substr(space + 1);
  if (boost::beast::iequals(scheme, "bearer"))
    return value;
  if (!boost::beast::iequals(scheme, "basic"))
    return {};
  std::string plain = decodeBase64(value);
  size_t colon = plain.find(':');
  return colon == std::string::npos ? std::string() : plain.substr(colon + 1);
}

bool isLoopbackName(const std::string &host) {
  std::string name = host;
  size_t colon = name.rfind(':');
  if (colon != std::string::npos && name.find(']', colon) == std::string::npos)
    name.resize(colon);
  return name == "localhost" || name == "[::1]" ||
         (name.rfind("127.", 0) == 0 &&
          name.find_first_not_of("0123456789.") == std::string::npos);
}

Api::Api(boost::asio::io_context &io, const ModelText &text,
         Scheduler &scheduler, const Options &options)
    : io(io), text(text), scheduler(scheduler), options(options),
      started(time(nullptr)) {}

void Api::check(const HttpRequest &head) {
  bool preflight = !options.cors_origin.empty() && head.method == "OPTIONS";
  if (!options.api_key.empty() && head.path != "/health" && !preflight &&
      !sameKey(keyOf(head.authorization), options.api_key))
    throw HttpError(401, "the API key is missing or wrong", "",
                    "invalid_api_key");
  if (options.api_key.empty() && !head.host.empty() &&
      !isLoopbackName(head.host))
    throw HttpError(403, "without --api-key only this machine's own names are "
                         "accepted as Host");
  if (preflight)
    return;
  const Route *route = routeOf(head.path);
  if (!route)
    throw HttpError(404, "no such route");
  bool allowed = head.method == route->method ||
                 (head.method == "HEAD" && !strcmp(route->method, "GET"));
  if (!allowed)
    throw HttpError(405, std::string(route->method) + " is accepted");
  // So that a foreign page cannot send it without asking first.
  std::string type = head.content_type.substr(0, head.content_type.find(';'));
  if (head.method == "POST" && !boost::beast::iequals(type, "application/json"))
    throw HttpError(415, "Content-Type application/json is accepted");
}

void Api::handle(const HttpRequest &request,
                 const std::shared_ptr<Exchange> &exchange) {
  const std::string &path = request.path;
  if (request.method == "OPTIONS")
    return exchange->respond(204, "text/plain", "");
  if (path == "/health")
    return exchange->respond(
        draining ? 503 : 200, "application/json",
        draining ? "{\"status\":\"stopping\"}" : "{\"status\":\"ok\"}");
  if (path == "/v1/models")
    return exchange->respond(200, "application/json", models());
  if (path == "/metrics")
    return exchange->respond(200, "text/plain; version=0.0.4; charset=utf-8",
                             metrics());
  if (path == "/")
    return exchange->respond(200, "text/html; charset=utf-8",
                             std::string(page()), kPageHeaders);
  complete(request, path == "/v1/chat/completions", exchange);
}

std::string Api::headers(const HttpRequest &) {
  if (options.cors_origin.empty())
    return {};
  return "Access-Control-Allow-Origin: " + options.cors_origin +
         "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type\r\n"
         "Access-Control-Allow-Methods: GET, POST\r\nVary: Origin\r\n";
}

void Api::answered(const HttpRequest &request, int status) {
  ++answers[{routeOf(request.path) ? request.path : "other", status}];
}

void Api::complete(const HttpRequest &request, bool chat,
                   const std::shared_ptr<Exchange> &exchange) {
  if (draining)
    throw HttpError(503, "the server is stopping");
  auto onAnswer = [this](const Timing &timing) {
    if (!timing.generated_tokens)
      return;
    ++first_tokens;
    first_token_seconds += timing.first_token_seconds;
    decode_seconds += timing.decode_seconds;
  };
  auto read = [&] {
    try {
      return readRequest(parseJson(request.body), chat, text);
    } catch (const TextError &error) {
      throw HttpError(400, error.what());
    }
  };
  std::make_shared<Completion>(io, text, read(), exchange, onAnswer)
      ->start(scheduler);
}

std::string Api::models() const {
  return dump({{"object", "list"},
               {"data", Json::array({{{"id", text.name()},
                                      {"object", "model"},
                                      {"created", started},
                                      {"owned_by", "llmc"},
                                      {"context", text.context()}}})}});
}

std::string Api::metrics() const {
  std::ostringstream out;
  auto metric = [&](const char *name, const char *type, const char *help,
                    auto value) {
    out << "# HELP llmc_" << name << " " << help << "\n# TYPE llmc_" << name
        << " " << type << "\nllmc_" << name << " " << value << "\n";
  };
  const SchedulerCounters &counts = scheduler.counters();
  metric("steps_total", "counter", "Steps of the model.", counts.steps.load());
  metric("rows_total", "counter", "Rows (tokens) of all steps.",
         counts.rows.load());
  metric("prompt_tokens_total", "counter", "Prompt tokens computed.",
         counts.prompt_tokens.load());
  metric("reused_tokens_total", "counter",
         "Prompt tokens found in the KV cache.", counts.reused_tokens.load());
  metric("generated_tokens_total", "counter", "Tokens sampled.",
         counts.generated_tokens.load());
  metric("requests_running", "gauge", "Answers being computed.",
         counts.running.load());
  metric("requests_waiting", "gauge", "Answers in the queue.",
         counts.waiting.load());
  metric("slots", "gauge", "Answers that can be computed at once.",
         options.slots);
  metric("first_token_seconds_sum", "counter",
         "Time to the first token, over all answers.", first_token_seconds);
  metric("first_token_seconds_count", "counter", "Answers with a first token.",
         first_tokens);
  metric("decode_seconds_total", "counter",
         "Time after the first token, over all answers.", decode_seconds);
  out << "# HELP llmc_http_answers_total Answers by route and status.\n"
         "# TYPE llmc_http_answers_total counter\n";
  for (const auto &[key, count] : answers)
    out << "llmc_http_answers_total{route=\"" << key.first << "\",status=\""
        << key.second << "\"} " << count << "\n";
  return out.str();
}

} // namespace llmc::serve
