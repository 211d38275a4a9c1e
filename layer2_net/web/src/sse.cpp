#include <avila/web/sse.hpp>

namespace avila::web {

std::string format_event(const Event& event) {
  std::string out;
  const auto line = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) {
      if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
    }
    out += '\n';
  };
  if (!event.event.empty()) line("event", event.event);
  if (!event.id.empty()) line("id", event.id);
  if (event.retry) line("retry", std::to_string(event.retry->milliseconds()));
  std::string_view rest = event.data;
  while (true) {  // CR, LF and CRLF all end a line
    const std::size_t end = rest.find_first_of("\r\n");
    line("data", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  out += '\n';
  return out;
}

namespace {
future::Task<Result<void>> send_text(http::BodyWriter* writer, std::string text) {
  auto written = co_await writer->write(as_bytes(text));
  AVILA_CO_TRY_VOID(std::move(written));
  auto flushed = co_await writer->flush();
  co_return flushed;
}
}  // namespace

future::Task<Result<void>> EventStream::send(Event event) {
  return send_text(writer_, format_event(event));
}
future::Task<Result<void>> EventStream::keep_alive() { return send_text(writer_, ":\n\n"); }

std::string_view last_event_id(const http::Request& request) noexcept {
  return request.header("last-event-id").value_or("");
}

}  // namespace avila::web
