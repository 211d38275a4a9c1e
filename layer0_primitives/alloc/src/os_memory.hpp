// Pages from the operating system. Nothing here allocates; errno is kept.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::alloc::detail::os {

inline constexpr std::size_t kPage = 4096;

/// Fresh zeroed pages, null when the system refuses. `size` is a multiple of kPage.
void* map(std::size_t size) noexcept;
/// The same with (address + offset) a multiple of `align`, a power of two.
void* map_aligned(std::size_t size, std::size_t align, std::size_t offset = 0) noexcept;
void unmap(void* address, std::size_t size) noexcept;
/// Gives the pages back; they read as zero afterwards. False: the system will not (locked memory).
bool discard(void* address, std::size_t size) noexcept;
/// Asks for huge pages where the system has them.
void prefer_huge_pages(void* address, std::size_t size) noexcept;
/// Moves or grows a mapping; the new address keeps the alignment of map_aligned. Null: unchanged.
void* remap(void* address, std::size_t old_size, std::size_t new_size, std::size_t align,
            std::size_t offset) noexcept;
/// Milliseconds of a monotonic clock, coarse.
std::uint64_t now_ms() noexcept;
/// Keeps a descriptor of its own for write_stderr: many programs close theirs before the reports.
void keep_stderr() noexcept;
/// Writes text to standard error, whole, whatever state the process is in.
void write_stderr(const char* text, std::size_t size) noexcept;

}  // namespace avila::alloc::detail::os
