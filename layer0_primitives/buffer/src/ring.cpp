#include <avila/buffer/ring.hpp>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace avila::buffer {
namespace {

#if defined(_WIN32)
Result<std::byte*> map_twice(std::size_t&) {
  return Error(Errc::Unsupported, "ring: memory is not mapped twice on this system",
               {.hint = "use Mirror::IfPossible"});
}
void unmap_twice(std::byte*, std::size_t) noexcept {}
#else
/// Nameless shared memory.
Result<int> anonymous_memory() {
#if defined(__linux__) || defined(__FreeBSD__)
  const int descriptor = memfd_create("avila-ring", MFD_CLOEXEC);
  if (descriptor < 0) return Error::from_errno(errno, "memfd_create");
#else
  const std::string name = "/avila-ring-" + std::to_string(getpid());
  const int descriptor = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (descriptor < 0) return Error::from_errno(errno, "shm_open");
  shm_unlink(name.c_str());
#endif
  return descriptor;
}

Result<std::byte*> map_twice(std::size_t& capacity) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  capacity = (capacity + page - 1) / page * page;
  AVILA_TRY(const int descriptor, anonymous_memory());
  // Twice the address space is reserved first; the two views then replace it.
  void* memory = MAP_FAILED;
  if (ftruncate(descriptor, static_cast<off_t>(capacity)) == 0)
    memory = mmap(nullptr, capacity * 2, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  int failure = memory == MAP_FAILED ? errno : 0;
  for (std::size_t half = 0; failure == 0 && half < 2; ++half) {
    if (mmap(static_cast<std::byte*>(memory) + half * capacity, capacity, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, descriptor, 0) == MAP_FAILED)
      failure = errno;
  }
  close(descriptor);
  if (failure != 0) {
    if (memory != MAP_FAILED) munmap(memory, capacity * 2);
    return Error::from_errno(failure, "ring: map memory twice");
  }
  return static_cast<std::byte*>(memory);
}
void unmap_twice(std::byte* memory, std::size_t capacity) noexcept { munmap(memory, capacity * 2); }
#endif

std::size_t smaller(std::size_t a, std::size_t b) noexcept { return a < b ? a : b; }

}  // namespace

Result<RingBuffer> RingBuffer::create(std::size_t capacity, Mirror mirror) {
  if (capacity == 0 || capacity > kMaxCapacity)
    return Error(Errc::InvalidArgument,
                 "ring: capacity " + std::to_string(capacity) + " is not within 1 and 2^32");
  if (mirror != Mirror::Off) {
    std::size_t rounded = capacity;
    auto mapped = map_twice(rounded);
    if (mapped.has_value()) return RingBuffer(*mapped, rounded, true);
    if (mirror == Mirror::Required) return std::move(mapped).error();
  }
  auto* memory = static_cast<std::byte*>(::operator new(capacity, std::nothrow));
  if (memory == nullptr) return Error(Errc::OutOfMemory, "ring: no memory");
  return RingBuffer(memory, capacity, false);
}

RingBuffer::RingBuffer(RingBuffer&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      mirrored_(other.mirrored_),
      read_(std::exchange(other.read_, 0)),
      written_(std::exchange(other.written_, 0)) {}

RingBuffer& RingBuffer::operator=(RingBuffer&& other) noexcept {
  if (this != &other) {
    this->~RingBuffer();
    ::new (this) RingBuffer(std::move(other));
  }
  return *this;
}

RingBuffer::~RingBuffer() {
  if (memory_ == nullptr) return;
  if (mirrored_) {
    unmap_twice(memory_, capacity_);
  } else {
    ::operator delete(memory_);
  }
}

ByteSpan RingBuffer::readable() const noexcept {
  if (empty()) return {};
  const auto at = static_cast<std::size_t>(read_ % capacity_);
  return {memory_ + at, mirrored_ ? size() : smaller(size(), capacity_ - at)};
}

MutableByteSpan RingBuffer::writable() noexcept {
  if (free_space() == 0) return {};
  const auto at = static_cast<std::size_t>(written_ % capacity_);
  return {memory_ + at, mirrored_ ? free_space() : smaller(free_space(), capacity_ - at)};
}

void RingBuffer::commit(std::size_t count) noexcept {
  AVILA_ASSERT(count <= free_space());
  written_ += count;
}

void RingBuffer::consume(std::size_t count) noexcept {
  AVILA_ASSERT(count <= size());
  read_ += count;
}

std::size_t RingBuffer::write(ByteSpan bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const MutableByteSpan room = writable();
    const std::size_t n = smaller(room.size(), bytes.size() - done);
    if (n == 0) break;
    std::memcpy(room.data(), bytes.data() + done, n);
    commit(n);
    done += n;
  }
  return done;
}

std::size_t RingBuffer::peek(MutableByteSpan into) const noexcept {
  const std::size_t count = smaller(into.size(), size());
  if (count == 0) return 0;
  const ByteSpan first = readable();
  const std::size_t n = smaller(count, first.size());
  std::memcpy(into.data(), first.data(), n);
  if (n < count) std::memcpy(into.data() + n, memory_, count - n);
  return count;
}

std::size_t RingBuffer::read(MutableByteSpan into) noexcept {
  const std::size_t count = peek(into);
  consume(count);
  return count;
}

}  // namespace avila::buffer
