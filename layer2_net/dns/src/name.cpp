#include <array>
#include <avila/dns/message.hpp>

namespace avila::dns {
namespace {

constexpr unsigned char lower(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

constexpr std::size_t length_at(std::string_view wire, std::size_t at) noexcept {
  return static_cast<unsigned char>(wire[at]);
}

/// Where each label begins; the number of labels.
struct Labels {
  std::array<std::uint8_t, Name::kLabelsMax + 1> at;
  std::size_t count = 0;
  explicit Labels(std::string_view wire) noexcept {
    for (std::size_t i = 0; wire[i] != '\0'; i += length_at(wire, i) + 1)
      at[count++] = static_cast<std::uint8_t>(i);
  }
};

/// A character of the text form: plain or escaped.
struct TextByte {
  char value;
  bool escaped;
};

Result<TextByte> next_byte(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '\\') return TextByte{c, false};
  const std::size_t start = at - 1;
  if (at == text.size())
    return Error(Errc::Malformed, "a name ends in a backslash", {.offset = start});
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  if (!is_digit(at)) return TextByte{text[at++], true};
  if (!is_digit(at + 1) || !is_digit(at + 2))
    return Error(Errc::Malformed, "an escape in a name has less than three digits",
                 {.offset = start});
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  if (value > 255)
    return Error(Errc::Malformed, "an escape in a name is above 255", {.offset = start});
  at += 3;
  return TextByte{static_cast<char>(value), true};
}

}  // namespace

Result<Name> Name::parse(std::string_view text) { return parse(text, Name()); }

Result<Name> Name::parse(std::string_view text, const Name& origin) {
  if (text == "@") return origin;
  if (text.empty() || text == ".") return text.empty() ? origin : Name();
  std::string wire;
  std::string label;
  bool absolute = false;
  const auto end_label = [&](std::size_t at) -> Result<void> {
    if (label.empty()) return Error(Errc::Malformed, "a name has an empty label", {.offset = at});
    if (label.size() > kLabelBytesMax)
      return Error(Errc::Malformed, "a label is longer than 63 bytes", {.offset = at});
    wire.push_back(static_cast<char>(label.size()));
    wire += label;
    label.clear();
    if (wire.size() >= kWireBytesMax)
      return Error(Errc::Malformed, "a name is longer than 255 bytes", {.offset = at});
    return {};
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    AVILA_TRY(const TextByte byte, next_byte(text, at));
    if (byte.value != '.' || byte.escaped) {
      label.push_back(byte.value);
      continue;
    }
    AVILA_TRY_VOID(end_label(start));
    absolute = at == text.size();
  }
  if (!absolute) {
    AVILA_TRY_VOID(end_label(text.size()));
    wire += origin.wire_;
  } else {
    wire.push_back('\0');
  }
  if (wire.size() > kWireBytesMax)
    return Error(Errc::Malformed, "a name is longer than 255 bytes", {.offset = text.size()});
  return Name(std::move(wire));
}

Result<Name> Name::decode(ByteSpan message, std::size_t& offset) {
  std::string wire;
  std::size_t at = offset;
  std::size_t end = 0;  // past the name, known at the first pointer
  std::size_t pointers = 0;
  std::size_t lowest = offset;  // pointers lead below all that was read: no loop is possible
  for (;;) {
    if (at >= message.size())
      return Error(Errc::Malformed, "a name runs past the end", {.offset = at});
    const auto length = static_cast<std::size_t>(message[at]);
    if (length >= 0xc0) {
      if (at + 1 >= message.size())
        return Error(Errc::Malformed, "a compression pointer is cut", {.offset = at});
      const std::size_t target = (length & 0x3f) << 8 | static_cast<std::size_t>(message[at + 1]);
      if (end == 0) end = at + 2;
      if (target >= lowest || target < kHeaderBytes || ++pointers > kPointersMax)
        return Error(Errc::Malformed, "a compression pointer leads to no name before it",
                     {.offset = at});
      at = lowest = target;
      continue;
    }
    if (length > kLabelBytesMax)
      return Error(Errc::Malformed, "a label of an unknown kind", {.offset = at});
    if (at + 1 + length > message.size())
      return Error(Errc::Malformed, "a label runs past the end", {.offset = at});
    if (wire.size() + 1 + length > kWireBytesMax)
      return Error(Errc::Malformed, "a name is longer than 255 bytes", {.offset = at});
    wire.append(as_text(message.subspan(at, length + 1)));
    at += length + 1;
    if (length == 0) break;
  }
  offset = end == 0 ? at : end;
  return Name(std::move(wire));
}

Result<Name> Name::from_wire(std::string_view wire) {
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != '\0') {
    if (length_at(wire, at) > kLabelBytesMax)
      return Error(Errc::Malformed, "a compressed name where none may be", {.offset = at});
    at += length_at(wire, at) + 1;
  }
  if (at + 1 != wire.size() || wire.size() > kWireBytesMax)
    return Error(Errc::Malformed, "the bytes are not one name", {.offset = at});
  return Name(std::string(wire));
}

void append_label_text(std::string& out, std::string_view label) {
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f) {
      out.push_back('\\');
      out.push_back(static_cast<char>('0' + byte / 100));
      out.push_back(static_cast<char>('0' + byte / 10 % 10));
      out.push_back(static_cast<char>('0' + byte % 10));
      continue;
    }
    if (std::string_view(".\\;()\"@$").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
}

std::string Name::to_string() const {
  if (is_root()) return ".";
  std::string text;
  for (std::size_t i = 0; wire_[i] != '\0'; i += length_at(wire_, i) + 1) {
    append_label_text(text, std::string_view(wire_).substr(i + 1, length_at(wire_, i)));
    text.push_back('.');
  }
  return text;
}

std::size_t Name::label_count() const noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; wire_[i] != '\0'; i += length_at(wire_, i) + 1) ++count;
  return count;
}

std::string_view Name::first_label() const noexcept {
  return std::string_view(wire_).substr(is_root() ? 0 : 1, length_at(wire_, 0));
}

Name Name::parent() const {
  return is_root() ? *this : Name(wire_.substr(length_at(wire_, 0) + 1));
}

Name Name::suffix(std::size_t labels) const {
  const std::size_t count = label_count();
  std::size_t at = 0;
  for (std::size_t i = labels; i < count; ++i) at += length_at(wire_, at) + 1;
  return Name(wire_.substr(at));
}

Result<Name> Name::child(std::string_view label) const {
  if (label.empty() || label.size() > kLabelBytesMax)
    return Error(Errc::InvalidArgument, "a label has 1 to 63 bytes");
  if (wire_.size() + label.size() + 1 > kWireBytesMax)
    return Error(Errc::LimitExceeded, "the name would be longer than 255 bytes");
  std::string wire(1, static_cast<char>(label.size()));
  wire += label;
  wire += wire_;
  return Name(std::move(wire));
}

Result<Name> Name::with_suffix(const Name& from, const Name& to) const {
  AVILA_ASSERT(is_at_or_below(from));
  const std::size_t kept = wire_.size() - from.wire_.size();
  if (kept + to.wire_.size() > kWireBytesMax)
    return Error(Errc::LimitExceeded, "the name would be longer than 255 bytes");
  return Name(wire_.substr(0, kept) + to.wire_);
}

bool Name::is_at_or_below(const Name& ancestor) const noexcept {
  if (wire_.size() < ancestor.wire_.size()) return false;
  const std::size_t skip = wire_.size() - ancestor.wire_.size();
  std::size_t at = 0;  // must be the start of a label
  while (at < skip) at += length_at(wire_, at) + 1;
  if (at != skip) return false;
  for (std::size_t i = 0; i < ancestor.wire_.size(); ++i)
    if (dns::lower(wire_[skip + i]) != dns::lower(ancestor.wire_[i])) return false;
  return true;
}

Name Name::common_ancestor(const Name& other) const {
  Name name = *this;
  while (!other.is_at_or_below(name)) name = name.parent();
  return name;
}

Name Name::lower() const {
  std::string wire = wire_;
  // Lengths are at most 63: below 'A'.
  for (char& c : wire) c = static_cast<char>(dns::lower(c));
  return Name(std::move(wire));
}

std::size_t Name::hash() const noexcept {
  // FNV-1a. Tables that outsiders fill are bounded, and looked up by a keyed hash (cache.cpp).
  std::uint64_t state = 0xcbf29ce484222325U;
  for (const char c : wire_) state = (state ^ dns::lower(c)) * 0x100000001b3U;
  return state;
}

bool operator==(const Name& a, const Name& b) noexcept {
  if (a.wire_.size() != b.wire_.size()) return false;
  for (std::size_t i = 0; i < a.wire_.size(); ++i)
    if (lower(a.wire_[i]) != lower(b.wire_[i])) return false;
  return true;
}

std::strong_ordering operator<=>(const Name& a, const Name& b) noexcept {
  const Labels left(a.wire_), right(b.wire_);
  for (std::size_t i = 1; i <= left.count && i <= right.count; ++i) {
    const std::size_t x = left.at[left.count - i], y = right.at[right.count - i];
    const std::size_t n = length_at(a.wire_, x), m = length_at(b.wire_, y);
    for (std::size_t k = 1; k <= n && k <= m; ++k) {
      const auto order = lower(a.wire_[x + k]) <=> lower(b.wire_[y + k]);
      if (order != 0) return order;
    }
    if (n != m) return n <=> m;
  }
  return left.count <=> right.count;
}

}  // namespace avila::dns
