#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <avila/os/memory.hpp>
#include <avila/os/process.hpp>
#include <avila/os/terminal.hpp>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace avila::os {
namespace {

int flags_of(Protection protection) noexcept {
  switch (protection) {
    case Protection::None: return PROT_NONE;
    case Protection::Read: return PROT_READ;
    case Protection::ReadWrite: return PROT_READ | PROT_WRITE;
  }
  return PROT_NONE;
}

}  // namespace

Result<AnonymousMemory> AnonymousMemory::map(std::size_t bytes, Protection protection) {
  const std::size_t page = page_size();
  if (bytes == 0 || bytes > SIZE_MAX - page)
    return Error(Errc::InvalidArgument, "map memory: a size of 0 or beyond the address space");
  bytes = (bytes + page - 1) / page * page;
  void* where = ::mmap(nullptr, bytes, flags_of(protection), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (where == MAP_FAILED) return Error::from_errno(errno, "map memory");
  AnonymousMemory memory;
  memory.bytes_ = {static_cast<std::byte*>(where), bytes};
  return memory;
}

AnonymousMemory::~AnonymousMemory() {
  if (!bytes_.empty()) (void)::munmap(bytes_.data(), bytes_.size());
}

Result<void> AnonymousMemory::protect(std::size_t offset, std::size_t bytes,
                                      Protection protection) {
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    return Error(Errc::OutOfRange, "protect memory: past its end");
  if (::mprotect(bytes_.data() + offset, bytes, flags_of(protection)) != 0)
    return Error::from_errno(errno, "protect memory");
  return {};
}

Result<void> AnonymousMemory::discard(std::size_t offset, std::size_t bytes) {
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    return Error(Errc::OutOfRange, "discard memory: past its end");
  if (::madvise(bytes_.data() + offset, bytes, MADV_DONTNEED) != 0)
    return Error::from_errno(errno, "discard memory");
  return {};
}

Result<void> AnonymousMemory::lock() {
  if (::mlock(bytes_.data(), bytes_.size()) != 0)
    return Error::from_errno(errno, "lock memory").with_hint("raise the limit of locked memory");
#ifdef MADV_DONTDUMP
  (void)::madvise(bytes_.data(), bytes_.size(), MADV_DONTDUMP);  // beyond what was promised
#endif
  return {};
}

bool is_terminal(int descriptor) noexcept { return ::isatty(descriptor) == 1; }

std::optional<WindowSize> window_size(int descriptor) noexcept {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return WindowSize{size.ws_col, size.ws_row};
}

bool wants_colour(int descriptor) noexcept {
  const char* terminal = std::getenv("TERM");
  return is_terminal(descriptor) && std::getenv("NO_COLOR") == nullptr &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace avila::os
