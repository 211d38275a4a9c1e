// Server-sent events (HTML Living Standard §9.2).
#pragma once
#include <avila/http/message.hpp>
#include <avila/primitives/duration.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace avila::web {

struct Event {
  std::string data;   ///< may have several lines
  std::string event;  ///< empty: "message"
  std::string id;
  std::optional<Duration> retry;
};
/// The text of an event; line ends in `event` and `id` are dropped.
std::string format_event(const Event& event);

/// What an event handler writes to.
class EventStream {
 public:
  explicit EventStream(http::BodyWriter& writer) noexcept : writer_(&writer) {}
  /// On its way when it is done; an error when the client is gone.
  future::Task<Result<void>> send(Event event);
  /// A comment, to keep proxies from closing the connection.
  future::Task<Result<void>> keep_alive();
  /// Cancelled when the client goes or the server stops.
  future::CancelToken cancel_token() const { return writer_->cancel_token(); }

 private:
  http::BodyWriter* writer_;
};

/// A response of events. `produce` is `Task<Result<void>>(EventStream)`; it ends when there are no
/// more, or send() fails.
template <class F>
http::Response event_stream(F produce) {
  auto response = http::Response::streamed(
      200, "text/event-stream", [produce = std::move(produce)](http::BodyWriter& writer) mutable {
        return produce(EventStream(writer));
      });
  response.headers.add("Cache-Control", "no-cache").add("X-Accel-Buffering", "no");
  return response;
}
/// The id of the last event a reconnecting client saw.
std::string_view last_event_id(const http::Request& request) noexcept;

}  // namespace avila::web
