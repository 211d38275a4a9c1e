#include <io.h>
#include <avila/os/process.hpp>
#include <avila/os/terminal.hpp>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

HANDLE handle_of(int descriptor) noexcept {
  return reinterpret_cast<HANDLE>(_get_osfhandle(descriptor));
}

}  // namespace

bool is_terminal(int descriptor) noexcept {
  DWORD mode = 0;
  return GetConsoleMode(handle_of(descriptor), &mode) != 0;  // unlike _isatty, false for NUL
}

std::optional<WindowSize> window_size(int descriptor) noexcept {
  CONSOLE_SCREEN_BUFFER_INFO info;
  if (!GetConsoleScreenBufferInfo(handle_of(descriptor), &info)) return std::nullopt;
  return WindowSize{static_cast<unsigned>(info.srWindow.Right - info.srWindow.Left + 1),
                    static_cast<unsigned>(info.srWindow.Bottom - info.srWindow.Top + 1)};
}

bool wants_colour(int descriptor) noexcept {
  DWORD mode = 0;
  if (!GetConsoleMode(handle_of(descriptor), &mode) || environment("NO_COLOR").has_value() ||
      environment("TERM") == "dumb")
    return false;
  // Consoles before Windows 10 cannot: then the sequences would be seen as text.
  return SetConsoleMode(handle_of(descriptor), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

}  // namespace avila::os
