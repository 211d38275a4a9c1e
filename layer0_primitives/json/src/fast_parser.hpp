// Stage 2: from the offsets of stage 1 to the tape, chunk by chunk so that both stay in the cache.
#pragma once
#include <avila/json/document.hpp>
#include <cstdint>
#include <string_view>

#include "buffer.hpp"
#include "structural.hpp"

namespace avila::json::detail {

inline std::uint64_t make_word(Tag tag, std::size_t count, std::size_t low) noexcept {
  return static_cast<std::uint64_t>(tag) << 60 | std::uint64_t{count} << 32 | low;
}

/// Parses valid documents whose root is an array or object. It does not explain errors: what it
/// refuses goes to the reference parser, which decides and explains.
class FastParser {
 public:
  /// True: tape() holds the document. The depth is at most kMaxDepth.
  bool parse(std::string_view text, const ParseOptions& options);
  Tape tape() const noexcept { return {words_.data(), text_.data()}; }
  std::size_t memory() const noexcept {
    return words_.capacity() * sizeof(std::uint64_t) + text_.capacity() +
           offsets_.capacity() * sizeof(std::uint32_t) + frames_.capacity() * sizeof(Frame);
  }
  void release() noexcept {
    words_.release();
    text_.release();
    offsets_.release();
    frames_.release();
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 13;
  struct Frame {
    std::uint32_t at;     // of the container's word
    std::uint32_t count;  // of its parts so far
    bool object;
  };

  bool refill();
  bool build();
  bool build_bmi2();
  bool build_portable();
  bool check_utf8();
  const char* number(const char* p, std::uint64_t*& out);
  const char* hard_number(const char* p);
  bool escaped_string(std::uint32_t open, std::uint32_t at);
  bool unique_keys(std::uint32_t container);

  Buffer<std::uint64_t> words_;
  Buffer<char> text_;
  Buffer<std::uint32_t> offsets_;
  Buffer<Frame> frames_;

  // Of the parse at hand.
  std::string_view source_;
  const char* end_ = nullptr;
  const char* careless_ = nullptr;  // numbers that begin here, not near either end, may be
  std::size_t careless_size_ = 0;   // loaded with what surrounds them
  std::size_t indexed_ = 0;         // bytes that went through stage 1
  std::size_t checked_ = 0;         // bytes known to be UTF-8
  std::size_t final_ = 0;  // bytes of text_ that unescaping has written, not to be copied over
  IndexState state_;
  const std::uint32_t* next_ = nullptr;  // offsets not used yet
  const std::uint32_t* stop_ = nullptr;
  std::uint64_t* out_ = nullptr;  // end of the tape
  ParseOptions options_;
};

}  // namespace avila::json::detail
