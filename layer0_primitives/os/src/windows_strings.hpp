// UTF-8 outside, UTF-16 at the Windows API. Includes windows.h: for *_windows.cpp only.
#pragma once
#include <avila/error/error.hpp>
#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace avila::os::detail {

inline std::wstring wide(std::string_view text) {
  const auto size = static_cast<int>(text.size());
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0);
  std::wstring result(static_cast<std::size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), size, result.data(), length);
  return result;
}

/// A path with '\' where ours has '/'.
inline std::wstring wide_path(std::string_view path) {
  std::wstring result = wide(path);
  std::replace(result.begin(), result.end(), L'/', L'\\');
  return result;
}

inline std::string narrow(std::wstring_view text) {
  const auto size = static_cast<int>(text.size());
  const int length =
      WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr);
  std::string result(static_cast<std::size_t>(length), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), size, result.data(), length, nullptr, nullptr);
  return result;
}

inline std::string narrow_path(std::wstring_view path) {
  std::string result = narrow(path);
  std::replace(result.begin(), result.end(), '\\', '/');
  return result;
}

inline Error last_error(std::string_view what) { return Error::from_windows(GetLastError(), what); }

/// Closes on destruction; null and INVALID_HANDLE_VALUE are nothing.
struct OwnedHandle {
  HANDLE value = nullptr;
  OwnedHandle() = default;
  explicit OwnedHandle(HANDLE handle) : value(handle) {}
  OwnedHandle(OwnedHandle&& other) noexcept : value(other.release()) {}
  OwnedHandle& operator=(OwnedHandle&& other) noexcept {
    std::swap(value, other.value);
    return *this;
  }
  ~OwnedHandle() {
    if (value != nullptr && value != INVALID_HANDLE_VALUE) CloseHandle(value);
  }
  HANDLE release() noexcept {
    HANDLE handle = value;
    value = nullptr;
    return handle;
  }
};

}  // namespace avila::os::detail
