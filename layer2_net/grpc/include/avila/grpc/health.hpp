// The health checking protocol: grpc.health.v1.Health with Check, Watch and List.
#pragma once
#include <avila/grpc/channel.hpp>
#include <avila/grpc/service.hpp>
#include <map>
#include <memory>

namespace avila::grpc {

/// HealthCheckResponse.ServingStatus.
enum class ServingStatus : std::uint8_t {
  Unknown = 0,
  Serving = 1,
  NotServing = 2,
  ServiceUnknown = 3,
};
std::string_view to_string(ServingStatus status) noexcept;  ///< "NOT_SERVING"

inline constexpr std::string_view kHealthService = "grpc.health.v1.Health";

/// What the services of a server say of themselves; "" stands for the server, and serves at first.
/// Thread-safe.
class Health {
 public:
  static constexpr std::size_t kServicesMax = 1000;  ///< set() beyond that does nothing

  Health();
  void set(std::string_view service, ServingStatus status);
  /// Nothing for a service that was never set.
  std::optional<ServingStatus> get(std::string_view service) const;
  /// Everything NotServing from here on, whatever set() says: before a shutdown.
  void shut_down();
  /// For Dispatcher::add().
  Service service() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the service
};

/// Asks a server. Errors: of a Code; Code::NotFound for a service that it does not know.
Task<Result<ServingStatus>> check_health(Channel& channel, std::string service = {},
                                         CallOptions options = {}, CancelToken cancel = {});

}  // namespace avila::grpc
