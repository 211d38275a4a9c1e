// A file as a stream of bytes with one byte of look-ahead.
#pragma once
#include <avila/os/file_system.hpp>
#include <memory>
#include <string>

namespace avila::cli {

class ByteSource {
 public:
  static constexpr int kEnd = -1;
  static constexpr std::size_t kChunkBytes = 256U << 10;

  explicit ByteSource(std::unique_ptr<os::File> file) : file_(std::move(file)) {}

  /// The next byte without taking it; kEnd at the end, or when reading failed (see status()).
  int peek() {
    if (at_ == chunk_.size() && !refill()) return kEnd;
    return static_cast<unsigned char>(chunk_[at_]);
  }
  int take() {
    const int byte = peek();
    if (byte != kEnd) ++at_;
    return byte;
  }
  std::uint64_t offset() const noexcept { return chunk_start_ + at_; }
  Result<void> status() {
    if (failed_) return failure_.clone();
    return {};
  }

 private:
  bool refill() {
    if (failed_ || ended_) return false;
    chunk_start_ += chunk_.size();
    chunk_.resize(kChunkBytes);
    at_ = 0;
    auto read = file_->read_at(chunk_start_, std::as_writable_bytes(std::span(chunk_)));
    if (!read.has_value()) {
      failed_ = true;
      failure_ = std::move(read).error();
      chunk_.clear();
      return false;
    }
    chunk_.resize(read->size());
    ended_ = chunk_.empty();
    return !ended_;
  }

  std::unique_ptr<os::File> file_;
  std::string chunk_;
  std::uint64_t chunk_start_ = 0;
  std::size_t at_ = 0;
  bool ended_ = false, failed_ = false;
  Error failure_{Errc::Unknown, ""};
};

}  // namespace avila::cli
