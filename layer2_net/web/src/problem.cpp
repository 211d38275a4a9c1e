#include <avila/web/problem.hpp>
#include <avila/web/route.hpp>

#include "json_text.hpp"

namespace avila::web {

Response problem(int status, std::string_view detail) {
  ProblemDetails details;
  details.detail = detail;
  return problem(status, details);
}

Response problem(int status, const ProblemDetails& details) {
  std::string text = "{\"type\":";
  detail::append_json_string(text, details.type);
  text += ",\"title\":";
  detail::append_json_string(
      text, details.title.empty() ? http::reason_phrase(status) : std::string_view(details.title));
  text += ",\"status\":" + std::to_string(status);
  if (!details.detail.empty()) {
    text += ",\"detail\":";
    detail::append_json_string(text, details.detail);
  }
  if (!details.instance.empty()) {
    text += ",\"instance\":";
    detail::append_json_string(text, details.instance);
  }
  for (const auto& [name, value] : details.extensions) {
    text += ',';
    detail::append_json_string(text, name);
    text += ':';
    text += value;
  }
  text += '}';
  return Response(status, "application/problem+json", std::move(text));
}

int status_of(Errc code) noexcept {
  switch (code) {
    case Errc::InvalidArgument:
    case Errc::Malformed:
    case Errc::OutOfRange: return 400;
    case Errc::Unauthenticated: return 401;
    case Errc::PermissionDenied: return 403;
    case Errc::NotFound: return 404;
    case Errc::AlreadyExists:
    case Errc::Conflict: return 409;
    case Errc::PreconditionFailed: return 412;
    case Errc::LimitExceeded: return 413;
    case Errc::Unsupported: return 501;
    case Errc::Busy:
    case Errc::Unavailable:
    case Errc::Cancelled:
    case Errc::WouldBlock: return 503;
    case Errc::TimedOut: return 504;
    case Errc::NoSpace: return 507;
    default: return 500;
  }
}

Response error_response(const Error& error) {
  int status = status_of(error.code());
  if (error.domain() == &avila_error_domain(http::HttpError::BadLineEnding))
    status = http::status_of(error);
  // What went wrong inside is for the log; what the caller did wrong is for the caller.
  if (status >= 500) return problem(status, "the server failed to answer this request");
  return problem(status, error.to_string());
}

}  // namespace avila::web
