// Users and their passwords.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::proxy::detail {

/// CT: time depends on the lengths given and on the number of users, not on what is equal.
inline bool equal_ct(std::string_view given, std::string_view known) noexcept {
  unsigned difference = given.size() == known.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = known.empty() ? '\0' : known[i % known.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i] ^ other));
  }
  return difference == 0;
}

inline bool is_user(const std::vector<std::pair<std::string, std::string>>& users,
                    std::string_view name, std::string_view password) noexcept {
  bool found = false;
  for (const auto& [user, secret] : users) {
    const bool same_name = equal_ct(name, user);
    const bool same_password = equal_ct(password, secret);
    found = found | (same_name & same_password);
  }
  return found;
}

}  // namespace avila::proxy::detail
