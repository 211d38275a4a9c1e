// How a call ended: a code, a message for people, details for programs.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http2/frame.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace avila::grpc {

/// The numbers are the wire's (statuscodes.md of the gRPC project).
enum class Code : std::uint8_t {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
};
std::string_view to_string(Code code) noexcept;  ///< "NOT_FOUND"
/// "NOT_FOUND"; nothing for other texts.
std::optional<Code> parse_code(std::string_view name) noexcept;

/// Makes `Error(Code::NotFound, "…")` an error, whose Errc is the nearest one.
const ErrorDomain& avila_error_domain(Code) noexcept;

struct Status {
  Code code = Code::Ok;
  std::string message;  ///< UTF-8, for people
  std::string details;  ///< bytes of a google.rpc.Status, or none

  bool ok() const noexcept { return code == Code::Ok; }
  /// "NOT_FOUND: no such user"
  std::string to_string() const;
  /// Of a Code; the details are lost. Not for Ok.
  Error to_error() const;
  /// The code of an Error made with a Code, else the one nearest to its Errc.
  static Status from_error(const Error& error);
};

/// Of a response without grpc-status (http-grpc-status-mapping.md).
Code code_of_http_status(int status) noexcept;
/// Of an RST_STREAM (PROTOCOL-HTTP2.md, "Errors").
Code code_of_reset(http2::ErrorCode code) noexcept;

/// A grpc-message: percent-encoded, so that any text fits a header field.
std::string encode_message(std::string_view text);
/// What cannot be decoded stays as it is.
std::string decode_message(std::string_view text);

}  // namespace avila::grpc
