// The environment, facts about the machine, and the user's folders.
#include <avila/os/process.hpp>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

constexpr DWORD kPathMax = 32'768;  // of UTF-16 units, the API's own limit

Result<std::string> folder(const char* variable, const char* windows, const char* below) {
  if (const auto path = environment(variable); path.has_value() && path->find(':') == 1)
    return detail::narrow_path(detail::wide(*path));
  if (const auto path = environment(windows); path.has_value() && !path->empty())
    return detail::narrow_path(detail::wide(*path)) + below;
  return Error(Errc::NotFound, std::string(windows) + " is not set");
}

}  // namespace

std::optional<std::string> environment(const std::string& name) {
  const std::wstring key = detail::wide(name);
  std::wstring value(256, L'\0');
  for (;;) {
    SetLastError(ERROR_SUCCESS);
    const DWORD length =
        GetEnvironmentVariableW(key.c_str(), value.data(), static_cast<DWORD>(value.size()));
    if (length == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND) return std::nullopt;
    if (length < value.size()) return detail::narrow(std::wstring_view(value).substr(0, length));
    value.resize(length + 1);
  }
}
Result<void> set_environment(const std::string& name, const std::string& value) {
  if (!SetEnvironmentVariableW(detail::wide(name).c_str(), detail::wide(value).c_str()))
    return detail::last_error("set " + name);
  return {};
}
Result<void> unset_environment(const std::string& name) {
  if (!SetEnvironmentVariableW(detail::wide(name).c_str(), nullptr) &&
      GetLastError() != ERROR_ENVVAR_NOT_FOUND)
    return detail::last_error("unset " + name);
  return {};
}

std::int64_t process_id() noexcept { return GetCurrentProcessId(); }

unsigned core_count() noexcept {
  DWORD_PTR ours = 0, all = 0;
  unsigned count = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
    for (; ours != 0; ours &= ours - 1) ++count;
  return count > 0 ? count : 1;
}

Result<std::string> host_name() {
  wchar_t name[256];
  DWORD length = 256;
  if (!GetComputerNameExW(ComputerNameDnsHostname, name, &length))
    return detail::last_error("host name");
  return detail::narrow({name, length});
}

Result<std::string> program_path() {
  std::wstring path(kPathMax, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), kPathMax);
  if (length == 0 || length == kPathMax) return detail::last_error("path of the program");
  return detail::narrow_path(std::wstring_view(path).substr(0, length));
}

Result<std::string> current_folder() {
  std::wstring path(kPathMax, L'\0');
  const DWORD length = GetCurrentDirectoryW(kPathMax, path.data());
  if (length == 0 || length >= kPathMax) return detail::last_error("current folder");
  return detail::narrow_path(std::wstring_view(path).substr(0, length));
}

Result<std::string> home_folder() { return folder("HOME", "USERPROFILE", ""); }
Result<std::string> config_folder() { return folder("XDG_CONFIG_HOME", "APPDATA", ""); }
Result<std::string> data_folder() { return folder("XDG_DATA_HOME", "LOCALAPPDATA", ""); }
Result<std::string> cache_folder() { return folder("XDG_CACHE_HOME", "LOCALAPPDATA", "/cache"); }
std::string temporary_folder() {
  wchar_t path[MAX_PATH + 1];
  const DWORD length = GetTempPathW(MAX_PATH + 1, path);
  std::string folder = detail::narrow_path({path, length});
  if (!folder.empty() && folder.back() == '/') folder.pop_back();
  return folder.empty() ? "C:/Windows/Temp" : folder;
}

}  // namespace avila::os
