// The names that a program's calls go to when this library is preloaded or linked in its place:
// malloc and its family (ISO C, POSIX, and what glibc adds), and operator new and delete.
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "os_memory.hpp"
#include "process.hpp"
#include "report.hpp"

#define AVILA_API [[gnu::visibility("default")]]

// Weak: a C program has no C++ run-time library, and then nobody set a handler or can catch.
namespace std {
[[gnu::weak]] new_handler get_new_handler() noexcept;
[[noreturn, gnu::weak]] void __throw_bad_alloc();
}  // namespace std

namespace d = avila::alloc::detail;
using d::Face;

namespace {

void* fail(int code) noexcept {
  errno = code;
  return nullptr;
}
bool is_power_of_two(size_t n) noexcept { return n != 0 && (n & (n - 1)) == 0; }

/// Whether a C++ run-time library is there. Through a volatile, because g++ takes a function's
/// address for never null, weak or not.
bool has_runtime() noexcept {
  void (*volatile thrower)() = &std::__throw_bad_alloc;
  return thrower != nullptr;
}

/// operator new without memory: asks the new-handler as long as there is one ([new.delete.single]).
[[gnu::noinline]] void* new_slow(size_t size, size_t align, Face face) {
  while (true) {
    void* block = align == 0 ? d::process_allocate(size, face)
                             : d::process_allocate_aligned(size, align, face);
    if (block != nullptr) return block;
    const std::new_handler handler = has_runtime() ? std::get_new_handler() : nullptr;
    if (handler == nullptr) return nullptr;
    handler();
  }
}

/// This library is built without exceptions and needs no C++ run-time library; where the program
/// has one, it is the one to throw std::bad_alloc.
[[noreturn]] void out_of_memory(size_t size) {
  if (has_runtime()) std::__throw_bad_alloc();
  d::Message().text("avila_malloc: operator new: no memory for ").number(size).text(" bytes\n");
  std::abort();
}

void* new_or_end(size_t size, Face face) {
  if (void* block = d::process_allocate(size, face)) [[likely]]
    return block;
  if (void* block = new_slow(size, 0, face)) return block;
  out_of_memory(size);
}
void* new_or_end(size_t size, std::align_val_t align, Face face) {
  const auto a = static_cast<size_t>(align);
  if (void* block = d::process_allocate_aligned(size, a, face)) [[likely]]
    return block;
  if (void* block = new_slow(size, a, face)) return block;
  out_of_memory(size);
}

}  // namespace

extern "C" {

AVILA_API void* malloc(size_t size) noexcept { return d::process_allocate(size); }
AVILA_API void free(void* block) noexcept { d::process_free(block); }
AVILA_API void* calloc(size_t count, size_t size) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return fail(ENOMEM);
  return d::process_allocate_zeroed(bytes);
}
AVILA_API void* realloc(void* block, size_t size) noexcept {
  if (size == 0 && block != nullptr) {  // as glibc: free, and null
    d::process_free(block);
    return nullptr;
  }
  return d::process_reallocate(block, size);
}
AVILA_API void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return fail(ENOMEM);
  return realloc(block, bytes);
}
AVILA_API int posix_memalign(void** out, size_t align, size_t size) noexcept {
  if (!is_power_of_two(align) || align % sizeof(void*) != 0) return EINVAL;
  const int saved = errno;  // POSIX: the code is returned, errno is not touched
  void* block = d::process_allocate_aligned(size, align, Face::Malloc);
  errno = saved;
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}
AVILA_API void* aligned_alloc(size_t align, size_t size) noexcept {
  if (!is_power_of_two(align)) return fail(EINVAL);
  return d::process_allocate_aligned(size, align, Face::Malloc);
}
AVILA_API void* memalign(size_t align, size_t size) noexcept { return aligned_alloc(align, size); }
AVILA_API void* valloc(size_t size) noexcept { return aligned_alloc(d::os::kPage, size); }
AVILA_API void* pvalloc(size_t size) noexcept {
  if (size > SIZE_MAX - d::os::kPage) return fail(ENOMEM);
  return aligned_alloc(d::os::kPage, (size + d::os::kPage - 1) & ~(d::os::kPage - 1));
}
AVILA_API size_t malloc_usable_size(void* block) noexcept { return d::process_usable_size(block); }
AVILA_API void free_sized(void* block, size_t) noexcept { d::process_free(block); }
AVILA_API void free_aligned_sized(void* block, size_t, size_t) noexcept { d::process_free(block); }
AVILA_API void cfree(void* block) noexcept { d::process_free(block); }
/// Gives everything unused back to the system; 1 as glibc when something may have been.
AVILA_API int malloc_trim(size_t) noexcept {
  d::process_purge();
  return 1;
}

}  // extern "C"

AVILA_API void* operator new(size_t n) { return new_or_end(n, Face::New); }
AVILA_API void* operator new[](size_t n) { return new_or_end(n, Face::NewArray); }
AVILA_API void* operator new(size_t n, const std::nothrow_t&) noexcept {
  return new_slow(n, 0, Face::New);
}
AVILA_API void* operator new[](size_t n, const std::nothrow_t&) noexcept {
  return new_slow(n, 0, Face::NewArray);
}
AVILA_API void* operator new(size_t n, std::align_val_t a) { return new_or_end(n, a, Face::New); }
AVILA_API void* operator new[](size_t n, std::align_val_t a) {
  return new_or_end(n, a, Face::NewArray);
}
AVILA_API void* operator new(size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return new_slow(n, static_cast<size_t>(a), Face::New);
}
AVILA_API void* operator new[](size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return new_slow(n, static_cast<size_t>(a), Face::NewArray);
}

AVILA_API void operator delete(void* p) noexcept { d::process_free(p, Face::New); }
AVILA_API void operator delete[](void* p) noexcept { d::process_free(p, Face::NewArray); }
AVILA_API void operator delete(void* p, size_t) noexcept { d::process_free(p, Face::New); }
AVILA_API void operator delete[](void* p, size_t) noexcept { d::process_free(p, Face::NewArray); }
AVILA_API void operator delete(void* p, const std::nothrow_t&) noexcept {
  d::process_free(p, Face::New);
}
AVILA_API void operator delete[](void* p, const std::nothrow_t&) noexcept {
  d::process_free(p, Face::NewArray);
}
AVILA_API void operator delete(void* p, std::align_val_t) noexcept {
  d::process_free(p, Face::New);
}
AVILA_API void operator delete[](void* p, std::align_val_t) noexcept {
  d::process_free(p, Face::NewArray);
}
AVILA_API void operator delete(void* p, size_t, std::align_val_t) noexcept {
  d::process_free(p, Face::New);
}
AVILA_API void operator delete[](void* p, size_t, std::align_val_t) noexcept {
  d::process_free(p, Face::NewArray);
}
AVILA_API void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  d::process_free(p, Face::New);
}
AVILA_API void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  d::process_free(p, Face::NewArray);
}
