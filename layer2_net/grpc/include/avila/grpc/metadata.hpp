// Metadata: what a call carries beside its messages, as HTTP/2 fields before and behind them.
#pragma once
#include <avila/error/result.hpp>
#include <avila/http/headers.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::grpc {

/// Keys with their values in order; a key may come several times. Keys are lower-case letters,
/// digits, '-', '_' and '.'; those that end in "-bin" hold any bytes, the others printable ASCII.
/// Names that belong to the protocol ("grpc-…", "content-type", "te", …) are not metadata.
class Metadata {
 public:
  struct Entry {
    std::string key;
    std::string value;  ///< of "-bin" keys: the bytes themselves
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  Metadata() = default;
  Metadata(std::initializer_list<Entry> entries);

  /// For keys that the program knows: a key that is none is an assertion failure, and bytes that an
  /// ASCII value cannot hold become spaces. Capital letters of the key become small ones.
  Metadata& add(std::string_view key, std::string_view value);
  /// For keys and values from outside. Errors: InvalidArgument.
  Result<void> try_add(std::string_view key, std::string_view value);
  /// Replaces all values of the key.
  Metadata& set(std::string_view key, std::string_view value);
  /// How many were removed.
  std::size_t remove(std::string_view key);

  /// The first value; `key` in small letters. Views live until the next change.
  std::optional<std::string_view> find(std::string_view key) const noexcept;
  std::vector<std::string_view> all(std::string_view key) const;
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }
  /// As HTTP/2 counts it: names, values and 32 bytes a field (RFC 9113 section 6.5.2).
  std::size_t bytes() const noexcept;

  /// As fields: "-bin" values in base64 without padding.
  void write_to(http::Headers& headers) const;
  /// Takes a received field in; fields of the protocol are skipped. Errors: Malformed, for a "-bin"
  /// value that is not base64 (with or without padding; several may be joined by commas);
  /// LimitExceeded, where bytes() would pass `limit_bytes`.
  Result<void> receive(std::string_view name, std::string_view value,
                       std::size_t limit_bytes = static_cast<std::size_t>(-1));

  friend bool operator==(const Metadata&, const Metadata&) = default;

 private:
  std::vector<Entry> entries_;
};

/// Whether a field of that name is the protocol's and cannot be metadata.
bool is_reserved_name(std::string_view name) noexcept;

}  // namespace avila::grpc
