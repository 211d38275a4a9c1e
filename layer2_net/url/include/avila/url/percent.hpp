// Percent-encoding by the sets of the URL Standard.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::url {

/// Which bytes an encoder replaces: those that are true.
using PercentSet = std::array<bool, 256>;

namespace detail {
constexpr PercentSet with(PercentSet set, std::string_view more) {
  for (const char c : more) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr PercentSet c0_control() {
  PercentSet set{};
  for (unsigned c = 0; c < 256; ++c) set[c] = c < 0x20 || c > 0x7e;
  return set;
}
constexpr PercentSet form_urlencoded() {
  PercentSet set{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    set[c] = !alnum && c != '*' && c != '-' && c != '.' && c != '_';
  }
  return set;
}
}  // namespace detail

// URL Standard §1.3.
inline constexpr PercentSet kC0ControlSet = detail::c0_control();
inline constexpr PercentSet kFragmentSet = detail::with(kC0ControlSet, " \"<>`");
inline constexpr PercentSet kQuerySet = detail::with(kC0ControlSet, " \"#<>");
inline constexpr PercentSet kSpecialQuerySet = detail::with(kQuerySet, "'");
inline constexpr PercentSet kPathSet = detail::with(kQuerySet, "?^`{}");
inline constexpr PercentSet kUserinfoSet = detail::with(kPathSet, "/:;=@[\\]|");
inline constexpr PercentSet kComponentSet = detail::with(kUserinfoSet, "$%&+,");
inline constexpr PercentSet kFormSet = detail::form_urlencoded();

void append_percent_encoded(std::string& out, std::string_view text, const PercentSet& set);
std::string percent_encode(std::string_view text, const PercentSet& set = kComponentSet);
/// "%zz" and a '%' at the end stay as they are. Any bytes may come out.
std::string percent_decode(std::string_view text);

}  // namespace avila::url
