#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/grpc/metadata.hpp>
#include <avila/text/encoding.hpp>

namespace avila::grpc {

namespace {

bool is_binary(std::string_view key) noexcept { return key.ends_with("-bin"); }

bool is_key(std::string_view key) noexcept {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_ascii_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

}  // namespace

bool is_reserved_name(std::string_view name) noexcept {
  if (name.starts_with(':') || name.starts_with("grpc-")) return true;
  static constexpr std::string_view kNames[] = {
      "te",         "host",    "content-type",      "content-length",   "connection",
      "keep-alive", "upgrade", "transfer-encoding", "proxy-connection", "trailer",
  };
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Metadata::Metadata(std::initializer_list<Entry> entries) {
  for (const Entry& entry : entries) add(entry.key, entry.value);
}

Metadata& Metadata::add(std::string_view key, std::string_view value) {
  std::string name = lower(key);
  AVILA_ASSERT(is_key(name) && !is_reserved_name(name));
  std::string text(value);
  if (!is_binary(name)) {
    for (char& c : text)
      if (c < 0x20 || c > 0x7e) c = ' ';
    text = http::trim_ows(text);
  }
  entries_.push_back({std::move(name), std::move(text)});
  return *this;
}

Result<void> Metadata::try_add(std::string_view key, std::string_view value) {
  std::string name = lower(key);
  if (!is_key(name))
    return Error(Errc::InvalidArgument,
                 "a metadata key has letters, digits, '-', '_' and '.' only: " + name);
  if (is_reserved_name(name)) return Error(Errc::InvalidArgument, "the protocol's own: " + name);
  if (!is_binary(name) && !is_ascii_value(value))
    return Error(Errc::InvalidArgument, "only keys that end in -bin hold any bytes: " + name);
  add(name, value);
  return {};
}

Metadata& Metadata::set(std::string_view key, std::string_view value) {
  (void)remove(lower(key));
  return add(key, value);
}

std::size_t Metadata::remove(std::string_view key) {
  return std::erase_if(entries_, [key](const Entry& entry) { return entry.key == key; });
}

std::optional<std::string_view> Metadata::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries_)
    if (entry.key == key) return entry.value;
  return std::nullopt;
}

std::vector<std::string_view> Metadata::all(std::string_view key) const {
  std::vector<std::string_view> values;
  for (const Entry& entry : entries_)
    if (entry.key == key) values.push_back(entry.value);
  return values;
}

std::size_t Metadata::bytes() const noexcept {
  std::size_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.key.size() + entry.value.size() + 32;
  return sum;
}

void Metadata::write_to(http::Headers& headers) const {
  for (const Entry& entry : entries_) {
    if (!is_binary(entry.key)) {
      headers.add(entry.key, entry.value);
      continue;
    }
    std::string text = text::base64_encode(entry.value);
    while (text.ends_with('=')) text.pop_back();  // "should emit un-padded values"
    headers.add(entry.key, text);
  }
}

Result<void> Metadata::receive(std::string_view name, std::string_view value,
                               std::size_t limit_bytes) {
  std::string key = lower(name);
  if (is_reserved_name(key) || !is_key(key)) return {};
  std::size_t sum = bytes();
  const auto fits = [&](std::size_t value_bytes) {
    sum += key.size() + value_bytes + 32;
    return sum <= limit_bytes;
  };
  const auto too_much = [&] {
    return Error(Errc::LimitExceeded,
                 "metadata of over " + std::to_string(limit_bytes) + " bytes is not accepted");
  };
  if (!is_binary(key)) {
    value = http::trim_ows(value);
    if (!fits(value.size())) return too_much();
    entries_.push_back({std::move(key), std::string(value)});
    return {};
  }
  while (true) {  // fields of one name may have been joined
    const std::size_t comma = value.find(',');
    auto bytes =
        text::base64_decode(http::trim_ows(value.substr(0, comma)), text::Padding::Optional);
    if (!bytes.has_value()) return Error(Errc::Malformed, "metadata " + key + " is not base64");
    if (!fits(bytes->size())) return too_much();  // each has the key once more
    entries_.push_back({key, std::move(*bytes)});
    if (comma == std::string_view::npos) return {};
    value.remove_prefix(comma + 1);
  }
}

}  // namespace avila::grpc
