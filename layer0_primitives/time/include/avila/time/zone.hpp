// Time zones of the system's tz database (TZif files, RFC 9636) and of POSIX TZ rules.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/time/civil.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace avila::os {
class FileSystem;
}

namespace avila::time {

constexpr std::size_t kTzifBytesMax = 1 << 20;
constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo";

/// What the clocks of a zone show at some instant.
struct ZoneState {
  std::int32_t offset_seconds = 0;  ///< east of UTC
  bool is_dst = false;
  std::string_view abbreviation;  ///< valid while the TimeZone or a copy lives
};

/// The instants at which a zone's clocks show a local time.
struct Resolved {
  enum class Kind : std::uint8_t {
    Unique,
    Gap,     ///< never: clocks go forward over it. Both are what it would be with the offset of
             ///< before (later) and after (earlier) the change.
    Overlap  ///< twice
  };
  Kind kind = Kind::Unique;
  WallTime earlier, later;  ///< equal when unique
};

/// Immutable, cheap to copy, thread-safe.
class TimeZone {
 public:
  TimeZone() : TimeZone(utc()) {}
  static TimeZone utc();
  static TimeZone fixed(std::int32_t offset_seconds);
  /// Versions 1 to 4, footer included. Files that count leap seconds ("right/…") are Unsupported.
  static Result<TimeZone> parse_tzif(ByteSpan bytes, std::string_view name = "");
  /// POSIX TZ, with the extensions of TZif: "EST5EDT,M3.2.0,M11.1.0", "<-03>3".
  static Result<TimeZone> parse_posix(std::string_view rule);
  /// "America/Sao_Paulo" from `folder`. InvalidArgument for names that could leave the folder.
  static Result<TimeZone> load(os::FileSystem& files, std::string_view name,
                               std::string_view folder = kZoneFolder);

  const std::string& name() const noexcept;
  ZoneState at(WallTime time) const noexcept { return at_seconds(unix_seconds(time)); }
  ZoneState at_seconds(std::int64_t unix_seconds) const noexcept;
  DateTime to_local(WallTime time) const noexcept;
  /// Nothing where WallTime cannot hold it.
  std::optional<Resolved> from_local(const DateTime& local) const noexcept;

  struct Data;  ///< private to the library

 private:
  explicit TimeZone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;  // shared among copies
};

/// A text by a strftime-like pattern: %Y %m %d %H %M %S %y %C %e %j %a %A %b %B %h %I %p %Z %z %:z
/// %s %F %T %D %R %u %w %V %G %U %W %L (milliseconds) %N (nanoseconds) %n %t %%. Malformed for
/// others.
Result<std::string> format_pattern(std::string_view pattern, WallTime time,
                                   const TimeZone& zone = TimeZone::utc());

}  // namespace avila::time
