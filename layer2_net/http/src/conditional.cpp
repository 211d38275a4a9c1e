#include <algorithm>
#include <avila/http/conditional.hpp>
#include <avila/time/format.hpp>

namespace avila::http {

std::string make_etag(std::string_view opaque, bool weak) {
  std::string tag = weak ? "W/\"" : "\"";
  for (const char c : opaque) {
    const auto u = static_cast<unsigned char>(c);
    if (u > 0x20 && u != 0x7f && c != '"') tag.push_back(c);
  }
  return tag + '"';
}

bool strong_match(std::string_view a, std::string_view b) noexcept {
  return a == b && a.starts_with('"') && a.size() >= 2;
}

bool weak_match(std::string_view a, std::string_view b) noexcept {
  if (a.starts_with("W/")) a.remove_prefix(2);
  if (b.starts_with("W/")) b.remove_prefix(2);
  return strong_match(a, b);
}

namespace {

bool any_matches(std::string_view list, std::string_view etag,
                 bool (*match)(std::string_view, std::string_view) noexcept) {
  while (const auto element = next_list_element(list)) {
    if (match(*element, etag)) return true;
  }
  return false;
}

/// HTTP dates are whole seconds.
std::int64_t to_seconds(WallTime time) noexcept {
  return time.ns / 1'000'000'000 - (time.ns % 1'000'000'000 < 0 ? 1 : 0);
}

std::optional<WallTime> date_field(const Request& request, std::string_view name) {
  const auto text = request.header(name);
  if (!text) return std::nullopt;
  auto date = time::parse_http_date(*text);
  if (!date.has_value()) return std::nullopt;  // §13.1.3: an invalid date is ignored
  return *date;
}

}  // namespace

Precondition evaluate_preconditions(const Request& request, const Validators& validators,
                                    bool exists) {
  const bool reads = request.method == Method::Get || request.method == Method::Head;
  const auto& modified = validators.last_modified;
  if (request.header("if-match")) {  // step 1
    const std::string list = request.fields.combined("if-match");
    const bool ok =
        trim_ows(list) == "*" ? exists : exists && any_matches(list, validators.etag, strong_match);
    if (!ok) return Precondition::Failed;
  } else if (const auto since = date_field(request, "if-unmodified-since"); since && modified) {
    if (to_seconds(*modified) > to_seconds(*since)) return Precondition::Failed;  // step 2
  }
  if (request.header("if-none-match")) {  // step 3
    const std::string list = request.fields.combined("if-none-match");
    const bool hit =
        trim_ows(list) == "*" ? exists : exists && any_matches(list, validators.etag, weak_match);
    if (hit) return reads ? Precondition::NotModified : Precondition::Failed;
  } else if (reads) {  // step 4
    const auto since = date_field(request, "if-modified-since");
    if (since && modified && to_seconds(*modified) <= to_seconds(*since))
      return Precondition::NotModified;
  }
  return Precondition::Go;
}

namespace {

/// Digits only, up to 19 of them.
std::optional<std::uint64_t> number(std::string_view text) noexcept {
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

}  // namespace

RangeRequest parse_range(std::string_view value, std::uint64_t size, const RangeLimits& limits) {
  const RangeRequest whole;
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos ||
      !equal_ignoring_case(trim_ows(value.substr(0, equals)), "bytes"))
    return whole;
  std::string_view list = value.substr(equals + 1);
  RangeRequest request;
  std::size_t asked = 0;
  while (const auto spec = next_list_element(list)) {
    if (++asked > limits.ranges) return whole;
    const std::size_t dash = spec->find('-');
    if (dash == std::string_view::npos) return whole;
    const std::string_view first_text = spec->substr(0, dash);
    const std::string_view last_text = spec->substr(dash + 1);
    const auto first = number(first_text);
    const auto last = number(last_text);
    if (first_text.empty()) {  // the last so many bytes
      if (!last) return whole;
      const std::uint64_t length = std::min(*last, size);
      if (length > 0) request.ranges.push_back({size - length, length});
      continue;
    }
    if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return whole;
    if (*first >= size) continue;
    const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
    request.ranges.push_back({*first, end - *first + 1});
  }
  if (asked == 0) return whole;
  if (request.ranges.empty()) {
    request.kind = RangeRequest::Kind::Unsatisfiable;
    return request;
  }
  // §17.15: many overlapping ranges make a large answer of a small file.
  std::uint64_t total = 0;
  for (const ByteRange& range : request.ranges) total += range.length;
  if (request.ranges.size() > 1 && total > size) return whole;
  request.kind = RangeRequest::Kind::Partial;
  return request;
}

RangeRequest select_range(const Request& request, const Validators& validators, std::uint64_t size,
                          const RangeLimits& limits) {
  const auto range = request.header("range");
  if (!range || request.method != Method::Get) return {};
  if (const auto condition = request.header("if-range")) {
    const std::string_view text = trim_ows(*condition);
    if (text.starts_with('"') || text.starts_with("W/")) {
      if (!strong_match(text, validators.etag)) return {};
    } else {
      const auto date = time::parse_http_date(text);
      if (!date.has_value() || !validators.last_modified ||
          to_seconds(*date) != to_seconds(*validators.last_modified))
        return {};
    }
  }
  return parse_range(*range, size, limits);
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.length - 1) + "/" + std::to_string(size);
}

std::string unsatisfied_range(std::uint64_t size) { return "bytes */" + std::to_string(size); }

ByteRangesFrame::ByteRangesFrame(std::string content_type, std::uint64_t size, std::string boundary)
    : content_type_(std::move(content_type)), boundary_(std::move(boundary)), size_(size) {}

std::string ByteRangesFrame::content_type() const {
  return "multipart/byteranges; boundary=" + boundary_;
}

std::string ByteRangesFrame::before(const ByteRange& range) const {
  return "\r\n--" + boundary_ + "\r\nContent-Type: " + content_type_ +
         "\r\nContent-Range: " + content_range(range, size_) + "\r\n\r\n";
}

std::string ByteRangesFrame::after() const { return "\r\n--" + boundary_ + "--\r\n"; }

std::uint64_t ByteRangesFrame::total(const std::vector<ByteRange>& ranges) const {
  std::uint64_t bytes = after().size();
  for (const ByteRange& range : ranges) bytes += before(range).size() + range.length;
  return bytes;
}

namespace {

/// Weight of an element of Accept…, in thousandths (RFC 9110 §12.4.2). Malformed: 0.
int quality(std::string_view element) {
  const auto q = parameter(element, "q");
  if (!q) return 1000;
  if (q->empty() || q->size() > 5 || ((*q)[0] != '0' && (*q)[0] != '1')) return 0;
  if (q->size() > 1 && (*q)[1] != '.') return 0;
  int value = ((*q)[0] - '0') * 1000, scale = 100;
  for (std::size_t i = 2; i < q->size(); ++i, scale /= 10) {
    if ((*q)[i] < '0' || (*q)[i] > '9') return 0;
    value += ((*q)[i] - '0') * scale;
  }
  return std::min(value, 1000);
}

std::string_view without_parameters(std::string_view element) {
  return trim_ows(element.substr(0, element.find(';')));
}

}  // namespace

std::string_view negotiate_coding(std::string_view accept_encoding,
                                  const std::vector<std::string_view>& offered) {
  const auto weight = [&](std::string_view coding, int otherwise) {
    std::string_view list = accept_encoding;
    int any = -1;
    while (const auto element = next_list_element(list)) {
      const std::string_view name = without_parameters(*element);
      if (equal_ignoring_case(name, coding)) return quality(*element);
      if (name == "*") any = quality(*element);
    }
    return any >= 0 ? any : otherwise;
  };
  std::string_view best;
  int best_weight = 0;
  for (const std::string_view coding : offered) {
    const int w = weight(coding, 0);
    if (w > best_weight) best = coding, best_weight = w;
  }
  const int identity = weight("identity", best_weight > 0 ? 1 : 1000);
  if (best_weight == 0 || identity > best_weight) return identity > 0 ? "identity" : best;
  return best;
}

std::string_view negotiate_media_type(std::string_view accept,
                                      const std::vector<std::string_view>& offered) {
  if (trim_ows(accept).empty()) return offered.empty() ? std::string_view() : offered.front();
  std::string_view best;
  int best_weight = 0;
  for (const std::string_view type : offered) {
    const std::string_view family = type.substr(0, type.find('/') + 1);
    int weight = 0, precision = -1;
    std::string_view list = accept;
    while (const auto element = next_list_element(list)) {
      const std::string_view range = without_parameters(*element);
      int now = -1;
      if (equal_ignoring_case(range, without_parameters(type))) {
        now = 2;
      } else if (range.ends_with("/*") &&
                 equal_ignoring_case(range.substr(0, range.size() - 1), family)) {
        now = 1;
      } else if (range == "*/*") {
        now = 0;
      }
      if (now > precision) precision = now, weight = quality(*element);
    }
    if (weight > best_weight) best = type, best_weight = weight;
  }
  return best;
}

}  // namespace avila::http
