#include <avila/os/memory.hpp>
#include <avila/os/process.hpp>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

DWORD flags_of(Protection protection) noexcept {
  switch (protection) {
    case Protection::None: return PAGE_NOACCESS;
    case Protection::Read: return PAGE_READONLY;
    case Protection::ReadWrite: return PAGE_READWRITE;
  }
  return PAGE_NOACCESS;
}

}  // namespace

Result<AnonymousMemory> AnonymousMemory::map(std::size_t bytes, Protection protection) {
  const std::size_t page = page_size();
  if (bytes == 0 || bytes > SIZE_MAX - page)
    return Error(Errc::InvalidArgument, "map memory: a size of 0 or beyond the address space");
  bytes = (bytes + page - 1) / page * page;
  void* where = VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, flags_of(protection));
  if (where == nullptr) return detail::last_error("map memory");
  AnonymousMemory memory;
  memory.bytes_ = {static_cast<std::byte*>(where), bytes};
  return memory;
}

AnonymousMemory::~AnonymousMemory() {
  if (!bytes_.empty()) VirtualFree(bytes_.data(), 0, MEM_RELEASE);
}

Result<void> AnonymousMemory::protect(std::size_t offset, std::size_t bytes,
                                      Protection protection) {
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    return Error(Errc::OutOfRange, "protect memory: past its end");
  DWORD before = 0;
  if (!VirtualProtect(bytes_.data() + offset, bytes, flags_of(protection), &before))
    return detail::last_error("protect memory");
  return {};
}

Result<void> AnonymousMemory::discard(std::size_t offset, std::size_t bytes) {
  if (offset > bytes_.size() || bytes > bytes_.size() - offset)
    return Error(Errc::OutOfRange, "discard memory: past its end");
  if (VirtualAlloc(bytes_.data() + offset, bytes, MEM_RESET, PAGE_READWRITE) == nullptr)
    return detail::last_error("discard memory");
  return {};
}

Result<void> AnonymousMemory::lock() {
  if (!VirtualLock(bytes_.data(), bytes_.size()))
    return detail::last_error("lock memory").with_hint("raise the minimum working set");
  return {};
}

std::size_t page_size() noexcept {
  SYSTEM_INFO info;
  GetSystemInfo(&info);
  return info.dwPageSize;
}

}  // namespace avila::os
