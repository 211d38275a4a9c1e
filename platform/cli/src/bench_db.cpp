// `avl bench db`: load on a running AvilaDB, with the latencies that clients see. Closed loop by
// default; with --rate each request has its due time, and latency counts from there, so that a slow
// answer also counts for those that had to wait behind it.
#include <algorithm>
#include <avila/async/runtime.hpp>
#include <avila/http/client.hpp>
#include <avila/http/parser.hpp>
#include <avila/os/clock.hpp>
#include <avila/random/fast.hpp>
#include <avila/text/number.hpp>
#include <avila/url/url.hpp>
#include <cstdio>

#include "api.hpp"
#include "commands.hpp"

namespace avila::cli {
namespace {

using future::Task;

constexpr const char* kDatabase = "avl_bench";
constexpr std::size_t kPadBytes = 200;
constexpr std::uint64_t kRowsPerQuery = 10;

enum class Operation : std::uint8_t { Insert, Get, Query };

struct Plan {
  Operation operation = Operation::Insert;
  std::string host;
  std::uint16_t port = 0;
  bool secure = false;
  std::string authorization;
  std::size_t connections = 64;
  Duration length = seconds(5);
  double rate = 0;  ///< requests a second of all connections; 0: closed loop
  std::uint64_t documents = 10'000;
};

struct Outcome {
  std::vector<std::int64_t> latencies_ns;
  std::uint64_t errors = 0;
  std::string first_error;
};

std::string document_json(std::uint64_t n, const std::string& id) {
  return "{\"id\":\"" + id + "\",\"n\":" + std::to_string(n) + ",\"name\":\"document " +
         std::to_string(n) + "\",\"pad\":\"" + std::string(kPadBytes, 'x') + "\"}";
}

std::string request_text(const Plan& plan, std::string_view method, const std::string& path,
                         const std::string& body) {
  std::string text = std::string(method) + ' ' + path + " HTTP/1.1\r\nHost: " + plan.host + "\r\n" +
                     plan.authorization;
  if (!body.empty())
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

std::string next_request(const Plan& plan, std::size_t connection, std::uint64_t count,
                         random::SplitMix64& random) {
  const std::string collection =
      std::string("/v1/databases/") + kDatabase + "/collections/docs/documents";
  switch (plan.operation) {
    case Operation::Insert: {
      const std::string id = "i" + std::to_string(connection) + '-' + std::to_string(count);
      return request_text(plan, "POST", collection, document_json(count, id));
    }
    case Operation::Get:
      return request_text(plan, "GET",
                          collection + "/d" + std::to_string(random.next() % plan.documents), "");
    case Operation::Query: {
      const std::uint64_t low = random.next() % plan.documents;
      return request_text(
          plan, "POST", std::string("/v1/databases/") + kDatabase + "/query",
          "{\"query\":\"SELECT d.id, d.n FROM docs d WHERE d.n >= @low AND d.n < @high\","
          "\"parameters\":{\"low\":" +
              std::to_string(low) + ",\"high\":" + std::to_string(low + kRowsPerQuery) + "}}");
    }
  }
  return "";
}

/// Reads one response; its status.
Task<Result<int>> read_response(async::Transport& stream, std::string& buffer) {
  http::HeadScanner scanner;
  const http::ParseLimits limits;
  std::size_t wanted = 0;
  int status = 0;
  while (true) {
    if (wanted == 0) {
      AVILA_CO_TRY(const auto found, scanner.scan(buffer, limits));
      if (found) {
        http::ResponseHead head;
        AVILA_CO_TRY_VOID(http::parse_response_head(std::string_view(buffer).substr(0, *found),
                                                    limits, http::Method::Get, head));
        if (head.facts.framing.kind != http::Framing::Kind::Length)
          co_return Error(Errc::Unsupported, "a response without Content-Length");
        wanted = *found + static_cast<std::size_t>(head.facts.framing.length);
        status = head.status;
      }
    }
    if (wanted != 0 && buffer.size() >= wanted) break;
    const std::size_t have = buffer.size();
    buffer.resize(have + 16'384);
    auto read = co_await stream.read(std::as_writable_bytes(std::span(buffer).subspan(have)));
    AVILA_CO_TRY(const std::size_t size, std::move(read));
    buffer.resize(have + size);
    if (size == 0) co_return Error(Errc::Closed, "the server closed the connection");
  }
  buffer.erase(0, wanted);
  co_return status;
}

Task<http::Connector::Connected> connect_by(http::Connector& connector, const Plan& plan) {
  const future::CancelToken never;
  auto connected = co_await connector.connect(plan.host, plan.port, never);
  if (!plan.secure || !connected.has_value()) co_return connected;
  auto secured = co_await connector.secure(std::move(*connected), plan.host, never);
  co_return secured;
}

Task<Outcome> drive(async::Runtime& runtime, http::Connector& connector, const Plan& plan,
                    std::size_t index) {
  Outcome outcome;
  const auto fail = [&outcome](const std::string& what) {
    if (outcome.errors++ == 0) outcome.first_error = what;
  };
  auto connected = co_await connect_by(connector, plan);
  if (!connected.has_value()) {
    fail(connected.error().to_string());
    co_return outcome;
  }
  async::Transport& stream = **connected;
  random::SplitMix64 random(index + 1);
  std::string buffer;
  const Instant start = runtime.now();
  const double interval_ns =
      plan.rate > 0 ? 1e9 * static_cast<double>(plan.connections) / plan.rate : 0;
  for (std::uint64_t count = 0; runtime.now() - start < plan.length; ++count) {
    Instant due = runtime.now();
    if (interval_ns > 0) {
      // Connections are spread over the interval.
      const double offset = (static_cast<double>(count) +
                             static_cast<double>(index) / static_cast<double>(plan.connections)) *
                            interval_ns;
      due = start + nanoseconds(static_cast<std::int64_t>(offset));
      if (due - start >= plan.length) break;
      const Duration wait = due - runtime.now();
      if (wait > Duration::zero()) co_await runtime.sleep(wait);
    }
    const std::string request = next_request(plan, index, count, random);
    auto written = co_await stream.write_all(as_bytes(request));
    if (!written.has_value()) {
      fail(written.error().to_string());
      break;
    }
    auto status = co_await read_response(stream, buffer);
    if (!status.has_value()) {
      fail(status.error().to_string());
      break;
    }
    if (*status >= 400) fail("status " + std::to_string(*status));
    outcome.latencies_ns.push_back((runtime.now() - due).ns);
  }
  co_return outcome;
}

Result<void> prepare(Api& api, const Plan& plan) {
  AVILA_TRY(const Reply dropped, api.send("DELETE", database_path(kDatabase)));
  if (dropped.status != 204 && dropped.status != 404)
    return Error(Errc::Unknown, "cannot drop the database of an earlier run: " + dropped.body);
  AVILA_TRY_VOID(
      api.call("POST", "/v1/databases", std::string("{\"name\":\"") + kDatabase + "\"}"));
  const bool indexed = plan.operation == Operation::Query;
  AVILA_TRY_VOID(api.call("POST", database_path(kDatabase) + "/collections",
                          indexed ? R"({"name":"docs","indexes":[{"name":"by_n","fields":["/n"]}]})"
                                  : R"({"name":"docs"})"));
  if (plan.operation == Operation::Insert) return {};
  constexpr std::uint64_t kBatch = 500;
  for (std::uint64_t first = 0; first < plan.documents; first += kBatch) {
    std::string body = "{\"operations\":[";
    for (std::uint64_t n = first; n < std::min(first + kBatch, plan.documents); ++n)
      body += std::string(n == first ? "" : ",") +
              "{\"op\":\"insert\",\"document\":" + document_json(n, 'd' + std::to_string(n)) + '}';
    AVILA_TRY_VOID(api.call("POST", database_path(kDatabase) + "/collections/docs/documents/batch",
                            body + "]}"));
  }
  return {};
}

Result<std::uint64_t> number(const Arguments& arguments, std::string_view option,
                             std::string_view fallback, std::uint64_t max) {
  AVILA_TRY(const std::uint64_t value,
            text::parse_uint(arguments.get(option, fallback)).context(option));
  if (value == 0 || value > max)
    return Error(Errc::OutOfRange, std::string(option) + ": 1 to " + std::to_string(max));
  return value;
}

}  // namespace

Result<int> bench_db(const Arguments& arguments) {
  Plan plan;
  const std::string operation = arguments.get("--operation", "insert");
  if (operation == "get")
    plan.operation = Operation::Get;
  else if (operation == "query")
    plan.operation = Operation::Query;
  else if (operation != "insert")
    return Error(Errc::InvalidArgument,
                 "--operation takes insert, get or query, not '" + operation + '\'');
  AVILA_TRY(plan.connections, number(arguments, "--connections", "64", 10'000));
  AVILA_TRY(const std::uint64_t length, number(arguments, "--seconds", "5", 86'400));
  plan.length = seconds(static_cast<std::int64_t>(length));
  AVILA_TRY(plan.documents, number(arguments, "--documents", "10000", 100'000'000));
  if (arguments.has("--rate")) {
    AVILA_TRY(const std::uint64_t rate, number(arguments, "--rate", "", 10'000'000));
    plan.rate = static_cast<double>(rate);
  }
  AVILA_TRY(Api api, Api::open(arguments));
  AVILA_TRY(const url::Url url, url::Url::parse(api.target().endpoint));
  plan.host = url.hostname();
  plan.port = url.effective_port();
  plan.secure = url.scheme() == "https";
  plan.authorization = "Authorization: Bearer " + api.target().api_key + "\r\n";
  AVILA_TRY_VOID(prepare(api, plan));

  async::Runtime runtime({.threads = 1});
  const std::unique_ptr<http::Connector> connector = http::make_connector(runtime, api.security());
  const Instant started = os::real_clock().now();
  std::vector<async::JoinHandle<Outcome>> running;
  for (std::size_t i = 0; i < plan.connections; ++i)
    running.push_back(runtime.spawn(drive(runtime, *connector, plan, i)));
  Outcome all;
  for (auto& handle : running) {
    Outcome one = handle.wait();
    all.latencies_ns.insert(all.latencies_ns.end(), one.latencies_ns.begin(),
                            one.latencies_ns.end());
    if (all.errors == 0) all.first_error = one.first_error;
    all.errors += one.errors;
  }
  const double took = (os::real_clock().now() - started).seconds();
  AVILA_TRY_VOID(api.call("DELETE", database_path(kDatabase)));

  std::sort(all.latencies_ns.begin(), all.latencies_ns.end());
  const auto quantile = [&](double q) {
    if (all.latencies_ns.empty()) return 0.0;
    const auto at = static_cast<std::size_t>(q * static_cast<double>(all.latencies_ns.size() - 1));
    return static_cast<double>(all.latencies_ns[at]) * 1e-6;
  };
  const std::size_t count = all.latencies_ns.size();
  const bool as_json = arguments.has("--json") || arguments.get("--output") == "json";
  std::printf(as_json
                  ? "{\"operation\":\"%s\",\"connections\":%zu,\"requests\":%zu,\"errors\":%llu,"
                    "\"requests_per_second\":%.1f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,"
                    "\"max_ms\":%.3f}\n"
                  : "%s: %zu connections, %zu requests, %llu errors\n"
                    "%.1f requests/s\np50 %.3f ms  p90 %.3f ms  p99 %.3f ms  max %.3f ms\n",
              operation.c_str(), plan.connections, count,
              static_cast<unsigned long long>(all.errors), static_cast<double>(count) / took,
              quantile(0.5), quantile(0.9), quantile(0.99), quantile(1.0));
  if (all.errors == 0) return kDone;
  std::fprintf(stderr, "first error: %s\n", all.first_error.c_str());
  return kFailed;
}

}  // namespace avila::cli
