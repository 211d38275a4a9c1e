#include <avila/pki/http_transport.hpp>

namespace avila::pki {

std::string_view HttpMessage::header(std::string_view name) const noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (const auto& [have, value] : headers) {
    bool same = have.size() == name.size();
    for (std::size_t i = 0; same && i < name.size(); ++i) same = lower(have[i]) == lower(name[i]);
    if (same) return value;
  }
  return {};
}

}  // namespace avila::pki
