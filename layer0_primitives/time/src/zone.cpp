#include <algorithm>
#include <avila/os/file_system.hpp>
#include <avila/primitives/endian.hpp>
#include <cstdio>
#include <memory>

#include "zone_data.hpp"

namespace avila::time {
namespace {

constexpr std::size_t kHeaderBytes = 44;

struct Header {
  char version = 0;
  std::uint64_t utc_count = 0, standard_count = 0, leap_count = 0, time_count = 0, type_count = 0,
                text_count = 0;
  std::uint64_t body_bytes(std::uint64_t time_bytes) const {
    return time_count * time_bytes + time_count + type_count * 6 + text_count +
           leap_count * (time_bytes + 4) + standard_count + utc_count;
  }
};

Error wrong(const char* what, std::size_t at) {
  return Error(Errc::Malformed, what, {.offset = at});
}

// RFC 9636 §3.1
Result<Header> read_header(ByteSpan bytes, std::size_t at) {
  if (bytes.size() - at < kHeaderBytes) return wrong("the TZif header is cut off", at);
  const std::byte* p = bytes.data() + at;
  if (as_text(bytes.subspan(at, 4)) != "TZif") return wrong("expected \"TZif\"", at);
  Header header;
  header.version = static_cast<char>(p[4]);
  header.utc_count = load_be32(p + 20);
  header.standard_count = load_be32(p + 24);
  header.leap_count = load_be32(p + 28);
  header.time_count = load_be32(p + 32);
  header.type_count = load_be32(p + 36);
  header.text_count = load_be32(p + 40);
  if (header.type_count == 0) return wrong("no local time type", at + 36);
  if (header.type_count > 256) return wrong("more than 256 local time types", at + 36);
  if (header.text_count == 0) return wrong("no abbreviations", at + 40);
  if (header.utc_count != 0 && header.utc_count != header.type_count)
    return wrong("the number of UT indicators is not that of types", at + 20);
  if (header.standard_count != 0 && header.standard_count != header.type_count)
    return wrong("the number of standard indicators is not that of types", at + 24);
  return header;
}

// RFC 9636 §3.2
Result<std::shared_ptr<TimeZone::Data>> read_body(ByteSpan bytes, std::size_t at,
                                                  const Header& header, std::size_t time_bytes) {
  const std::byte* p = bytes.data() + at;
  auto data = std::make_shared<TimeZone::Data>();
  const auto times = static_cast<std::size_t>(header.time_count);
  const auto types = static_cast<std::size_t>(header.type_count);
  for (std::size_t i = 0; i < times; ++i, p += time_bytes) {
    const std::int64_t time =
        time_bytes == 8 ? static_cast<std::int64_t>(load_be64(p))
                        : static_cast<std::int64_t>(static_cast<std::int32_t>(load_be32(p)));
    if (!data->times.empty() && time <= data->times.back())
      return wrong("transition times do not ascend", at + i * time_bytes);
    data->times.push_back(time);
  }
  for (std::size_t i = 0; i < times; ++i, ++p) {
    if (static_cast<std::size_t>(*p) >= types)
      return wrong("a transition to a type that is not there",
                   static_cast<std::size_t>(p - bytes.data()));
    data->types_of.push_back(static_cast<std::uint8_t>(*p));
  }
  const std::string_view texts(reinterpret_cast<const char*>(p + types * 6),
                               static_cast<std::size_t>(header.text_count));
  for (std::size_t i = 0; i < types; ++i, p += 6) {
    const auto here = static_cast<std::size_t>(p - bytes.data());
    const auto offset = static_cast<std::int32_t>(load_be32(p));
    // §3.2: -24:59:59 to 25:59:59 is what POSIX can say.
    if (offset < -89'999 || offset > 93'599) return wrong("an offset of more than a day", here);
    if (p[4] > std::byte{1}) return wrong("expected 0 or 1 for daylight time", here + 4);
    const auto index = static_cast<std::size_t>(p[5]);
    if (index >= texts.size()) return wrong("an abbreviation outside the table", here + 5);
    const std::size_t end = texts.find('\0', index);
    if (end == std::string_view::npos) return wrong("an abbreviation without end", here + 5);
    data->types.push_back(
        {offset, p[4] == std::byte{1}, std::string(texts.substr(index, end - index))});
  }
  if (header.leap_count != 0)
    return Error(Errc::Unsupported, "the zone file counts leap seconds",
                 {.hint = "use the zone of the same name outside the folder \"right\""});
  return data;
}

}  // namespace

TimeZone TimeZone::fixed(std::int32_t offset_seconds) {
  auto data = std::make_shared<Data>();
  char text[16] = "UTC";
  if (offset_seconds != 0) {
    const unsigned away =
        static_cast<unsigned>(offset_seconds < 0 ? -offset_seconds : offset_seconds);
    std::snprintf(text, sizeof text, "%c%02u:%02u", offset_seconds < 0 ? '-' : '+',
                  away / 3600 % 100, away / 60 % 60);
  }
  data->name = text;
  data->types.push_back({offset_seconds, false, text});
  return TimeZone(std::move(data));
}

TimeZone TimeZone::utc() {
  static const TimeZone zone = fixed(0);
  return zone;
}

Result<TimeZone> TimeZone::parse_tzif(ByteSpan bytes, std::string_view name) {
  if (bytes.size() > kTzifBytesMax)
    return Error(Errc::LimitExceeded, "the zone file exceeds 1 MiB");
  AVILA_TRY(Header header, read_header(bytes, 0));
  std::size_t at = kHeaderBytes, time_bytes = 4;
  if (header.body_bytes(4) > bytes.size() - at) return wrong("the TZif body is cut off", at);
  if (header.version >= '2') {  // the body of 32-bit times is for old readers
    at += static_cast<std::size_t>(header.body_bytes(4));
    AVILA_TRY(header, read_header(bytes, at));
    at += kHeaderBytes;
    time_bytes = 8;
    if (header.body_bytes(8) > bytes.size() - at) return wrong("the TZif body is cut off", at);
  }
  AVILA_TRY(auto data, read_body(bytes, at, header, time_bytes));
  data->name = name;
  if (time_bytes == 8) {  // §3.3, the footer
    at += static_cast<std::size_t>(header.body_bytes(8));
    const std::string_view rest = as_text(bytes.subspan(at));
    const std::size_t end = rest.find('\n', 1);
    if (rest.empty() || rest[0] != '\n' || end == std::string_view::npos)
      return wrong("expected a footer between newlines", at);
    if (end > 1) {
      AVILA_TRY(data->rule,
                detail::parse_posix_rule(rest.substr(1, end - 1)).context("TZif footer"));
    }
  }
  return TimeZone(std::move(data));
}

Result<TimeZone> TimeZone::load(os::FileSystem& files, std::string_view name,
                                std::string_view folder) {
  // Names come from users and must stay within the folder.
  bool fine = !name.empty() && name.size() <= 128 && name[0] != '/' && name[0] != '.';
  for (std::size_t i = 0; fine && i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    fine = letter || c == '_' || c == '-' || c == '+' ||
           (c == '/' && i + 1 < name.size() && name[i + 1] != '/');
  }
  if (!fine) return Error(Errc::InvalidArgument, "no name of a time zone");
  const std::string path = os::join(folder, name);
  auto text = files.read_text(path, kTzifBytesMax);
  if (!text.has_value())
    return std::move(text)
        .context("time zone")
        .error()
        .clone()
        .with_hint("is the package tzdata installed?");
  return parse_tzif(as_bytes(*text), name).context("time zone " + std::string(name));
}

const std::string& TimeZone::name() const noexcept { return data_->name; }

ZoneState TimeZone::at_seconds(std::int64_t seconds) const noexcept {
  const Data& data = *data_;
  if (data.rule.has_value() && (data.times.empty() || seconds >= data.times.back()))
    return data.rule->at(seconds);
  const auto behind = std::upper_bound(data.times.begin(), data.times.end(), seconds);
  const std::size_t type =
      behind == data.times.begin()
          ? 0
          : data.types_of[static_cast<std::size_t>(behind - data.times.begin()) - 1];
  const detail::ZoneType& found = data.types[type];
  return {found.offset, found.is_dst, found.abbreviation};
}

DateTime TimeZone::to_local(WallTime time) const noexcept {
  return to_civil(time, at(time).offset_seconds);
}

std::optional<Resolved> TimeZone::from_local(const DateTime& local) const noexcept {
  if (!from_civil(local).has_value()) return std::nullopt;
  const std::int64_t seconds = unix_seconds(local);
  // Offsets are within 26 hours, and changes are further apart than that.
  constexpr std::int64_t kAway = 26 * 3600;
  const std::int32_t before = at_seconds(seconds - kAway).offset_seconds;
  const std::int32_t after = at_seconds(seconds + kAway).offset_seconds;
  const bool with_before = at_seconds(seconds - before).offset_seconds == before;
  const bool with_after = at_seconds(seconds - after).offset_seconds == after;
  const auto by_before = wall_time(seconds - before, local.nanosecond);
  const auto by_after = wall_time(seconds - after, local.nanosecond);
  if (!by_before.has_value() || !by_after.has_value()) return std::nullopt;
  Resolved resolved;
  if (with_before == with_after) {
    resolved.earlier = std::min(*by_before, *by_after);
    resolved.later = std::max(*by_before, *by_after);
    if (before != after)
      resolved.kind = with_before ? Resolved::Kind::Overlap : Resolved::Kind::Gap;
  } else {
    resolved.earlier = resolved.later = with_before ? *by_before : *by_after;
  }
  return resolved;
}

}  // namespace avila::time
