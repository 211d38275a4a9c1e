#include <avila/future/frame_pool.hpp>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define AVILA_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define AVILA_POOL_FRAMES 0
#endif
#endif
#ifndef AVILA_POOL_FRAMES
#define AVILA_POOL_FRAMES 1
#endif

namespace avila::future {

#if AVILA_POOL_FRAMES
namespace {

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kFrameBytesPooledMax = 4096;
constexpr std::size_t kClasses = kFrameBytesPooledMax / kClassBytes;
constexpr std::size_t kBytesKeptPerClassMax = 64 * 1024;  // at most 4 MiB a thread, all lists full

struct FreeFrame {
  FreeFrame* next;
};

struct FreeList {
  FreeFrame* head;
  std::size_t count;
};

struct Cache {
  FreeList lists[kClasses];
  bool watched;  // the thread's Cleaner exists
  bool closed;   // the thread is ending: keep nothing more
};

// Zero-initialised and trivially destroyed: access costs no guard. Never read across a suspension:
// the functions below do not inline into coroutines.
constinit thread_local Cache cache{};

struct Cleaner {
  ~Cleaner() {
    cache.closed = true;
    for (FreeList& list : cache.lists) {
      while (list.head != nullptr) {
        FreeFrame* const frame = list.head;
        list.head = frame->next;
        ::operator delete(frame);
      }
      list.count = 0;
    }
  }
  void touch() const noexcept {}
};

void watch_thread_end() {
  static thread_local const Cleaner cleaner;
  cleaner.touch();
  cache.watched = true;
}

std::size_t class_of(std::size_t size_bytes) {
  return (size_bytes + kClassBytes - 1) / kClassBytes;
}

}  // namespace

void* allocate_frame(std::size_t size_bytes) {
  const std::size_t klass = class_of(size_bytes);
  if (klass > kClasses || klass == 0) return ::operator new(size_bytes);
  FreeList& list = cache.lists[klass - 1];
  if (FreeFrame* const frame = list.head; frame != nullptr) {
    list.head = frame->next;
    --list.count;
    return frame;
  }
  return ::operator new(klass * kClassBytes);
}

void free_frame(void* frame, std::size_t size_bytes) noexcept {
  const std::size_t klass = class_of(size_bytes);
  if (klass > kClasses || klass == 0) return ::operator delete(frame);
  FreeList& list = cache.lists[klass - 1];
  if (cache.closed || (list.count + 1) * klass * kClassBytes > kBytesKeptPerClassMax) {
    ::operator delete(frame);
    return;
  }
  if (!cache.watched) watch_thread_end();
  list.head = ::new (frame) FreeFrame{list.head};
  ++list.count;
}

#else

void* allocate_frame(std::size_t size_bytes) { return ::operator new(size_bytes); }
void free_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }

#endif

}  // namespace avila::future
