#include <avila/asn1/reader.hpp>
#include <avila/time/civil.hpp>

namespace avila::asn1 {

Result<WallTime> time_of(const Element& element) {
  const bool utc = element.tag == tags::kUtcTime;
  if (!utc && element.tag != tags::kGeneralizedTime)
    return Error(Errc::Malformed, "expected a time, not " + to_string(element.tag));
  std::string_view text = as_text(element.content);
  const std::size_t year_digits = utc ? 2 : 4;
  bool good = text.size() == year_digits + 11 && text.back() == 'Z';
  for (std::size_t i = 0; good && i + 1 < text.size(); ++i) good = text[i] >= '0' && text[i] <= '9';
  if (!good)
    return Error(Errc::Malformed, utc ? "a UTCTime is written YYMMDDHHMMSSZ"
                                      : "a GeneralizedTime is written YYYYMMDDHHMMSSZ");
  const auto take = [&](std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(0, digits)) value = value * 10 + (c - '0');
    text.remove_prefix(digits);
    return value;
  };
  time::DateTime fields;
  fields.date.year = take(year_digits);
  if (utc) fields.date.year += fields.date.year < 50 ? 2000 : 1900;
  fields.date.month = static_cast<std::uint8_t>(take(2));
  fields.date.day = static_cast<std::uint8_t>(take(2));
  fields.hour = static_cast<std::uint8_t>(take(2));
  fields.minute = static_cast<std::uint8_t>(take(2));
  fields.second = static_cast<std::uint8_t>(take(2));
  // 9999-12-31 is how RFC 5280 §4.1.2.5 says "no end": beyond WallTime, and meant so.
  if (fields.date == time::Date{9999, 12, 31}) return WallTime{INT64_MAX};
  const auto value = time::from_civil(fields);
  if (value.has_value()) return *value;
  if (!time::is_valid(fields.date) || fields.hour > 23 || fields.minute > 59 || fields.second > 59)
    return Error(Errc::Malformed, "no such date or time");
  return Error(Errc::OutOfRange, "a time before 1678 or after 2261");
}

}  // namespace avila::asn1
