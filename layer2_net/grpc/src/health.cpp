#include <avila/future/sync.hpp>
#include <avila/grpc/health.hpp>
#include <avila/protobuf/wire.hpp>
#include <mutex>

namespace avila::grpc {

namespace {

/// HealthCheckRequest: string service = 1.
Result<std::string> parse_request(std::string_view bytes) {
  protobuf::Reader in(as_bytes(bytes));
  std::string service;
  for (std::uint32_t tag = 0; in.next(tag);) {
    if (tag == protobuf::make_tag(1, protobuf::WireType::LengthDelimited)) {
      in.text(service);
    } else {
      in.skip(tag);
    }
  }
  if (in.failed()) return Error(Code::InvalidArgument, in.error().to_string());
  return service;
}

/// HealthCheckResponse: ServingStatus status = 1.
std::string make_response(ServingStatus status) {
  std::string bytes;
  if (status != ServingStatus::Unknown)
    protobuf::Writer(bytes).uint32(1, static_cast<std::uint32_t>(status));
  return bytes;
}

}  // namespace

struct Health::State {
  mutable std::mutex mutex;
  future::Signal changed;
  std::map<std::string, ServingStatus, std::less<>> services;  // under the mutex
  bool down = false;

  std::optional<ServingStatus> get(std::string_view service) const {
    const std::lock_guard lock(mutex);
    const auto found = services.find(service);
    if (found == services.end()) return std::nullopt;
    return found->second;
  }
};

std::string_view to_string(ServingStatus status) noexcept {
  switch (status) {
    case ServingStatus::Serving: return "SERVING";
    case ServingStatus::NotServing: return "NOT_SERVING";
    case ServingStatus::ServiceUnknown: return "SERVICE_UNKNOWN";
    case ServingStatus::Unknown: break;
  }
  return "UNKNOWN";
}

Health::Health() : state_(std::make_shared<State>()) {
  state_->services.emplace("", ServingStatus::Serving);
}

void Health::set(std::string_view service, ServingStatus status) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->down) status = ServingStatus::NotServing;
    auto& services = state_->services;
    if (const auto found = services.find(service); found != services.end()) {
      found->second = status;
    } else if (services.size() < kServicesMax) {
      services.emplace(service, status);
    }
  }
  state_->changed.raise();
}

std::optional<ServingStatus> Health::get(std::string_view service) const {
  return state_->get(service);
}

void Health::shut_down() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->down = true;
    for (auto& [name, status] : state_->services) status = ServingStatus::NotServing;
  }
  state_->changed.raise();
}

Service Health::service() const {
  struct Methods {
    static Task<Result<std::string>> check(std::shared_ptr<State> state, std::string bytes) {
      AVILA_CO_TRY(const std::string name, parse_request(bytes));
      const auto status = state->get(name);
      if (!status.has_value()) co_return Error(Code::NotFound, "unknown service");
      co_return make_response(*status);
    }
    static Task<Result<void>> watch(std::shared_ptr<State> state, ServerCall& call,
                                    std::string bytes) {
      AVILA_CO_TRY(const std::string name, parse_request(bytes));
      std::optional<ServingStatus> said;
      while (true) {
        const std::uint64_t seen = state->changed.count();
        const ServingStatus now = state->get(name).value_or(ServingStatus::ServiceUnknown);
        if (said != now) {
          const std::string response = make_response(now);
          auto written = co_await call.write(as_bytes(response));
          AVILA_CO_TRY_VOID(std::move(written));
          said = now;
        }
        auto waited = co_await state->changed.wait_past(seen, call.cancel());
        if (!waited.has_value()) co_return Error(Code::Cancelled, "the watch has ended");
      }
    }
    /// HealthListResponse: map<string, HealthCheckResponse> statuses = 1.
    static Task<Result<std::string>> list(std::shared_ptr<State> state) {
      std::string bytes;
      protobuf::Writer out(bytes);
      const std::lock_guard lock(state->mutex);
      for (const auto& [name, status] : state->services) {
        const std::string response = make_response(status);
        out.message(1, [&](protobuf::Writer& entry) {
          entry.bytes(1, name);
          entry.bytes(2, response);
        });
      }
      co_return bytes;
    }
  };
  Service service{std::string(kHealthService)};
  service.unary("Check", [state = state_](ServerCall&, std::string request) {
    return Methods::check(state, std::move(request));
  });
  service.server_streaming("Watch", [state = state_](ServerCall& call, std::string request) {
    return Methods::watch(state, call, std::move(request));
  });
  service.unary("List",
                [state = state_](ServerCall&, std::string) { return Methods::list(state); });
  return service;
}

Task<Result<ServingStatus>> check_health(Channel& channel, std::string service, CallOptions options,
                                         CancelToken cancel) {
  std::string request;
  if (!service.empty()) protobuf::Writer(request).bytes(1, service);
  std::string method = "/" + std::string(kHealthService) + "/Check";
  auto reply = co_await channel.unary(std::move(method), std::move(request), std::move(options),
                                      std::move(cancel));
  if (!reply.status.ok()) co_return reply.status.to_error();
  protobuf::Reader in(as_bytes(reply.message));
  std::uint32_t status = 0;
  for (std::uint32_t tag = 0; in.next(tag);) {
    if (tag == protobuf::make_tag(1, protobuf::WireType::Varint)) {
      in.uint32(status);
    } else {
      in.skip(tag);
    }
  }
  if (in.failed()) co_return Error(Code::Internal, in.error().to_string());
  co_return status <= 3 ? static_cast<ServingStatus>(status) : ServingStatus::Unknown;
}

}  // namespace avila::grpc
