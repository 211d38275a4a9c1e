#include <avila/error/error.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#if defined(__has_include)
#if __has_include(<execinfo.h>) && __has_include(<dlfcn.h>)
#define AVILA_HAVE_EXECINFO 1
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#endif
#endif
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#endif

namespace avila {

#ifdef AVILA_HAVE_EXECINFO

namespace {

std::string describe_frame(void* address) {
  Dl_info info{};
  char text[64];
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
    std::snprintf(text, sizeof text, "%p", address);
    return text;
  }
  std::string line;
  if (info.dli_sname != nullptr) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), std::free);
    line = status == 0 && name ? name.get() : info.dli_sname;
    line += ' ';
  }
  // The offset within the file is what addr2line wants, wherever the program was loaded.
  std::snprintf(
      text, sizeof text, "(+0x%zx)",
      static_cast<std::size_t>(static_cast<char*>(address) - static_cast<char*>(info.dli_fbase)));
  return line + info.dli_fname + text;
}

}  // namespace

std::string capture_backtrace(int skip_frames) {
  constexpr int kMaxFrames = 64;
  void* frames[kMaxFrames];
  const int count = ::backtrace(frames, kMaxFrames);
  std::string text;
  for (int i = skip_frames + 1; i < count; ++i) {
    text += "  #" + std::to_string(i - skip_frames - 1) + ' ' + describe_frame(frames[i]) + '\n';
  }
  return text;
}

#elif defined(_WIN32)

// Without symbols: file and offset, for addr2line or a debugger.
std::string capture_backtrace(int skip_frames) {
  constexpr ULONG kMaxFrames = 62;  // more is refused before Windows Vista, and enough
  void* frames[kMaxFrames];
  const USHORT count =
      CaptureStackBackTrace(static_cast<ULONG>(skip_frames) + 1, kMaxFrames, frames, nullptr);
  std::string text;
  for (USHORT i = 0; i < count; ++i) {
    HMODULE module = nullptr;
    char file[MAX_PATH] = "?";
    if (GetModuleHandleExA(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
            static_cast<const char*>(frames[i]), &module))
      GetModuleFileNameA(module, file, sizeof file);
    char line[MAX_PATH + 64];
    std::snprintf(
        line, sizeof line, "  #%d %s(+0x%zx)\n", static_cast<int>(i), file,
        static_cast<std::size_t>(static_cast<char*>(frames[i]) - reinterpret_cast<char*>(module)));
    text += line;
  }
  return text;
}

#else

std::string capture_backtrace(int) { return "  (no backtrace on this platform)\n"; }

#endif

}  // namespace avila
