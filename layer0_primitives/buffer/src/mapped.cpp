#include <avila/buffer/mapped.hpp>

#include <cerrno>
#include <utility>

#if defined(_WIN32)
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace avila::buffer {
namespace {

/// What Bytes needs to unmap its memory.
struct Mapping {
  void* memory;
  std::size_t size;
};

Error too_large(const std::string& path, std::uint64_t size) {
  return Error(Errc::LimitExceeded,
               "map " + path + ": " + std::to_string(size) + " bytes are more than the limit",
               {.hint = "raise max_size, or read the file in parts"});
}

#if defined(_WIN32)
void unmap_view(void* context) noexcept {
  auto* mapping = static_cast<Mapping*>(context);
  UnmapViewOfFile(mapping->memory);
  delete mapping;
}
void free_pages(void* memory, std::size_t) noexcept { VirtualFree(memory, 0, MEM_RELEASE); }
#else
void free_pages(void* memory, std::size_t size) noexcept { munmap(memory, size); }
void unmap_view(void* context) noexcept {
  auto* mapping = static_cast<Mapping*>(context);
  munmap(mapping->memory, mapping->size);
  delete mapping;
}
#endif

void free_frozen(void* context) noexcept {
  auto* mapping = static_cast<Mapping*>(context);
  free_pages(mapping->memory, mapping->size);
  delete mapping;
}

}  // namespace

#if defined(_WIN32)
Result<Bytes> map_file(const std::string& path, std::uint64_t max_size) {
  const HANDLE file = CreateFileA(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return Error::from_windows(GetLastError(), "open " + path);
  LARGE_INTEGER length{};
  GetFileSizeEx(file, &length);
  const auto size = static_cast<std::uint64_t>(length.QuadPart);
  if (size == 0 || size > max_size) {
    CloseHandle(file);
    if (size == 0) return Bytes();
    return too_large(path, size);
  }
  const HANDLE section = CreateFileMappingA(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  void* memory = section == nullptr ? nullptr : MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
  const DWORD failure = GetLastError();
  if (section != nullptr) CloseHandle(section);
  CloseHandle(file);
  if (memory == nullptr) return Error::from_windows(failure, "map " + path);
  return Bytes::from_foreign({static_cast<std::byte*>(memory), static_cast<std::size_t>(size)},
                             unmap_view, new Mapping{memory, static_cast<std::size_t>(size)});
}
#else
Result<Bytes> map_file(const std::string& path, std::uint64_t max_size) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Error::from_errno(errno, "open " + path);
  struct stat status{};
  int failure = fstat(descriptor, &status) == 0 ? 0 : errno;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  void* memory = nullptr;
  if (failure == 0 && size != 0 && size <= max_size) {
    memory = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) failure = errno;
  }
  close(descriptor);
  if (failure != 0) return Error::from_errno(failure, "map " + path);
  if (size > max_size) return too_large(path, size);
  if (size == 0) return Bytes();
  return Bytes::from_foreign({static_cast<std::byte*>(memory), static_cast<std::size_t>(size)},
                             unmap_view, new Mapping{memory, static_cast<std::size_t>(size)});
}
#endif

Result<MappedMemory> MappedMemory::create(std::size_t size) {
  if (size == 0) return Error(Errc::InvalidArgument, "mapped memory: the size is 0");
#if defined(_WIN32)
  void* memory = VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (memory == nullptr) return Error::from_windows(GetLastError(), "VirtualAlloc");
#else
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (memory == MAP_FAILED) return Error::from_errno(errno, "mmap");
#endif
  return MappedMemory(static_cast<std::byte*>(memory), size);
}

MappedMemory::MappedMemory(MappedMemory&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedMemory& MappedMemory::operator=(MappedMemory&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

MappedMemory::~MappedMemory() {
  if (memory_ != nullptr) free_pages(memory_, size_);
}

Result<Bytes> MappedMemory::freeze() && {
#if defined(_WIN32)
  DWORD before = 0;
  if (VirtualProtect(memory_, size_, PAGE_READONLY, &before) == 0)
    return Error::from_windows(GetLastError(), "VirtualProtect");
#else
  if (mprotect(memory_, size_, PROT_READ) != 0) return Error::from_errno(errno, "mprotect");
#endif
  void* memory = std::exchange(memory_, nullptr);
  const std::size_t size = std::exchange(size_, 0);
  return Bytes::from_foreign({static_cast<std::byte*>(memory), size}, free_frozen,
                             new Mapping{memory, size});
}

}  // namespace avila::buffer
