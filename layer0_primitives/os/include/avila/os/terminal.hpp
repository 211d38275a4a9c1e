// What a program asks about its terminal.
#pragma once
#include <optional>

namespace avila::os {

struct WindowSize {
  unsigned columns = 80, rows = 24;
};

bool is_terminal(int descriptor) noexcept;
/// Nothing when it is no terminal.
std::optional<WindowSize> window_size(int descriptor = 1) noexcept;
/// is_terminal(), and neither NO_COLOR nor TERM=dumb says otherwise.
bool wants_colour(int descriptor) noexcept;

}  // namespace avila::os
