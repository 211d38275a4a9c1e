#include "handshake.hpp"

#include <avila/hash/sha1.hpp>
#include <avila/http/headers.hpp>
#include <avila/text/encoding.hpp>

namespace avila::websocket::detail {

std::string accept_value(std::string_view key) {
  hash::Sha1 sha1;
  sha1.update(as_bytes(key));
  sha1.update(as_bytes("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
  return text::base64_encode(sha1.finish());
}

namespace {

struct Parameters {
  bool ok = true;
  bool server_no_takeover = false, client_no_takeover = false;
  bool has_server_bits = false, has_client_bits = false;
  int server_bits = 15;
};

/// 8 to 15, or 0.
int window_bits(std::string_view value) noexcept {
  if (value.size() == 1 && (value == "8" || value == "9")) return value[0] - '0';
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return 10 + value[1] - '0';
  return 0;
}

/// Of one element, "permessage-deflate; a; b=1"; not `ok` for other extensions and for parameters
/// that are unknown, repeated or malformed (section 7.1).
Parameters parse(std::string_view element, bool is_answer) {
  Parameters found;
  const std::size_t first = element.find(';');
  found.ok = http::trim_ows(element.substr(0, first)) == "permessage-deflate";
  std::string_view rest = first == element.npos ? std::string_view() : element.substr(first + 1);
  while (found.ok && !rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view part = http::trim_ows(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    const std::size_t equals = part.find('=');
    const std::string_view name = http::trim_ows(part.substr(0, equals));
    const bool has_value = equals != part.npos;
    std::string_view value = has_value ? http::trim_ows(part.substr(equals + 1)) : "";
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    const auto once = [&](bool& flag) { found.ok &= !std::exchange(flag, true); };
    if (name == "server_no_context_takeover" && !has_value) {
      once(found.server_no_takeover);
    } else if (name == "client_no_context_takeover" && !has_value) {
      once(found.client_no_takeover);
    } else if (name == "server_max_window_bits") {
      once(found.has_server_bits);
      found.server_bits = window_bits(value);
      found.ok &= found.server_bits != 0;
    } else if (name == "client_max_window_bits") {
      once(found.has_client_bits);
      found.ok &= window_bits(value) != 0 || (!has_value && !is_answer);
    } else {
      found.ok = false;
    }
  }
  return found;
}

}  // namespace

DeflateAnswer answer_deflate(std::string_view offers) {
  DeflateAnswer answer;
  while (const auto element = http::next_list_element(offers)) {
    const Parameters offer = parse(*element, false);
    // Our encoder looks back 32 KiB: a smaller window is not ours to promise.
    if (!offer.ok || offer.server_bits != 15) continue;
    answer.deflate = {true, !offer.server_no_takeover, !offer.client_no_takeover};
    answer.value = "permessage-deflate";
    if (offer.server_no_takeover) answer.value += "; server_no_context_takeover";
    if (offer.client_no_takeover) answer.value += "; client_no_context_takeover";
    break;
  }
  return answer;
}

Result<Deflate> read_deflate(std::string_view answer, bool offered) {
  Deflate deflate;
  while (const auto element = http::next_list_element(answer)) {
    const Parameters chosen = parse(*element, true);
    // We offered no client_max_window_bits, so the server may not ask for it.
    if (!offered || !chosen.ok || chosen.has_client_bits || deflate.on)
      return Error(WebSocketError::Handshake, "the server chose an extension that was not offered");
    deflate = {true, !chosen.client_no_takeover, !chosen.server_no_takeover};
  }
  return deflate;
}

}  // namespace avila::websocket::detail
