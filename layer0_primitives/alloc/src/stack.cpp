#include "stack.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__linux__) && __has_include(<elf.h>)
#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unwind.h>
#define AVILA_STACKS 1
namespace __cxxabiv1 {
extern "C" [[gnu::weak]] char* __cxa_demangle(const char*, char*, std::size_t*, int*);
}  // namespace __cxxabiv1
#endif

namespace avila::alloc::detail {

#ifdef AVILA_STACKS

namespace {

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* out) noexcept {
  auto& stack = *static_cast<Stack*>(out);
  const std::uintptr_t at = ::_Unwind_GetIP(context);
  if (at == 0) return _URC_END_OF_STACK;
  stack.frames[stack.count++] = reinterpret_cast<void*>(at);
  return stack.count < kMaxFrames ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/// A module's file, mapped to be read; kept, as reports come in bunches.
struct Module {
  const void* base;
  const unsigned char* file;  ///< null: could not be read
  std::size_t size;
};
constexpr unsigned kMaxModules = 64;
constinit Module g_modules[kMaxModules]{};
constinit unsigned g_module_count = 0;

const Module& module_of(const Dl_info& info) noexcept {
  for (unsigned i = 0; i < g_module_count; ++i)
    if (g_modules[i].base == info.dli_fbase) return g_modules[i];
  Module& module = g_modules[g_module_count < kMaxModules ? g_module_count++ : kMaxModules - 1];
  module = {info.dli_fbase, nullptr, 0};
  int fd = ::open(info.dli_fname, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);  // started by a relative name
  struct stat status{};
  if (fd >= 0 && ::fstat(fd, &status) == 0 && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) module = {info.dli_fbase, static_cast<unsigned char*>(at), size};
  }
  if (fd >= 0) ::close(fd);
  return module;
}

/// The function of the module's .symtab (ELF-64, System V gABI) that holds `address`, or null.
const char* find_in_symtab(const Module& module, std::uintptr_t address) noexcept {
  const auto fits = [&module](std::uint64_t offset, std::uint64_t size) {
    return offset <= module.size && size <= module.size - offset;
  };
  if (module.file == nullptr || !fits(0, sizeof(Elf64_Ehdr))) return nullptr;
  Elf64_Ehdr head;
  std::memcpy(&head, module.file, sizeof head);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
      head.e_shentsize != sizeof(Elf64_Shdr) ||
      !fits(head.e_shoff, std::uint64_t{head.e_shnum} * sizeof(Elf64_Shdr)))
    return nullptr;
  const auto section = [&](unsigned i) {
    Elf64_Shdr s;
    std::memcpy(&s, module.file + head.e_shoff + i * sizeof s, sizeof s);
    return s;
  };
  const std::uintptr_t bias =
      head.e_type == ET_DYN ? reinterpret_cast<std::uintptr_t>(module.base) : 0;
  for (unsigned i = 0; i < head.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB || table.sh_link >= head.e_shnum) continue;
    const Elf64_Shdr names = section(table.sh_link);
    if (!fits(table.sh_offset, table.sh_size) || !fits(names.sh_offset, names.sh_size)) continue;
    if (names.sh_size == 0 || module.file[names.sh_offset + names.sh_size - 1] != 0) continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, module.file + table.sh_offset + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      const std::uintptr_t from = symbol.st_value + bias;
      if (address < from || address - from >= symbol.st_size || symbol.st_name >= names.sh_size)
        continue;
      return reinterpret_cast<const char*>(module.file + names.sh_offset + symbol.st_name);
    }
  }
  return nullptr;
}

void print_name(Message& out, const char* name) noexcept {
  char* readable = nullptr;
  char* (*volatile demangle)(const char*, char*, std::size_t*, int*) = &abi::__cxa_demangle;
  if (demangle != nullptr && std::strncmp(name, "_Z", 2) == 0)
    readable = demangle(name, nullptr, nullptr, nullptr);
  out.text(readable != nullptr ? readable : name);
  std::free(readable);
}

/// Frames of the allocator itself are nobody's concern.
bool is_own(const void* frame) noexcept {
  Dl_info own{}, info{};
  return ::dladdr(reinterpret_cast<void*>(&capture_stack), &own) != 0 &&
         ::dladdr(frame, &info) != 0 && info.dli_fbase == own.dli_fbase &&
         std::strstr(info.dli_fname, "avila_malloc") != nullptr;
}

}  // namespace

void capture_stack(Stack& stack) noexcept {
  stack.count = 0;
  ::_Unwind_Backtrace(add_frame, &stack);
}

void print_stack(Message& out, const Stack& stack) noexcept {
  unsigned number = 0;
  for (unsigned i = 0; i < stack.count; ++i) {
    if (number == 0 && is_own(stack.frames[i])) continue;
    // A return address may lie behind the end of its function: look one byte before.
    const auto address = reinterpret_cast<std::uintptr_t>(stack.frames[i]) - 1;
    out.text("    #").number(number++).text(" ");
    Dl_info info{};
    if (::dladdr(reinterpret_cast<void*>(address), &info) == 0 || info.dli_fname == nullptr) {
      out.hex(address + 1).text("\n");
      continue;
    }
    const char* name = find_in_symtab(module_of(info), address);
    if (name == nullptr) name = info.dli_sname;
    if (name != nullptr) print_name(out, name);
    out.text(name != nullptr ? " (" : "(").text(info.dli_fname).text("+");
    out.hex(address + 1 - reinterpret_cast<std::uintptr_t>(info.dli_fbase)).text(")\n");
  }
}

#else

void capture_stack(Stack& stack) noexcept { stack.count = 0; }
void print_stack(Message& out, const Stack&) noexcept {
  out.text("    (no stack on this platform)\n");
}

#endif

}  // namespace avila::alloc::detail
