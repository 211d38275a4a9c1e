#include <avila/http/message.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <avila/time/format.hpp>
#include <memory>

namespace avila::http {

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 305: return "Use Proxy";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 424: return "Failed Dependency";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return "";
  }
}

std::string_view current_date(os::Clock& clock) {
  thread_local std::int64_t second = -1;
  thread_local std::string text;
  const std::int64_t now = clock.wall().ns / 1'000'000'000;
  if (now != second) {
    second = now;
    text = time::format_http_date({now * 1'000'000'000});
  }
  return text;
}

Task<Result<std::string>> BodyReader::read_all(std::uint64_t limit_bytes) {
  std::string all;
  while (true) {
    auto piece = co_await read();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) co_return all;
    if (bytes.size() > limit_bytes - all.size())
      co_return Error(HttpError::BodyTooLarge, "the body is larger than is accepted");
    all.append(as_text(bytes));
  }
}

Task<Result<void>> BodyWriter::send_file(os::File& file, std::uint64_t offset,
                                         std::uint64_t length) {
  constexpr std::uint64_t kBlockBytes = 64 * 1024;
  const std::unique_ptr<std::byte[]> room(new std::byte[kBlockBytes]);
  while (length > 0) {
    const std::size_t wanted = std::min(length, kBlockBytes);
    AVILA_CO_TRY(const MutableByteSpan got, file.read_at(offset, {room.get(), wanted}));
    if (got.empty()) co_return Error(Errc::OutOfRange, "the file of a response became shorter");
    auto written = co_await write(ByteSpan(got));
    AVILA_CO_TRY_VOID(std::move(written));
    offset += got.size();
    length -= got.size();
  }
  co_return Result<void>();
}

Body Body::shared(std::shared_ptr<const void> owner, ByteSpan bytes) {
  Body body;
  body.owner_ = std::move(owner);
  body.shared_ = bytes;
  body.kind_ = Kind::Shared;
  return body;
}

Body Body::stream(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> length) {
  Body body;
  body.source_ = std::move(source);
  body.length_ = length;
  body.kind_ = Kind::Stream;
  return body;
}

ByteSpan Body::bytes() const noexcept {
  if (kind_ == Kind::Text) return as_bytes(text_);
  return shared_;
}

std::optional<std::uint64_t> Body::length() const noexcept {
  if (kind_ == Kind::Stream) return length_;
  return bytes().size();
}

Request::Request(Method method_value, std::string_view target_text, std::string_view body_text) {
  method = method_value;
  method_text = to_string(method_value);
  target = target_text;
  body = body_text;
  split_target();
}

Request::~Request() { reset(); }

std::string_view Request::parameter(std::string_view name) const noexcept {
  for (const PathParameter& each : parameters) {
    if (each.name == name) return each.value;
  }
  return {};
}

std::string_view Request::media_type() const noexcept {
  const auto type = header("content-type");
  return type ? trim_ows(type->substr(0, type->find(';'))) : std::string_view();
}

Task<Result<void>> Request::send_interim(int status, Headers headers) {
  if (status < 102 || status > 199)
    co_return Error(Errc::InvalidArgument, "the status of an interim response is 102 to 199");
  const bool known = major_version > 1 || facts.minor_version > 0;  // RFC 9110 §15.2
  if (interim == nullptr || !known) co_return Result<void>();
  auto sent = co_await interim->send_interim(status, std::move(headers));
  co_return sent;
}

std::string_view Request::keep(std::string text) {
  kept_.push_back(std::make_unique<std::string>(std::move(text)));
  return *kept_.back();
}

void Request::split_target() noexcept {
  std::string_view rest = target;
  if (method == Method::Connect) {
    host = target;
    path = {};
    query = {};
    return;
  }
  if (!rest.empty() && rest.front() != '/' && rest != "*") {
    const std::size_t scheme_end = rest.find("://");
    if (scheme_end != std::string_view::npos) {
      rest.remove_prefix(scheme_end + 3);
      const std::size_t end = rest.find_first_of("/?");
      host = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view("/") : rest.substr(end);
    }
  }
  const std::size_t mark = rest.find('?');
  path = rest.substr(0, mark);
  if (path.empty()) path = "/";
  query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
}

void Request::reset() noexcept {
  fields.clear();
  body = {};
  stream = nullptr;
  interim = nullptr;
  trailers = nullptr;
  route = {};
  matched_by = nullptr;
  match = nullptr;
  parameters.clear();
  for (const detail::Attachment& each : attachments_) each.destroy(each.value);
  attachments_.clear();
  kept_.clear();
}

void Request::add_attachment(detail::Attachment attachment) {
  for (detail::Attachment& each : attachments_) {
    if (each.key != attachment.key) continue;
    each.destroy(each.value);
    each = attachment;
    return;
  }
  attachments_.push_back(attachment);
}

void* Request::find_attachment(const void* key) const noexcept {
  for (const detail::Attachment& each : attachments_) {
    if (each.key == key) return each.value;
  }
  return nullptr;
}

Response::Response(int status_code, std::string_view content_type, Body content)
    : status(status_code), body(std::move(content)) {
  headers.add("Content-Type", content_type);
}

Response Response::text(int status, std::string content) {
  return Response(status, "text/plain; charset=utf-8", std::move(content));
}

Response Response::html(int status, std::string content) {
  return Response(status, "text/html; charset=utf-8", std::move(content));
}

Response Response::json(int status, std::string content) {
  return Response(status, "application/json", std::move(content));
}

Response Response::problem(int status, std::string_view detail) {
  std::string json = "{\"type\":\"about:blank\",\"title\":\"";
  json += reason_phrase(status);
  json += "\",\"status\":" + std::to_string(status) + ",\"detail\":\"";
  for (const char c : detail) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  json += "\"}\n";
  return Response(status, "application/problem+json", Body(std::move(json)));
}

Response BodySource::instead(const Error&) {
  return Response::problem(500, "the response could not be made");
}

Response Response::redirect(std::string_view location, int status) {
  Response response(status);
  response.headers.add("Location", location);
  return response;
}

}  // namespace avila::http
