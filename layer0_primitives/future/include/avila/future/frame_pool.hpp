// Memory of coroutine frames.
#pragma once
#include <cstddef>

namespace avila::future {

/// Frames come from per-thread free lists by size class (64 bytes apart, up to 4 KiB); a frame may
/// be freed on another thread, whose list it then joins. Each list is bounded; the rest goes back
/// to operator new. Under the sanitizers there is no pool, so that they see every frame.
void* allocate_frame(std::size_t size_bytes);
void free_frame(void* frame, std::size_t size_bytes) noexcept;

}  // namespace avila::future
