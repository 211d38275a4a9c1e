// Files and anonymous memory mapped into the address space.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <string>

namespace avila::buffer {

/// The whole file, read-only, as Bytes; unmapped when the last slice goes. A file above `max_size`
/// is Errc::LimitExceeded. Another process that cuts the file short while it is mapped makes reads
/// of the missing part fail as the system has it (SIGBUS): map only files that are left alone.
Result<Bytes> map_file(const std::string& path, std::uint64_t max_size = std::uint64_t{1} << 40);

/// Zeroed pages that the process may write; given back at the end.
class MappedMemory {
 public:
  static Result<MappedMemory> create(std::size_t size);
  MappedMemory(MappedMemory&& other) noexcept;
  MappedMemory& operator=(MappedMemory&& other) noexcept;
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;
  ~MappedMemory();

  MutableByteSpan span() noexcept { return {memory_, size_}; }
  ByteSpan span() const noexcept { return {memory_, size_}; }
  std::size_t size() const noexcept { return size_; }
  /// From now on read-only, and shared without a copy.
  Result<Bytes> freeze() &&;

 private:
  MappedMemory(std::byte* memory, std::size_t size) noexcept : memory_(memory), size_(size) {}
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace avila::buffer
