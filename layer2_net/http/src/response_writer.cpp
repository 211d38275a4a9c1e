#include "response_writer.hpp"

#include <algorithm>
#include <avila/tcp/stream.hpp>

#include "connection.hpp"

namespace avila::http::detail {

SendPlan plan_response(const Response& response, const Request& request, bool keep_alive) {
  SendPlan plan;
  plan.keep_alive = keep_alive;
  const auto length = response.body.length();
  const bool bodiless =
      response.status / 100 == 1 || response.status == 204 || response.status == 304;
  const bool tunnel = request.method == Method::Connect && response.status / 100 == 2;
  if (bodiless || tunnel) return plan;
  plan.send_body = request.method != Method::Head;
  if (length.has_value()) {
    plan.framing = Framing::Kind::Length;
    plan.length = *length;
    plan.send_length = true;
    plan.send_body &= *length > 0;
  } else if (request.facts.minor_version >= 1) {
    plan.framing = Framing::Kind::Chunked;
  } else {
    plan.framing = Framing::Kind::UntilClose;  // HTTP/1.0 knows no chunks
    plan.keep_alive = false;
  }
  return plan;
}

namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200: return "HTTP/1.1 200 OK\r\n";
    case 201: return "HTTP/1.1 201 Created\r\n";
    case 204: return "HTTP/1.1 204 No Content\r\n";
    case 206: return "HTTP/1.1 206 Partial Content\r\n";
    case 304: return "HTTP/1.1 304 Not Modified\r\n";
    case 400: return "HTTP/1.1 400 Bad Request\r\n";
    case 404: return "HTTP/1.1 404 Not Found\r\n";
    default: return {};
  }
}

/// Fields about framing and the connection belong to the server: a handler that copied them from
/// elsewhere would make two framings of one message.
bool is_server_field(std::string_view name) noexcept {
  switch (name.size()) {
    case 10:
      return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
    case 14: return equal_ignoring_case(name, "content-length");
    case 17: return equal_ignoring_case(name, "transfer-encoding");
    default: return false;
  }
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void append_status_line(std::string& out, int status) {
  const std::string_view line = status_line(status);
  if (!line.empty()) {
    out += line;
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(std::clamp(status, 100, 999)));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

void append_fields(std::string& out, const Headers& fields, bool upgrade) {
  if (!fields.may_hold(10) && !fields.may_hold(14) && !fields.may_hold(17)) {
    out += fields.wire();
    return;
  }
  for (const Field& field : fields) {
    const bool keep = !is_server_field(field.name) || (upgrade && field.name.size() == 10);
    if (keep) out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
}

}  // namespace

void append_interim(std::string& out, int status, const Headers& headers) {
  append_status_line(out, status);
  append_fields(out, headers, false);
  out += "\r\n";
}

void append_head(std::string& out, const Response& response, const SendPlan& plan,
                 const Request& request, const ServerOptions& options) {
  append_status_line(out, response.status);
  append_fields(out, response.headers, response.upgrade != nullptr);
  if (options.send_date && !response.headers.contains("date"))
    out.append("Date: ")
        .append(current_date(options.clock != nullptr ? *options.clock : os::real_clock()))
        .append("\r\n");
  if (!options.server_name.empty())
    out.append("Server: ").append(options.server_name).append("\r\n");
  if (plan.send_length) {
    out += "Content-Length: ";
    append_number(out, plan.length);
    out += "\r\n";
  } else if (plan.framing == Framing::Kind::Chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (response.upgrade == nullptr) {
    if (!plan.keep_alive) {
      out += "Connection: close\r\n";
    } else if (request.facts.minor_version == 0) {
      out += "Connection: keep-alive\r\n";
    }
  }
  out += "\r\n";
}

CancelToken ResponseWriter::cancel_token() const noexcept { return connection_.watchdog_.token(); }

Task<Result<void>> ResponseWriter::write(ByteSpan bytes) {
  if (plan_.framing == Framing::Kind::Length) {
    if (bytes.size() > remaining_)
      co_return Error(Errc::InvalidArgument, "the body is longer than was announced");
    remaining_ -= bytes.size();
  }
  if (gathered_.size() + bytes.size() >= kGatherBytes && !gathered_.empty()) {
    auto before = co_await flush();
    AVILA_CO_TRY_VOID(std::move(before));
  }
  if (bytes.size() < kGatherBytes) {
    gathered_.append(as_text(bytes));
    co_return Result<void>();
  }
  auto written = co_await emit(bytes);
  co_return written;
}

Response* ResponseWriter::late_head() noexcept {
  return head_done_ ? nullptr : &connection_.response_;
}

void ResponseWriter::append_late_head() {
  if (head_done_) return;
  head_done_ = true;
  append_head(connection_.out_, connection_.response_, plan_, connection_.request_,
              connection_.state_.options);
}

Task<Result<void>> ResponseWriter::flush() {
  append_late_head();
  if (!gathered_.empty()) {
    append_piece(as_bytes(gathered_));
    gathered_.clear();
  }
  began_ = true;
  const bool sent = co_await connection_.flush();
  if (!sent) co_return Error(Errc::Closed, "the peer is gone");
  co_return Result<void>();
}

/// A small piece goes behind what waits to be sent, in one write.
void ResponseWriter::append_piece(ByteSpan bytes) {
  append_late_head();
  std::string& out = connection_.out_;
  const bool chunked = plan_.framing == Framing::Kind::Chunked;
  if (chunked) {
    char head[18];
    out.append(head, write_chunk_head(head, bytes.size()));
  }
  out += as_text(bytes);
  if (chunked) out += "\r\n";
}

/// A large one is sent from where it lies.
Task<Result<void>> ResponseWriter::emit(ByteSpan bytes) {
  append_late_head();
  began_ = true;
  std::string& out = connection_.out_;
  const bool chunked = plan_.framing == Framing::Kind::Chunked;
  if (chunked) {
    char head[18];
    out.append(head, write_chunk_head(head, bytes.size()));
  }
  auto written = co_await connection_.write_large(bytes);
  if (chunked) out += "\r\n";
  co_return written;
}

/// Without chunks nothing stands between the head and the file's bytes: sendfile().
Task<Result<void>> ResponseWriter::send_in_kernel(os::File& file, std::uint64_t offset,
                                                  std::uint64_t length) {
  if (plan_.framing == Framing::Kind::Length) {
    if (length > remaining_)
      co_return Error(Errc::InvalidArgument, "the body is longer than was announced");
    remaining_ -= length;
  }
  auto before = co_await flush();
  AVILA_CO_TRY_VOID(std::move(before));
  while (length > 0) {
    const std::uint64_t now = std::min<std::uint64_t>(length, Connection::kWriteBytes);
    connection_.write_deadline();
    auto sent =
        co_await connection_.stream_->send_file(file, offset, now, connection_.watchdog_.token());
    connection_.watchdog_.set(Watchdog::kNever);
    if (!sent.has_value()) {
      if (connection_.watchdog_.expired())
        connection_.state_.timeouts.fetch_add(1, std::memory_order_relaxed);
      connection_.broken_ = true;
      co_return sent;
    }
    offset += now;
    length -= now;
  }
  co_return Result<void>();
}

bool ResponseWriter::sends_files() const noexcept {
  return tcp::Stream::kSendsFiles && connection_.stream_ != nullptr &&
         plan_.framing != Framing::Kind::Chunked;
}

Task<Result<void>> ResponseWriter::send_file(os::File& file, std::uint64_t offset,
                                             std::uint64_t length) {
  if (!sends_files()) return BodyWriter::send_file(file, offset, length);
  return send_in_kernel(file, offset, length);
}

Task<Result<void>> ResponseWriter::finish() {
  if (plan_.framing == Framing::Kind::Length && remaining_ > 0)
    co_return Error(Errc::InvalidArgument, "the body is shorter than was announced");
  append_late_head();
  if (!gathered_.empty()) append_piece(as_bytes(gathered_));
  gathered_.clear();
  if (plan_.framing == Framing::Kind::Chunked) {
    std::string& out = connection_.out_;
    out += "0\r\n";
    out += trailers_.wire();
    out += "\r\n";
  }
  co_return Result<void>();
}

}  // namespace avila::http::detail
