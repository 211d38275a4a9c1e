// `avl tool ws`: lines to a WebSocket, messages to standard output.
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/future/task_group.hpp>
#include <avila/websocket/client.hpp>

#include "client_tls.hpp"
#include "standard_input.hpp"
#include "tool.hpp"
#include "tool_net.hpp"

namespace avila::cli {
namespace {

constexpr std::size_t kLineMax = 16 * 1024 * 1024;

/// Every line a message; Close at the end.
future::Task<Result<void>> send_lines(async::Runtime& runtime, websocket::Connection& connection,
                                      const std::atomic<bool>& stop, bool keep_open) {
  std::string pending;
  while (true) {
    auto look = [&stop] { return next_input(stop); };
    auto read = co_await runtime.spawn_blocking(std::move(look));
    AVILA_CO_TRY(const std::string more, std::move(read));
    if (stop.load()) co_return Result<void>();
    const bool end = more.empty();
    pending += more;
    if (end && !pending.empty() && !pending.ends_with('\n')) pending += '\n';
    std::size_t begin = 0;
    for (std::size_t at = pending.find('\n'); at != std::string::npos;
         at = pending.find('\n', begin)) {
      std::string line = pending.substr(begin, at - begin);
      begin = at + 1;
      if (line.ends_with('\r')) line.pop_back();
      auto sent = co_await connection.send_text(std::move(line));
      AVILA_CO_TRY_VOID(std::move(sent));
    }
    pending.erase(0, begin);
    if (pending.size() > kLineMax)
      co_return Error(Errc::LimitExceeded, "a line is longer than 16 MiB");
    if (!end) continue;
    if (keep_open) co_return Result<void>();
    auto closed = co_await connection.close();
    co_return closed;
  }
}

future::Task<Result<int>> talk(async::Runtime& runtime, std::string url,
                               websocket::ConnectOptions options, bool keep_open) {
  auto connected = co_await websocket::connect(runtime, std::move(url), std::move(options));
  AVILA_CO_TRY(const std::unique_ptr<websocket::Client> client, std::move(connected));
  websocket::Connection& connection = client->connection();
  std::atomic<bool> stop{false};
  auto sending = runtime.spawn(send_lines(runtime, connection, stop, keep_open));
  Result<void> outcome;
  while (true) {
    auto received = co_await connection.receive();
    if (!received.has_value()) {
      outcome = std::move(received).error();
      break;
    }
    if (!received->has_value()) break;
    std::string text = std::move((*received)->data);
    text += '\n';
    outcome = print(text);
    if (!outcome.has_value()) break;
  }
  stop.store(true);
  auto sent = co_await std::move(sending);
  AVILA_CO_TRY_VOID(std::move(outcome));
  const websocket::Closed& closed = connection.closed();
  using websocket::CloseCode;
  const bool fine = closed.code == CloseCode::Normal || closed.code == CloseCode::GoingAway ||
                    closed.code == CloseCode::NoStatus;
  if (!fine)
    co_return Error(Errc::Closed, "the server closed with " +
                                      std::to_string(static_cast<unsigned>(closed.code)) +
                                      (closed.reason.empty() ? "" : ": " + closed.reason));
  // Lines that the server no longer wanted are its choice; a broken input is ours to tell.
  if (!sent.has_value() && !sent.error().is(Errc::Closed)) co_return std::move(sent).error();
  co_return kDone;
}

}  // namespace

Result<int> tool_ws(const Arguments& arguments) {
  websocket::ConnectOptions options;
  for (const std::string& line : arguments.all("-H")) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos ||
        !options.headers.try_add(line.substr(0, colon), http::trim_ows(line.substr(colon + 1))))
      return wrong_usage(
          Error(Errc::InvalidArgument, "-H takes 'Name: value', not '" + line + '\''));
  }
  options.subprotocols = arguments.all("--subprotocol");
  std::string url = arguments.operand(0);
  if (url.find("://") == std::string::npos) url.insert(0, "ws://");
  std::unique_ptr<tls::Security> security;
  if (url.starts_with("wss:")) {
    const ClientTls trust{arguments.get("--cacert"), arguments.has("-k")};
    AVILA_TRY(security, client_security(trust));
    options.security = security.get();
  }
  async::Runtime runtime({.threads = 1});
  auto status = runtime.block_on(
      talk(runtime, std::move(url), std::move(options), arguments.has("--keep-open")));
  runtime.shutdown(seconds(1));
  return status;
}

}  // namespace avila::cli
