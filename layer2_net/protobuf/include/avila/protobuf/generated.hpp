// What code made by avila-protoc stands on: holders of messages, field helpers, and the functions
// for any generated message: protobuf::to_json(m), protobuf::from_json<M>(text).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/protobuf/fwd.hpp>
#include <avila/protobuf/wire.hpp>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::protobuf {

/// A message that may hold itself, in the manner of std::optional: empty at first, copies deep.
template <class T>
class Indirect {
 public:
  Indirect() noexcept = default;
  Indirect(T value) : value_(new T(std::move(value))) {}
  Indirect(const Indirect& other) : value_(other.value_ ? new T(*other.value_) : nullptr) {}
  Indirect(Indirect&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Indirect& operator=(Indirect other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Indirect() { delete value_; }

  bool has_value() const noexcept { return value_ != nullptr; }
  explicit operator bool() const noexcept { return has_value(); }
  T& operator*() noexcept { return *value_; }
  const T& operator*() const noexcept { return *value_; }
  T* operator->() noexcept { return value_; }
  const T* operator->() const noexcept { return value_; }
  T& emplace() {
    reset();
    return *(value_ = new T());
  }
  void reset() noexcept { delete std::exchange(value_, nullptr); }
  friend bool operator==(const Indirect& a, const Indirect& b) {
    return a.value_ == nullptr || b.value_ == nullptr ? a.value_ == b.value_
                                                      : *a.value_ == *b.value_;
  }

 private:
  T* value_ = nullptr;
};

/// The same within a oneof, where it always holds a message: an empty one, also after a move, takes
/// no memory until it is written to.
template <class T>
class Boxed {
 public:
  Boxed() noexcept = default;
  Boxed(T value) : value_(new T(std::move(value))) {}
  Boxed(const Boxed& other) : value_(other.value_ ? new T(*other.value_) : nullptr) {}
  Boxed(Boxed&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Boxed& operator=(Boxed other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Boxed() { delete value_; }

  T& operator*() { return value_ != nullptr ? *value_ : *(value_ = new T()); }
  const T& operator*() const {
    static const T empty{};
    return value_ != nullptr ? *value_ : empty;
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  friend bool operator==(const Boxed& a, const Boxed& b) { return *a == *b; }

 private:
  T* value_ = nullptr;
};

/// What avila-protoc makes of a message.
template <class M>
concept GeneratedMessage = requires(M& m, const M& c, Reader& in, BackwardWriter& out) {
  { m.read_from(in) } -> std::same_as<bool>;
  c.write_to(out);
  { M::descriptor() } -> std::same_as<const MessageDescriptor&>;
  { M::kFullName } -> std::convertible_to<std::string_view>;
};

Error missing_field(std::string_view message, std::string_view path);

template <GeneratedMessage M>
Result<void> merge_message(M& message, ByteSpan bytes, const ParseOptions& options) {
  Reader in(bytes, options);
  if (!message.read_from(in)) return in.error().context(M::kFullName);
  if constexpr (requires { message.missing_required(); }) {
    if (!options.allow_partial)
      if (const std::string path = message.missing_required(); !path.empty())
        return missing_field(M::kFullName, path);
  }
  return {};
}
template <GeneratedMessage M>
Result<M> parse_message(ByteSpan bytes, const ParseOptions& options) {
  Result<M> result{M()};
  if (auto merged = merge_message(*result, bytes, options); !merged.has_value())
    return std::move(merged).error();
  return result;
}
template <GeneratedMessage M>
Result<std::string> serialize_message(const M& message) {
  if constexpr (requires { message.missing_required(); }) {
    if (const std::string path = message.missing_required(); !path.empty())
      return missing_field(M::kFullName, path);
  }
  BackwardWriter out;
  message.write_to(out);
  if (out.failed()) return out.error().context(M::kFullName);
  return std::string(out.view());
}

/// The file of the bytes, in the pool of all generated files; made once, by the first caller.
/// `dependencies` make theirs before.
const FileDescriptor& generated_file(
    std::string_view bytes, std::initializer_list<const FileDescriptor& (*)()> dependencies);
const MessageDescriptor& generated_message(const FileDescriptor& file, std::string_view full_name);
const ServiceDescriptor& generated_service(const FileDescriptor& file, std::string_view full_name);
/// Files appear in it when a descriptor of theirs is first asked for.
const DescriptorPool& generated_pool();

// --- JSON and reflection, by way of a DynamicMessage ---

struct JsonPrintOptions;
struct JsonParseOptions;
namespace detail {
Result<std::string> bytes_to_json(const MessageDescriptor& type, ByteSpan bytes,
                                  const JsonPrintOptions* options);
Result<std::string> json_to_bytes(const MessageDescriptor& type, std::string_view text,
                                  const JsonParseOptions* options);
}  // namespace detail

/// See json.hpp.
template <GeneratedMessage M>
Result<std::string> to_json(const M& message, const JsonPrintOptions* options = nullptr) {
  AVILA_TRY(const std::string bytes, serialize_message(message));
  return detail::bytes_to_json(M::descriptor(), as_bytes(bytes), options);
}
template <GeneratedMessage M>
Result<M> from_json(std::string_view text, const JsonParseOptions* options = nullptr) {
  AVILA_TRY(const std::string bytes, detail::json_to_bytes(M::descriptor(), text, options));
  return parse_message<M>(as_bytes(bytes), ParseOptions{});
}

// --- fields; for generated code ---

namespace generated {

inline bool is_zero(double value) noexcept { return std::bit_cast<std::uint64_t>(value) == 0; }
inline bool is_zero(float value) noexcept { return std::bit_cast<std::uint32_t>(value) == 0; }

template <class M>
bool read_message(Reader& in, M& message) {
  Reader::Scope scope;
  return in.enter(scope) && message.read_from(in) && in.leave(scope);
}
template <class M>
bool read_group(Reader& in, std::uint32_t field, M& message) {
  Reader::Scope scope;
  return in.enter_group(field, scope) && message.read_from(in) && in.leave(scope);
}
template <class M>
void write_message(BackwardWriter& out, const M& message) {
  if (!out.enter()) return;
  const std::size_t mark = out.size();
  message.write_to(out);
  out.length_since(mark);
  out.leave();
}
template <class M>
void write_group(BackwardWriter& out, std::uint32_t field, const M& message) {
  if (!out.enter()) return;
  out.varint(make_tag(field, WireType::EndGroup));
  message.write_to(out);
  out.leave();
}
template <class E>
bool read_enum(Reader& in, E& value) {
  std::int32_t number = 0;
  if (!in.int32(number)) return false;
  value = static_cast<E>(number);
  return true;
}
inline bool read_bool(Reader& in, std::vector<bool>& to) {
  bool value = false;
  if (!in.boolean(value)) return false;
  to.push_back(value);
  return true;
}
/// Packed varints, each put into `to` by read_one(in).
template <class T, class Read>
bool read_packed(Reader& in, std::vector<T>& to, Read&& read_one) {
  Reader::Scope scope;
  if (!in.enter_packed(scope)) return false;
  // A field may come in many small pieces: room for each alone would be copied again and again.
  if (const std::size_t room = to.size() + in.varints_left(); room > to.capacity())
    to.reserve(room > 2 * to.capacity() ? room : 2 * to.capacity());
  while (in.remaining() > 0)
    if (!read_one(in)) return false;
  return in.leave(scope);
}
/// fixed32, double and so on: words of the wire are words of memory.
template <class T, class Read>
bool read_packed_words(Reader& in, std::vector<T>& to, Read&& read_one) {
  if constexpr (std::endian::native == std::endian::little) {
    std::string_view words;
    if (!in.bytes(words)) return false;
    if (words.size() % sizeof(T) != 0) return in.fail(WireFault::Truncated);
    if (words.empty()) return true;
    const std::size_t before = to.size();
    to.resize(before + words.size() / sizeof(T));
    std::memcpy(to.data() + before, words.data(), words.size());
    return true;
  } else {
    return in.packed([&](Reader& r) { return read_one(r, to.emplace_back()); });
  }
}
template <class T, class Write>
void write_packed_words(BackwardWriter& out, const std::vector<T>& from, Write&& write_one) {
  if constexpr (std::endian::native == std::endian::little) {
    out.raw({reinterpret_cast<const char*>(from.data()), from.size() * sizeof(T)});
  } else {
    for (std::size_t i = from.size(); i-- > 0;) write_one(out, from[i]);
  }
}

}  // namespace generated
}  // namespace avila::protobuf
