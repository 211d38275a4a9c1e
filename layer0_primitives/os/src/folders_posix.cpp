// Folders of the user, by the XDG Base Directory Specification.
#include <pwd.h>
#include <unistd.h>
#include <avila/os/process.hpp>

#include <cstdlib>

namespace avila::os {
namespace {

/// A variable that holds an absolute path; relative ones are to be ignored.
std::string absolute(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && value[0] == '/' ? value : "";
}

Result<std::string> folder(const char* variable, const char* otherwise) {
  std::string path = absolute(variable);
  if (!path.empty()) return path;
  AVILA_TRY(const std::string home, home_folder());
  return home + otherwise;
}

}  // namespace

Result<std::string> home_folder() {
  std::string home = absolute("HOME");
  if (!home.empty()) return home;
  char buffer[4096];
  passwd entry{}, *found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
    return std::string(found->pw_dir);
  return Error(Errc::NotFound, "no home folder", {.hint = "set HOME"});
}
Result<std::string> config_folder() { return folder("XDG_CONFIG_HOME", "/.config"); }
Result<std::string> data_folder() { return folder("XDG_DATA_HOME", "/.local/share"); }
Result<std::string> cache_folder() { return folder("XDG_CACHE_HOME", "/.cache"); }
std::string temporary_folder() {
  std::string path = absolute("TMPDIR");
  return path.empty() ? "/tmp" : path;
}

}  // namespace avila::os
