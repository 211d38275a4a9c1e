#include <algorithm>
#include <avila/compress/codec.hpp>
#include <avila/error/assert.hpp>
#include <avila/grpc/status.hpp>
#include <avila/grpc/wire.hpp>
#include <avila/http/headers.hpp>
#include <avila/primitives/endian.hpp>
#include <utility>

namespace avila::grpc {

namespace {

constexpr std::uint8_t kCompressed = 0x01;
constexpr std::uint8_t kTrailers = 0x80;  // gRPC-Web

std::optional<compress::Format> format_of(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::Gzip: return compress::Format::Gzip;
    case Encoding::Deflate: return compress::Format::Zlib;  // compression.md: RFC 1950
    case Encoding::Zstd: return compress::Format::Zstd;
    case Encoding::Identity: break;
  }
  return std::nullopt;
}

void append_flagged(std::string& out, std::uint8_t flags, std::size_t length) {
  std::byte prefix[kPrefixBytes];
  prefix[0] = std::byte{flags};
  store_be32(prefix + 1, static_cast<std::uint32_t>(length));
  out += as_text(prefix);
}

}  // namespace

std::string_view to_string(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::Gzip: return "gzip";
    case Encoding::Deflate: return "deflate";
    case Encoding::Zstd: return "zstd";
    case Encoding::Identity: break;
  }
  return "identity";
}

std::optional<Encoding> parse_encoding(std::string_view name) noexcept {
  for (const Encoding encoding :
       {Encoding::Identity, Encoding::Gzip, Encoding::Deflate, Encoding::Zstd})
    if (name == to_string(encoding)) return encoding;
  return std::nullopt;
}

bool accepts(std::string_view accept_encoding, Encoding encoding) noexcept {
  return encoding == Encoding::Identity ||
         http::list_contains(accept_encoding, to_string(encoding));
}

Result<bool> MessageReader::read(ByteSpan& input) {
  if (failed_) return Error(Code::Internal, "the stream of messages is broken");
  if (prefix_have_ < kPrefixBytes) {
    const std::size_t n = std::min<std::size_t>(kPrefixBytes - prefix_have_, input.size());
    std::copy_n(input.begin(), n, prefix_ + prefix_have_);
    prefix_have_ = static_cast<std::uint8_t>(prefix_have_ + n);
    input = input.subspan(n);
    if (prefix_have_ < kPrefixBytes) return false;
    const auto flags = std::to_integer<std::uint8_t>(prefix_[0]);
    length_ = load_be32(prefix_ + 1);
    failed_ = true;  // unless the rest says otherwise
    if ((flags & ~(web_ ? kCompressed | kTrailers : kCompressed)) != 0)
      return Error(Code::Internal,
                   "a message with the flags " + std::to_string(flags) + ", which nobody knows");
    if (length_ > limit_bytes_)
      return Error(Code::ResourceExhausted, "a message of " + std::to_string(length_) +
                                                " bytes; at most " + std::to_string(limit_bytes_) +
                                                " are accepted");
    failed_ = false;
    message_.compressed = (flags & kCompressed) != 0;
    message_.trailers = (flags & kTrailers) != 0;
    message_.bytes.reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>(length_, std::max(kFirstReserveBytes, input.size()))));
  }
  const std::size_t n = static_cast<std::size_t>(
      std::min<std::uint64_t>(length_ - message_.bytes.size(), input.size()));
  message_.bytes += as_text(input.first(n));
  input = input.subspan(n);
  return message_.bytes.size() == length_;
}

Message MessageReader::take_message() {
  AVILA_ASSERT(prefix_have_ == kPrefixBytes && message_.bytes.size() == length_);
  prefix_have_ = 0;
  return std::exchange(message_, Message());
}

Result<void> MessageReader::end() const {
  if (prefix_have_ == 0 && !failed_) return {};
  return Error(Code::Internal, "the stream ends within a message");
}

void append_prefix(std::string& out, std::size_t length) { append_flagged(out, 0, length); }

Result<void> append_message(std::string& out, ByteSpan message, Encoding encoding) {
  if (message.size() > 0xffff'ffff)
    return Error(Code::ResourceExhausted, "a message has less than 4 GiB");
  if (const auto format = format_of(encoding); format.has_value() && !message.empty()) {
    auto packed = compress::compress(*format, message);
    if (!packed.has_value()) return Error(Code::Internal, packed.error().to_string());
    if (packed->size() < message.size()) {
      append_flagged(out, kCompressed, packed->size());
      out += as_text(*packed);
      return {};
    }
  }
  out.reserve(out.size() + kPrefixBytes + message.size());
  append_prefix(out, message.size());
  out += as_text(message);
  return {};
}

Result<std::string> decode(Message message, Encoding encoding, std::uint64_t limit_bytes) {
  if (!message.compressed) return std::move(message.bytes);
  const auto format = format_of(encoding);
  if (!format.has_value())
    return Error(Code::Internal, "a compressed message, but grpc-encoding names no compression");
  if (message.bytes.empty()) return std::string();  // some send nothing for nothing
  auto bytes = compress::decompress(*format, as_bytes(message.bytes), {.max_output = limit_bytes});
  if (bytes.has_value()) return std::string(as_text(*bytes));
  if (bytes.error().is(Errc::LimitExceeded))
    return Error(Code::ResourceExhausted, "a message has more than " + std::to_string(limit_bytes) +
                                              " bytes when it is decompressed");
  return Error(Code::Internal, "a compressed message: " + bytes.error().to_string());
}

namespace {

struct Unit {
  char letter;
  std::int64_t ns;
};
constexpr Unit kUnits[] = {{'n', 1},
                           {'u', 1'000},
                           {'m', 1'000'000},
                           {'S', 1'000'000'000},
                           {'M', 60'000'000'000},
                           {'H', 3'600'000'000'000}};
constexpr std::int64_t kTimeoutMax = 99'999'999;

}  // namespace

std::string format_timeout(Duration timeout) {
  const std::int64_t ns = std::max<std::int64_t>(timeout.ns, 0);
  for (const Unit& unit : kUnits) {
    const std::int64_t count = ns / unit.ns + (ns % unit.ns != 0 ? 1 : 0);
    if (count <= kTimeoutMax) return std::to_string(count) + unit.letter;
  }
  return std::to_string(kTimeoutMax) + 'H';
}

Result<Duration> parse_timeout(std::string_view text) {
  const auto wrong = [] {
    return Error(Errc::Malformed, "a grpc-timeout has one to eight digits and one of HMSmun");
  };
  if (text.size() < 2 || text.size() > 9) return wrong();
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return wrong();
    count = count * 10 + (c - '0');
  }
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    return count > Duration::max().ns / unit.ns ? Duration::max() : Duration{count * unit.ns};
  }
  return wrong();
}

}  // namespace avila::grpc
