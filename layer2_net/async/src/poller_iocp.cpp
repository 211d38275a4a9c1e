// Windows: an I/O completion port that says when sockets become ready. A wait for readiness is an
// asynchronous poll of the socket driver (\Device\Afd, IOCTL_AFD_POLL: what select() itself is made
// of), whose completion arrives at the port; so the same code reads and writes everywhere, and idle
// connections hold no buffer. Each poll reports once and by level, hence it is armed anew for each
// wait (Poller::arm). Structures and codes: ReactOS' and Wine's headers name them; winsock's select
// documents what they mean.
#include <winsock2.h>
// After winsock2.h:
#include <mswsock.h>
#include <windows.h>
#include <winternl.h>

#include <algorithm>
#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <avila/error/assert.hpp>
#include <cstring>

#include "poller.hpp"

namespace avila::async {
namespace {

constexpr ULONG kEventsPerPollMax = 128;
constexpr ULONG_PTR kWakeKey = 0;
constexpr ULONG_PTR kPollKey = 1;
constexpr ULONG kIoctlAfdPoll = 0x00012024;  // device 0x12, function 9, METHOD_BUFFERED
constexpr LONG kStatusPending = 0x103;

enum AfdEvents : ULONG {
  kAfdReceive = 0x0001,
  kAfdReceiveExpedited = 0x0002,
  kAfdSend = 0x0004,
  kAfdDisconnect = 0x0008,  // the peer sends no more
  kAfdAbort = 0x0010,       // the connection was reset
  kAfdLocalClose = 0x0020,
  kAfdAccept = 0x0080,
  kAfdConnectFail = 0x0100,
};
// A writer does not ask for kAfdDisconnect: a half-closed connection would report it for ever.
constexpr ULONG kReadEvents = kAfdReceive | kAfdReceiveExpedited | kAfdDisconnect | kAfdAbort |
                              kAfdLocalClose | kAfdAccept | kAfdConnectFail;
constexpr ULONG kWriteEvents = kAfdSend | kAfdAbort | kAfdLocalClose | kAfdConnectFail;

struct AfdPollHandle {
  HANDLE handle;
  ULONG events;
  LONG status;
};
struct AfdPollInfo {
  LARGE_INTEGER timeout;
  ULONG count;
  ULONG exclusive;
  AfdPollHandle handles[1];
};

// Of ntdll.dll, which has no import library in common use.
struct NativeCalls {
  using CreateFile = LONG(NTAPI*)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK,
                                  PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);
  using DeviceControl = LONG(NTAPI*)(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK,
                                     ULONG, PVOID, ULONG, PVOID, ULONG);
  using Cancel = LONG(NTAPI*)(HANDLE, PIO_STATUS_BLOCK, PIO_STATUS_BLOCK);
  using ToDosError = ULONG(NTAPI*)(LONG);

  CreateFile create_file = nullptr;
  DeviceControl device_control = nullptr;
  Cancel cancel = nullptr;
  ToDosError to_dos_error = nullptr;

  bool load() noexcept {
    const HMODULE module = ::GetModuleHandleW(L"ntdll.dll");
    if (module == nullptr) return false;
    const auto find = [module](const char* name, auto& out) {
      const FARPROC function = ::GetProcAddress(module, name);
      static_assert(sizeof function == sizeof out);
      std::memcpy(&out, &function, sizeof out);
      return function != nullptr;
    };
    return find("NtCreateFile", create_file) && find("NtDeviceIoControlFile", device_control) &&
           find("NtCancelIoFileEx", cancel) && find("RtlNtStatusToDosError", to_dos_error);
  }
};

struct Registration;

/// A poll of one direction. The driver writes here while it is pending.
struct PollOperation {
  IO_STATUS_BLOCK status{};
  AfdPollInfo info{};
  Registration* owner = nullptr;
  bool pending = false;  // under the owner's lock
};

/// Lives until it is removed and the driver has given both operations back.
struct Registration {
  atom::SpinLock lock;
  std::uint64_t tag = 0;
  HANDLE socket = nullptr;
  bool removed = false;
  PollOperation operations[2];
};

class CompletionPortPoller final : public Poller {
 public:
  ~CompletionPortPoller() override {
    // Closing the device cancels what is pending; its completions are the last word on the memory.
    if (device_ != nullptr) ::CloseHandle(device_);
    if (port_ != nullptr) {
      while (pending_.load() > 0) {
        OVERLAPPED_ENTRY entries[kEventsPerPollMax];
        ULONG count = 0;
        if (::GetQueuedCompletionStatusEx(port_, entries, kEventsPerPollMax, &count, 1000, FALSE) ==
            0)
          break;  // better a leak at the end than memory that the driver still writes to
        Outcome ignored;
        for (ULONG i = 0; i < count; ++i) complete(entries[i], ignored);
      }
      ::CloseHandle(port_);
    }
  }

  Result<void> open() override {
    if (!native_.load()) return Error(Errc::Unsupported, "ntdll.dll lacks a function");
    // No thread is held back: the runtime itself decides how many work.
    port_ = ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0x7FFF);
    if (port_ == nullptr) return Error::from_windows(::GetLastError(), "CreateIoCompletionPort");
    wchar_t name[] = L"\\Device\\Afd\\Avila";
    UNICODE_STRING path{};
    path.Length = sizeof name - sizeof name[0];
    path.MaximumLength = sizeof name;
    path.Buffer = name;
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof attributes;
    attributes.ObjectName = &path;
    IO_STATUS_BLOCK status{};
    constexpr ULONG kOpen = 1;  // FILE_OPEN
    const LONG opened =
        native_.create_file(&device_, SYNCHRONIZE, &attributes, &status, nullptr, 0,
                            FILE_SHARE_READ | FILE_SHARE_WRITE, kOpen, 0, nullptr, 0);
    if (opened != 0) {
      device_ = nullptr;
      return Error::from_windows(native_.to_dos_error(opened), "opening \\Device\\Afd");
    }
    if (::CreateIoCompletionPort(device_, port_, kPollKey, 0) == nullptr)
      return Error::from_windows(::GetLastError(), "CreateIoCompletionPort of the device");
    return {};
  }

  Result<void> add(IoSource& source) override {
    auto registration = std::make_unique<Registration>();
    const auto socket = static_cast<SOCKET>(source.handle());
    // Layered service providers wrap sockets; the driver knows the innermost.
    SOCKET base = socket;
    DWORD bytes = 0;
    if (::WSAIoctl(socket, SIO_BASE_HANDLE, nullptr, 0, &base, sizeof base, &bytes, nullptr,
                   nullptr) != 0)
      base = socket;
    registration->socket = reinterpret_cast<HANDLE>(base);
    registration->tag = tag_of(source);
    for (PollOperation& operation : registration->operations) operation.owner = registration.get();
    source.set_asked(this, registration.release());
    return {};
  }

  void remove(IoSource& source) noexcept override {
    auto* const registration = static_cast<Registration*>(source.asked_data());
    source.set_asked(nullptr, nullptr);
    if (registration == nullptr) return;
    registration->lock.lock();
    registration->removed = true;
    bool pending = false;
    for (PollOperation& operation : registration->operations) {
      if (!operation.pending) continue;
      pending = true;
      IO_STATUS_BLOCK ignored{};
      (void)native_.cancel(device_, &operation.status, &ignored);  // it completes all the same
    }
    registration->lock.unlock();
    if (!pending) delete registration;
  }

  void arm(IoSource& source, IoSource::Direction direction) noexcept override {
    auto* const registration = static_cast<Registration*>(source.asked_data());
    PollOperation& operation = registration->operations[static_cast<int>(direction)];
    bool failed = false;
    {
      const atom::Guard guard(registration->lock);
      if (operation.pending) return;  // of a wait that was cancelled: it serves this one
      operation.info.timeout.QuadPart = INT64_MAX;
      operation.info.count = 1;
      operation.info.exclusive = 0;
      operation.info.handles[0] = {
          registration->socket, direction == IoSource::Direction::Read ? kReadEvents : kWriteEvents,
          0};
      operation.pending = true;
      pending_.fetch_add(1);
      const LONG status = native_.device_control(
          device_, nullptr, nullptr, &operation, &operation.status, kIoctlAfdPoll, &operation.info,
          sizeof operation.info, &operation.info, sizeof operation.info);
      // Done at once: its completion comes to the port none the less.
      failed = status != 0 && status != kStatusPending;
      if (failed) {
        operation.pending = false;
        pending_.fetch_sub(1);
      }
    }
    if (failed) source.on_event(true, true, true);  // the caller's system call will say why
  }

  Outcome poll(int timeout_ms) noexcept override {
    OVERLAPPED_ENTRY entries[kEventsPerPollMax];
    ULONG count = 0;
    Outcome outcome;
    const DWORD timeout = timeout_ms < 0 ? INFINITE : static_cast<DWORD>(timeout_ms);
    if (::GetQueuedCompletionStatusEx(port_, entries, kEventsPerPollMax, &count, timeout, FALSE) ==
        0)
      return outcome;
    for (ULONG i = 0; i < count; ++i) complete(entries[i], outcome);
    return outcome;
  }

  void wake() noexcept override { (void)::PostQueuedCompletionStatus(port_, 0, kWakeKey, nullptr); }

  Backend backend() const noexcept override { return Backend::CompletionPort; }

 private:
  void complete(const OVERLAPPED_ENTRY& entry, Outcome& outcome) noexcept {
    if (entry.lpCompletionKey == kWakeKey) {
      outcome.woken = true;
      return;
    }
    auto* const operation = reinterpret_cast<PollOperation*>(entry.lpOverlapped);
    Registration* const registration = operation->owner;
    pending_.fetch_sub(1);
    registration->lock.lock();
    operation->pending = false;
    const bool removed = registration->removed;
    const bool last = !registration->operations[0].pending && !registration->operations[1].pending;
    const std::uint64_t tag = registration->tag;
    const bool done = operation->status.Information != 0 && operation->info.count != 0;
    const ULONG events = done ? operation->info.handles[0].events : 0;
    const bool read = operation == &registration->operations[0];
    registration->lock.unlock();
    if (removed) {
      if (last) delete registration;
      return;
    }
    IoSource* const source = source_of(tag);
    if (source == nullptr) return;
    const bool hang_up =
        (events & (kAfdDisconnect | kAfdAbort | kAfdLocalClose | kAfdConnectFail)) != 0;
    // Nothing was reported: an error of the poll itself. The waiting task looks for itself.
    source->on_event(read, !read, hang_up, generation_of(tag));
    ++outcome.events;
  }

  NativeCalls native_;
  HANDLE port_ = nullptr;
  HANDLE device_ = nullptr;
  std::atomic<std::size_t> pending_{0};
};

}  // namespace

std::unique_ptr<Poller> make_completion_port_poller() {
  return std::make_unique<CompletionPortPoller>();
}

}  // namespace avila::async
