// What kqueue(2) of FreeBSD and macOS declares, as far as poller_kqueue.cpp uses it, and a kqueue
// made of arrays behind it: so that the file is compiled, and its bookkeeping run, on Linux.
#pragma once
#include <time.h>

#include <cstdint>

// The function has the name of the structure: as C has it.
#pragma GCC diagnostic ignored "-Wshadow"

struct kevent {
  std::uintptr_t ident;
  std::int16_t filter;
  std::uint16_t flags;
  std::uint32_t fflags;
  std::intptr_t data;
  void* udata;
};

inline constexpr int EVFILT_READ = -1;
inline constexpr int EVFILT_WRITE = -2;
inline constexpr int EVFILT_USER = -11;
inline constexpr unsigned EV_ADD = 0x0001;
inline constexpr unsigned EV_DELETE = 0x0002;
inline constexpr unsigned EV_CLEAR = 0x0020;
inline constexpr unsigned EV_ERROR = 0x4000;
inline constexpr unsigned EV_EOF = 0x8000;
inline constexpr unsigned NOTE_TRIGGER = 0x0100'0000;

int kqueue();
int kevent(int queue, const struct kevent* changes, int change_count, struct kevent* events,
           int event_count, const timespec* limit);
