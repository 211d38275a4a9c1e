#include <avila/grpc/status.hpp>
#include <iterator>

namespace avila::grpc {

namespace {

constexpr std::string_view kNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

Errc kind_of(int value) noexcept {
  switch (static_cast<Code>(value)) {
    case Code::Cancelled: return Errc::Cancelled;
    case Code::InvalidArgument: return Errc::InvalidArgument;
    case Code::DeadlineExceeded: return Errc::TimedOut;
    case Code::NotFound: return Errc::NotFound;
    case Code::AlreadyExists: return Errc::AlreadyExists;
    case Code::PermissionDenied: return Errc::PermissionDenied;
    case Code::ResourceExhausted: return Errc::LimitExceeded;
    case Code::FailedPrecondition: return Errc::PreconditionFailed;
    case Code::Aborted: return Errc::Conflict;
    case Code::OutOfRange: return Errc::OutOfRange;
    case Code::Unimplemented: return Errc::Unsupported;
    case Code::Unavailable: return Errc::Unavailable;
    case Code::DataLoss: return Errc::Corrupted;
    case Code::Unauthenticated: return Errc::Unauthenticated;
    case Code::Ok:
    case Code::Unknown:
    case Code::Internal: break;
  }
  return Errc::Unknown;
}

Code code_of(Errc kind) noexcept {
  switch (kind) {
    case Errc::InvalidArgument:
    case Errc::Malformed: return Code::InvalidArgument;
    case Errc::Corrupted: return Code::DataLoss;
    case Errc::NotFound: return Code::NotFound;
    case Errc::AlreadyExists: return Code::AlreadyExists;
    case Errc::PermissionDenied: return Code::PermissionDenied;
    case Errc::Unauthenticated: return Code::Unauthenticated;
    case Errc::LimitExceeded:
    case Errc::OutOfMemory:
    case Errc::NoSpace: return Code::ResourceExhausted;
    case Errc::OutOfRange: return Code::OutOfRange;
    case Errc::Cancelled:
    case Errc::Interrupted: return Code::Cancelled;
    case Errc::TimedOut: return Code::DeadlineExceeded;
    case Errc::Conflict: return Code::Aborted;
    case Errc::PreconditionFailed: return Code::FailedPrecondition;
    case Errc::Busy:
    case Errc::WouldBlock:
    case Errc::Unavailable:
    case Errc::Closed:
    case Errc::ConnectionRefused:
    case Errc::ConnectionReset: return Code::Unavailable;
    case Errc::Unsupported: return Code::Unimplemented;
    case Errc::Io:
    case Errc::AddressInUse: return Code::Internal;
    case Errc::Unknown: break;
  }
  return Code::Unknown;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string_view to_string(Code code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : kNames[2];
}

std::optional<Code> parse_code(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<Code>(i);
  return std::nullopt;
}

const ErrorDomain& avila_error_domain(Code) noexcept {
  static constexpr ErrorDomain domain{
      "grpc::Code", [](int value) noexcept { return to_string(static_cast<Code>(value)); },
      kind_of};
  return domain;
}

std::string Status::to_string() const {
  std::string text(grpc::to_string(code));
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

Error Status::to_error() const { return Error(code, message.empty() ? to_string() : message); }

Status Status::from_error(const Error& error) {
  Status status;
  const bool ours = error.domain() == &avila_error_domain(Code::Ok) && error.domain_value() > 0;
  status.code = ours ? static_cast<Code>(error.domain_value()) : code_of(error.code());
  status.message = error.to_string();
  return status;
}

Code code_of_http_status(int status) noexcept {
  switch (status) {
    case 400: return Code::Internal;
    case 401: return Code::Unauthenticated;
    case 403: return Code::PermissionDenied;
    case 404: return Code::Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return Code::Unavailable;
    default: return Code::Unknown;
  }
}

Code code_of_reset(http2::ErrorCode code) noexcept {
  switch (code) {
    case http2::ErrorCode::RefusedStream: return Code::Unavailable;
    case http2::ErrorCode::Cancel: return Code::Cancelled;
    case http2::ErrorCode::EnhanceYourCalm: return Code::ResourceExhausted;
    case http2::ErrorCode::InadequateSecurity: return Code::PermissionDenied;
    case http2::ErrorCode::StreamClosed:
    case http2::ErrorCode::Http11Required: return Code::Unknown;
    default: return Code::Internal;
  }
}

std::string encode_message(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // A field's value may not begin or end with a space (RFC 9113 section 8.2.1).
    const bool edge = i == 0 || i + 1 == text.size();
    if (c > 0x20 ? c < 0x7f && c != '%' : c == ' ' && !edge) {
      out += text[i];
    } else {
      out += '%';
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
    }
  }
  return out;
}

std::string decode_message(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace avila::grpc
