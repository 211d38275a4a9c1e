#include <avila/buffer/vectored.hpp>

#include <cerrno>
#include <cstddef>

#if defined(_WIN32)
#include <io.h>
#else
#include <sys/uio.h>
#include <unistd.h>
#endif

namespace avila::buffer {
namespace {

#if defined(_WIN32)
Result<std::size_t> system_write(int descriptor, const IoVec* parts, std::size_t count) {
  while (count > 1 && parts->length == 0) ++parts, --count;
  const unsigned most = 1U << 30;
  const auto length = parts->length < most ? static_cast<unsigned>(parts->length) : most;
  const int written = ::_write(descriptor, parts->base, length);
  if (written < 0) return Error::from_errno(errno, "write");
  return static_cast<std::size_t>(written);
}
Result<std::size_t> system_read(int descriptor, const IoVec* parts, std::size_t count) {
  while (count > 1 && parts->length == 0) ++parts, --count;
  const unsigned most = 1U << 30;
  const auto length = parts->length < most ? static_cast<unsigned>(parts->length) : most;
  const int got = ::_read(descriptor, parts->base, length);
  if (got < 0) return Error::from_errno(errno, "read");
  return static_cast<std::size_t>(got);
}
#else
static_assert(sizeof(IoVec) == sizeof(iovec));
static_assert(offsetof(IoVec, base) == offsetof(iovec, iov_base));
static_assert(offsetof(IoVec, length) == offsetof(iovec, iov_len));

template <class Call>
Result<std::size_t> retried(const char* what, Call call) {
  while (true) {
    const ssize_t done = call();
    if (done >= 0) return static_cast<std::size_t>(done);
    if (errno != EINTR) return Error::from_errno(errno, what);
  }
}
Result<std::size_t> system_write(int descriptor, const IoVec* parts, std::size_t count) {
  return retried("writev", [=] {
    return ::writev(descriptor, reinterpret_cast<const iovec*>(parts), static_cast<int>(count));
  });
}
Result<std::size_t> system_read(int descriptor, const IoVec* parts, std::size_t count) {
  return retried("readv", [=] {
    return ::readv(descriptor, reinterpret_cast<const iovec*>(parts), static_cast<int>(count));
  });
}
#endif

}  // namespace

void GatherQueue::push(Bytes bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  parts_.push_back(std::move(bytes));
}

std::size_t GatherQueue::fill(std::span<IoVec> into) const noexcept {
  const std::size_t waiting = parts_.size() - first_;
  const std::size_t count = waiting < into.size() ? waiting : into.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes& part = parts_[first_ + i];
    into[i] = {const_cast<std::byte*>(part.data()), part.size()};
  }
  return count;
}

void GatherQueue::advance(std::size_t count) noexcept {
  AVILA_ASSERT(count <= size_);
  size_ -= count;
  while (count != 0) {
    Bytes& part = parts_[first_];
    const std::size_t n = count < part.size() ? count : part.size();
    part.consume(n);
    count -= n;
    if (part.empty()) {
      part = {};
      ++first_;
    }
  }
  if (size_ == 0) {
    clear();
  } else if (first_ > 64 && first_ > parts_.size() / 2) {
    parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void GatherQueue::clear() noexcept {
  parts_.clear();
  first_ = size_ = 0;
}

Result<std::size_t> write_vectored(int descriptor, std::span<const ByteSpan> parts) {
  IoVec vectors[64];
  const std::size_t count = parts.size() < std::size(vectors) ? parts.size() : std::size(vectors);
  if (count == 0) return std::size_t{0};
  for (std::size_t i = 0; i < count; ++i)
    vectors[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
  return system_write(descriptor, vectors, count);
}

Result<std::size_t> read_vectored(int descriptor, std::span<const MutableByteSpan> parts) {
  IoVec vectors[64];
  const std::size_t count = parts.size() < std::size(vectors) ? parts.size() : std::size(vectors);
  if (count == 0) return std::size_t{0};
  for (std::size_t i = 0; i < count; ++i) vectors[i] = {parts[i].data(), parts[i].size()};
  return system_read(descriptor, vectors, count);
}

Result<void> write_all_vectored(int descriptor, std::span<const ByteSpan> parts) {
  GatherQueue queue;
  for (const ByteSpan part : parts)
    queue.push(Bytes::from_static(part));  // borrowed: the caller's memory outlives the call
  return write_all(descriptor, queue);
}

Result<void> write_all(int descriptor, GatherQueue& queue) {
  IoVec vectors[kMaxIoVecs];
  while (!queue.empty()) {
    const std::size_t count = queue.fill(vectors);
    AVILA_TRY(const std::size_t written, system_write(descriptor, vectors, count));
    queue.advance(written);
  }
  return {};
}

}  // namespace avila::buffer
