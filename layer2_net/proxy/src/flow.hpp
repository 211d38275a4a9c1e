// One request on its way through the proxy: what is sent, to whom, how often, and what came of it.
#pragma once
#include <atomic>
#include <avila/future/frame_pool.hpp>
#include <avila/future/task_group.hpp>
#include <avila/proxy/reverse.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache_state.hpp"
#include "counted.hpp"
#include "endpoint.hpp"
#include "exchange.hpp"

namespace avila::proxy::detail {

struct CompiledRoute {
  RouteOptions options;
  /// Of the cache: what makes the answer to a URI another one, for others may lead there too.
  std::string cache_scope;
  std::shared_ptr<Upstream> upstream;  // shared with other routes
  std::shared_ptr<Upstream> mirror;
  mutable std::atomic<std::uint32_t> mirrors{0};  // under way
  mutable std::atomic<std::uint32_t> turn{0};     // of the percentage
};

/// One version of the configuration.
struct Table {
  ReverseOptions options;
  std::vector<std::unique_ptr<CompiledRoute>> routes;
  std::string via;  // "1.1 avila"
  const CompiledRoute* match(const http::Request& request) const;
};
using TablePointer = std::shared_ptr<const Table>;  // shared with requests

class Flow;

struct ReverseState : std::enable_shared_from_this<ReverseState> {
  ReverseState(async::Executor& executor_value, CacheOptions cache_options)
      : executor(executor_value), cache(std::move(cache_options)) {}

  Result<void> configure(ReverseOptions options);
  TablePointer current() const {
    const std::lock_guard lock(mutex);
    return table;
  }
  Task<http::Response> handle_cached(std::unique_ptr<Flow> flow);
  Task<http::Response> forward(std::unique_ptr<Flow> flow);
  void spawn_background(Task<void> task);

  async::Executor& executor;
  HttpCache cache;
  mutable std::mutex mutex;
  TablePointer table;
  bool started = false;
  future::CancelSource stop;
  std::atomic<std::uint32_t> background{0};
  std::atomic<std::uint64_t> requests{0}, in_flight{0}, no_route{0}, gateway_errors{0}, cut_off{0},
      tunnels{0}, mirrored{0}, mirrors_dropped{0};
};

/// A request of our own making: a copy of another that outlives it, for what runs behind it.
struct OwnRequest {
  explicit OwnRequest(const http::Request& original, std::string body_text);
  std::string body;
  http::Request request;
};

/// What the request says of itself, for whoever observes.
void describe(const http::Request& request, RequestRecord& record) noexcept;

class Flow {
 public:
  Flow(std::shared_ptr<ReverseState> state_value, TablePointer table_value,
       const CompiledRoute* route_value, http::Request& request_value);
  ~Flow();
  // One a request: their memory is used again.
  static void* operator new(std::size_t size_bytes) { return future::allocate_frame(size_bytes); }
  static void operator delete(void* flow, std::size_t size_bytes) noexcept {
    future::free_frame(flow, size_bytes);
  }
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  /// Composes what is sent. False: `refusal` is the answer.
  bool prepare();
  /// Until an endpoint has answered: `exchange` has the response's head. Errors: what is told to
  /// the client is what gateway_response() makes of them.
  Task<Result<void>> run();
  http::Response gateway_response(const Error& error);
  /// The response as it goes to the client; `flow` stays behind its body.
  static http::Response respond(std::unique_ptr<Flow> flow);
  /// The status, and the fields as the route wants them.
  void fill_head(http::Response& response);
  /// Waits for the request's body to be sent, or gives it up.
  Task<void> end_pump(bool give_up);
  bool pumping() const noexcept { return pump_.has_value(); }
  /// The exchange is over; `complete`: to its end.
  void end(bool complete);
  /// Sends a copy to the route's mirror, where there is one and it is this request's turn.
  void mirror();

  const std::shared_ptr<ReverseState> state;
  const TablePointer table;
  const CompiledRoute* const route;
  http::Request& request;
  std::shared_ptr<Upstream> upstream_owner;
  http::Response refusal;
  OutgoingHead head;
  std::string body;                 // where it is kept as a whole
  bool streaming = false;           // the body, from the client to the endpoint
  std::unique_ptr<OwnRequest> own;  // where the request is ours
  EndpointPointer endpoint;
  std::unique_ptr<Exchange> exchange;
  RequestRecord record;
  Leadership leadership;
  std::string set_cookie;  // a sticky one to send

 private:
  Task<Result<void>> read_body();
  Error overflow(std::string_view what);
  std::optional<Result<void>> admit_now();
  Task<Result<void>> admit();
  Task<Result<void>> attempt(bool fresh);
  Task<Result<void>> pump();
  void give_up_body();
  void compose_fields();
  void compose_forwarding();
  bool compose_upgrade();
  std::uint64_t hash() const;
  bool may_retry(const Error* error, int status, bool spare);

  UpstreamState* upstream_ = nullptr;
  std::string target_, authority_, upgrade_, client_, forwarded_for_, forwarded_;
  Instant began_;
  Counted in_flight_, upstream_in_flight_, endpoint_in_flight_, retrying_;
  future::Semaphore::Permit permit_;
  std::vector<Endpoint*> tried_;
  bool peer_trusted_ = false;
  bool unreached_ = false;  // the last attempt got no connection
  // The pump.
  std::optional<future::TaskGroup> pump_;
  future::Event go_on_;     // 100 (Continue) came, or is not to be waited for
  bool pump_used_ = false;  // then there is no second attempt
  std::atomic<bool> pump_running_{false};
  std::atomic<bool> pump_refused_{false};   // the endpoint does not want the body
  std::atomic<bool> pump_began_{false};     // a piece of it was read
  std::atomic<bool> client_failed_{false};  // it could not be read
  bool ended_ = false;

  friend struct ReverseState;
};

/// Runs a flow of an OwnRequest and reads its response away.
Task<void> run_mirror(std::shared_ptr<ReverseState> state, std::unique_ptr<Flow> flow,
                      Counted place);

}  // namespace avila::proxy::detail
