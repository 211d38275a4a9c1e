// Bytes: an immutable, reference-counted slice of memory; copies and slices share it. BytesMut: a
// growable buffer whose parts become Bytes without a copy.
#pragma once
#include <atomic>
#include <avila/error/assert.hpp>
#include <avila/error/span.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::buffer {

namespace detail {

/// The owner of a piece of memory; `release` frees both when the last reference goes.
struct Block {
  std::atomic<std::uint32_t> references{1};
  void (*release)(Block* self) noexcept = nullptr;
  std::byte* memory = nullptr;
  std::size_t capacity = 0;
};
inline void retain(Block* block) noexcept {
  if (block != nullptr) block->references.fetch_add(1, std::memory_order_relaxed);
}
inline void drop(Block* block) noexcept {
  if (block != nullptr && block->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    block->release(block);
}
/// Nobody else refers to the block (and nobody else can start to).
inline bool unique(const Block* block) noexcept {
  return block != nullptr && block->references.load(std::memory_order_acquire) == 1;
}
/// A block with its memory behind it.
Block* allocate(std::size_t capacity);

}  // namespace detail

/// Three words. Thread-safe as an int is: several threads may each hold a copy.
class Bytes {
 public:
  Bytes() noexcept = default;
  static Bytes copy_of(ByteSpan bytes);
  static Bytes copy_of(std::string_view text) { return copy_of(as_bytes(text)); }
  /// Takes the text or vector over without copying it.
  static Bytes from(std::string&& text);
  static Bytes from(std::vector<std::byte>&& bytes);
  /// Memory that outlives the program's use of it (literals): never counted, never freed.
  static Bytes from_static(ByteSpan bytes) noexcept {
    return {nullptr, bytes.data(), bytes.size()};
  }
  static Bytes from_static(std::string_view text) noexcept { return from_static(as_bytes(text)); }
  /// Memory of the caller's: `release(context)` is called when the last slice goes, by the thread
  /// that lets it go.
  static Bytes from_foreign(ByteSpan bytes, void (*release)(void* context) noexcept, void* context);

  Bytes(const Bytes& other) noexcept
      : block_(other.block_), data_(other.data_), size_(other.size_) {
    detail::retain(block_);
  }
  Bytes(Bytes&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Bytes& operator=(Bytes other) noexcept {
    swap(other);
    return *this;
  }
  ~Bytes() { detail::drop(block_); }
  void swap(Bytes& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  /// Valid while this object, or a copy or slice of it, lives.
  ByteSpan span() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return as_text(span()); }
  operator ByteSpan() const noexcept { return span(); }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::byte* begin() const noexcept { return data_; }
  const std::byte* end() const noexcept { return data_ + size_; }
  std::byte operator[](std::size_t at) const noexcept {
    return AVILA_ASSERT(at < size_), data_[at];
  }

  /// Bytes [offset, offset + length) without a copy; the range must lie within.
  Bytes slice(std::size_t offset, std::size_t length) const noexcept;
  Bytes slice(std::size_t offset) const noexcept { return slice(offset, size_ - offset); }
  /// The slice that `part`, a view into this object's memory, shows.
  Bytes slice_of(ByteSpan part) const noexcept;
  /// Cuts the first (last) part off and returns it.
  Bytes split_to(std::size_t at) noexcept;
  Bytes split_off(std::size_t at) noexcept;
  void consume(std::size_t count) noexcept;
  void truncate(std::size_t size) noexcept;

  /// No other object shares the memory.
  bool is_unique() const noexcept { return detail::unique(block_); }

  friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.text() == b.text(); }
  friend bool operator==(const Bytes& a, std::string_view b) noexcept { return a.text() == b; }
  friend std::strong_ordering operator<=>(const Bytes& a, const Bytes& b) noexcept {
    return a.text() <=> b.text();
  }

 private:
  friend class BytesMut;
  Bytes(detail::Block* block, const std::byte* data, std::size_t size) noexcept
      : block_(block), data_(data), size_(size) {}
  detail::Block* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A growable buffer. One thread at a time.
class BytesMut {
 public:
  BytesMut() noexcept = default;
  explicit BytesMut(std::size_t capacity) { reserve(capacity); }
  BytesMut(BytesMut&& other) noexcept { swap(other); }
  BytesMut& operator=(BytesMut&& other) noexcept {
    BytesMut(std::move(other)).swap(*this);
    return *this;
  }
  BytesMut(const BytesMut&) = delete;
  BytesMut& operator=(const BytesMut&) = delete;
  ~BytesMut() { detail::drop(block_); }
  void swap(BytesMut& other) noexcept;
  /// Over a block made elsewhere (a pool's); takes the reference.
  static BytesMut adopt(detail::Block* block) noexcept;

  ByteSpan span() const noexcept { return {data_, size_}; }
  MutableByteSpan mutable_span() noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return as_text(span()); }
  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Bytes that fit behind data() without a new allocation.
  std::size_t capacity() const noexcept { return room_; }

  /// Makes room for `more` bytes behind the content: amortised doubling; memory freed at the front
  /// by consume() is used again where no slice shares it. Views into the buffer become invalid.
  void reserve(std::size_t more);
  void append(ByteSpan bytes);
  void append(std::string_view text) { append(as_bytes(text)); }
  void append_byte(std::byte value) {
    if (size_ == room_) reserve(1);
    data_[size_++] = value;
  }
  /// New bytes are zero.
  void resize(std::size_t size);
  void truncate(std::size_t size) noexcept;
  void clear() noexcept { truncate(0); }

  /// At least `least` bytes of room to be written (by read(2), say), then committed.
  MutableByteSpan spare(std::size_t least = 1);
  void commit(std::size_t written) noexcept;

  /// Drops bytes at the front; O(1).
  void consume(std::size_t count) noexcept;
  /// The first `count` bytes as Bytes; the rest stays here. No copy; both share the memory.
  Bytes split_to(std::size_t count) noexcept;
  /// All of it as Bytes; this becomes empty. No copy.
  Bytes freeze() noexcept;

 private:
  detail::Block* block_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;  // from data_ to the end of the block
};

}  // namespace avila::buffer
