// Response heads as text, and streamed response bodies.
#pragma once
#include <avila/http/message.hpp>
#include <avila/http/server.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::http::detail {

class Connection;

/// How a response body goes out.
struct SendPlan {
  Framing::Kind framing = Framing::Kind::None;
  std::uint64_t length = 0;  ///< Content-Length, where `send_length`
  bool send_length = false;
  bool send_body = false;  ///< not for HEAD, 1xx, 204 and 304
  bool keep_alive = true;
};
SendPlan plan_response(const Response& response, const Request& request, bool keep_alive);

/// Status line, the handler's fields without those that are the server's, and the server's.
void append_head(std::string& out, const Response& response, const SendPlan& plan,
                 const Request& request, const ServerOptions& options);

/// A whole 1xx response.
void append_interim(std::string& out, int status, const Headers& headers);

/// The body of a streamed response.
class ResponseWriter final : public BodyWriter {
 public:
  ResponseWriter(Connection& connection, const SendPlan& plan, bool late_head) noexcept
      : connection_(connection),
        plan_(plan),
        remaining_(plan.length),
        late_(late_head),
        head_done_(!late_head) {}

  Task<Result<void>> write(ByteSpan bytes) override;
  Task<Result<void>> flush() override;
  Task<Result<void>> send_file(os::File& file, std::uint64_t offset, std::uint64_t length) override;
  bool sends_files() const noexcept override;
  Headers& trailers() noexcept override { return trailers_; }
  CancelToken cancel_token() const noexcept override;
  Response* late_head() noexcept override;
  /// Where it has not left yet.
  void append_late_head();
  /// The last chunk and the trailers; an error when fewer bytes came than were announced.
  Task<Result<void>> finish();
  /// Whether the head, where it is late, or a part of the body has left.
  bool began() const noexcept { return began_ || (late_ && head_done_); }

 private:
  Task<Result<void>> emit(ByteSpan bytes);
  void append_piece(ByteSpan bytes);
  Task<Result<void>> send_in_kernel(os::File& file, std::uint64_t offset, std::uint64_t length);
  static constexpr std::size_t kGatherBytes = 16 * 1024;
  Connection& connection_;
  SendPlan plan_;
  std::uint64_t remaining_;
  std::string gathered_;
  bool began_ = false;
  const bool late_;
  bool head_done_;
  Headers trailers_;
};

}  // namespace avila::http::detail
