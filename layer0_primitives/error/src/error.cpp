#include <atomic>
#include <avila/error/assert.hpp>
#include <avila/error/error.hpp>
#include <utility>
#include <vector>

#include "body.hpp"

namespace avila {
namespace {

std::atomic<bool> capture_on{false};

}  // namespace

void set_backtrace_capture(bool on) noexcept { capture_on.store(on, std::memory_order_relaxed); }

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::Unknown: return "unknown";
    case Errc::InvalidArgument: return "invalid argument";
    case Errc::Malformed: return "malformed";
    case Errc::Corrupted: return "corrupted";
    case Errc::NotFound: return "not found";
    case Errc::AlreadyExists: return "already exists";
    case Errc::PermissionDenied: return "permission denied";
    case Errc::Unauthenticated: return "unauthenticated";
    case Errc::LimitExceeded: return "limit exceeded";
    case Errc::OutOfRange: return "out of range";
    case Errc::OutOfMemory: return "out of memory";
    case Errc::NoSpace: return "no space";
    case Errc::Io: return "i/o";
    case Errc::Closed: return "closed";
    case Errc::Cancelled: return "cancelled";
    case Errc::TimedOut: return "timed out";
    case Errc::WouldBlock: return "would block";
    case Errc::Conflict: return "conflict";
    case Errc::PreconditionFailed: return "precondition failed";
    case Errc::Busy: return "busy";
    case Errc::Unavailable: return "unavailable";
    case Errc::Unsupported: return "unsupported";
    case Errc::Interrupted: return "interrupted";
    case Errc::ConnectionRefused: return "connection refused";
    case Errc::ConnectionReset: return "connection reset";
    case Errc::AddressInUse: return "address in use";
  }
  return "unknown";
}

Error::Error(Errc code, std::string_view message, Details details, const char* file, int line)
    : body_(new Body{.code = code,
                     .message = std::string(message),
                     .offset = details.offset,
                     .file = file,
                     .line = line}) {
  if (details.hint != nullptr) body_->hint = details.hint;
  if (capture_on.load(std::memory_order_relaxed)) body_->backtrace = capture_backtrace(1);
}

Error::Error(const ErrorDomain& domain, int value, std::string_view message, Details details,
             const char* file, int line)
    : Error(domain.kind(value), message, details, file, line) {
  body_->domain = &domain;
  body_->domain_value = value;
}

Error& Error::operator=(Error&& other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}

Error::~Error() { delete body_; }

Error Error::clone() const { return Error(body_ != nullptr ? new Body(*body_) : nullptr); }

Errc Error::code() const noexcept { return body_->code; }
const ErrorDomain* Error::domain() const noexcept { return body_->domain; }
int Error::domain_value() const noexcept { return body_->domain_value; }
int Error::system_code() const noexcept { return body_->system_code; }
std::string_view Error::message() const noexcept { return body_->message; }
std::string_view Error::hint() const noexcept { return body_->hint; }
std::uint64_t Error::offset() const noexcept { return body_->offset; }
const char* Error::file() const noexcept { return body_->file; }
int Error::line() const noexcept { return body_->line; }

Error& Error::context(std::string_view what) & {
  body_->contexts.emplace_back(what);
  return *this;
}

Error&& Error::context(std::string_view what) && {
  body_->contexts.emplace_back(what);
  return std::move(*this);
}

Error&& Error::with_hint(std::string_view hint) && {
  body_->hint = hint;
  return std::move(*this);
}

std::string Error::to_string() const {
  std::string text;
  for (auto it = body_->contexts.rbegin(); it != body_->contexts.rend(); ++it) text += *it + ": ";
  text += body_->message;
  if (body_->offset != Details::kNoOffset)
    text += " (at byte " + std::to_string(body_->offset) + ')';
  if (!body_->hint.empty()) text += "; " + body_->hint;
  return text;
}

std::string Error::to_string_verbose() const {
  std::string text = to_string() + " [";
  if (body_->domain != nullptr) {
    text += std::string(body_->domain->name) + "::";
    text += std::string(body_->domain->code_name(body_->domain_value)) + ", ";
  }
  text += std::string(avila::to_string(body_->code)) + "] at " + body_->file + ':' +
          std::to_string(body_->line);
  if (!body_->backtrace.empty()) text += '\n' + body_->backtrace;
  return text;
}

namespace detail {

std::string_view enum_name(std::string_view names, int value) noexcept {
  for (int i = 0; !names.empty(); ++i) {
    const auto comma = names.find(',');
    std::string_view name = names.substr(0, comma);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    if (i == value) return name;
    if (comma == std::string_view::npos) break;
    names.remove_prefix(comma + 1);
  }
  return "?";
}

}  // namespace detail
}  // namespace avila
