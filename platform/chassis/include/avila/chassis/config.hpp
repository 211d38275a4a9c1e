// Configuration of a daemon: a table of named settings with defaults and bounds, filled from a TOML
// file, then the environment, then flags; the later wins. What is unknown or out of bounds is an
// error that names the setting and where it came from.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace avila::os {
class FileSystem;
}

namespace avila::chassis {

enum class SettingKind : std::uint8_t {
  Text,
  Boolean,  ///< true, false
  Integer,
  Bytes,     ///< 4096, "64KiB", "16MB"
  Duration,  ///< "250ms", "30s", "5m", "2h"; a bare number is seconds
};

/// One row of a daemon's table. `name` is the dotted path in the file ("limits.body_bytes"); the
/// environment's name is AVILA_ and the path in upper case with '_' for '.'.
struct Setting {
  std::string_view name;
  SettingKind kind = SettingKind::Text;
  std::string_view fallback;
  std::string_view help;
  std::int64_t min = 0;  ///< Integer, Bytes: units; Duration: nanoseconds
  std::int64_t max = INT64_MAX;
};

/// What flags of the command line set: name → text.
using Overrides = std::map<std::string, std::string, std::less<>>;

class Config {
 public:
  /// `path` may be empty (no file). `environment` looks a variable up: os::environment.
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;
  static Result<Config> load(std::span<const Setting> settings, os::FileSystem& files,
                             const std::string& path, const Environment& environment,
                             const Overrides& overrides);

  /// Each is asserted to be a setting of that kind.
  const std::string& text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  std::size_t bytes(std::string_view name) const;
  Duration duration(std::string_view name) const;

  /// A commented file with every setting at its value, to start from.
  std::string to_toml() const;

 private:
  struct Entry {
    Setting setting;
    std::string text;
    std::int64_t number = 0;
  };
  const Entry& entry(std::string_view name, SettingKind kind) const;
  Result<void> assign(std::string_view name, std::string_view text, std::string_view origin);

  std::vector<Entry> entries_;
};

/// "64KiB" → 65536, "16MB" → 16000000; "30s" → 30 s.
Result<std::int64_t> parse_bytes(std::string_view text);
Result<Duration> parse_duration(std::string_view text);

}  // namespace avila::chassis
