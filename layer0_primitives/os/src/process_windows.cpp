#include <fcntl.h>
#include <io.h>
#include <avila/os/process.hpp>

#include <cstring>
#include <map>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

using detail::OwnedHandle;

/// Exit status of a child that signal() ended: the number is in the low byte.
constexpr DWORD kEndedBySignal = 0xE0A5'0000;
constexpr int kInterrupt = 2, kKill = 9, kTerminate = 15;  // numbers of POSIX

/// A child's side of one stream, and ours when it is a pipe.
struct End {
  OwnedHandle child, parent;
};

Result<End> open_end(Stream stream, DWORD standard) {
  SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  const bool input = standard == STD_INPUT_HANDLE;
  End end;
  HANDLE own = GetStdHandle(standard);
  if (stream == Stream::Pipe) {
    HANDLE read_end = nullptr, write_end = nullptr;
    if (!CreatePipe(&read_end, &write_end, &inherited, 0)) return detail::last_error("pipe");
    end.child = OwnedHandle(input ? read_end : write_end);
    end.parent = OwnedHandle(input ? write_end : read_end);
    SetHandleInformation(end.parent.value, HANDLE_FLAG_INHERIT, 0);
  } else if (stream == Stream::Inherit && own != nullptr && own != INVALID_HANDLE_VALUE) {
    HANDLE copy = nullptr;
    if (!DuplicateHandle(GetCurrentProcess(), own, GetCurrentProcess(), &copy, 0, TRUE,
                         DUPLICATE_SAME_ACCESS))
      return detail::last_error("inherit a stream");
    end.child = OwnedHandle(copy);
  } else {
    end.child = OwnedHandle(CreateFileW(L"NUL", input ? GENERIC_READ : GENERIC_WRITE,
                                        FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                                        OPEN_EXISTING, 0, nullptr));
    if (end.child.value == INVALID_HANDLE_VALUE) return detail::last_error("open NUL");
  }
  return end;
}

/// So that CommandLineToArgvW and the C runtime give the argument back: backslashes count double
/// before a quote only.
void append_quoted(std::string& line, std::string_view argument) {
  if (!line.empty()) line += ' ';
  if (!argument.empty() && argument.find_first_of(" \t\n\v\"") == std::string_view::npos) {
    line += argument;
    return;
  }
  line += '"';
  std::size_t backslashes = 0;
  for (const char c : argument) {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    line.append(c == '"' ? 2 * backslashes + 1 : backslashes, '\\');
    line += c;
    backslashes = 0;
  }
  line.append(2 * backslashes, '\\');
  line += '"';
}

struct IgnoringCase {
  bool operator()(const std::wstring& a, const std::wstring& b) const {
    return CompareStringOrdinal(a.c_str(), -1, b.c_str(), -1, TRUE) == CSTR_LESS_THAN;
  }
};

/// NAME=value, each ended by NUL, the block by another one.
std::wstring environment_block(const SpawnOptions& options) {
  std::map<std::wstring, std::wstring, IgnoringCase> all;
  if (!options.clear_environment) {
    wchar_t* block = GetEnvironmentStringsW();
    for (const wchar_t* entry = block; *entry != 0; entry += std::wcslen(entry) + 1) {
      const std::wstring_view text(entry);
      const std::size_t equals = text.find(L'=', 1);  // "=C:" begins the name of a drive's folder
      if (equals != std::wstring_view::npos)
        all[std::wstring(text.substr(0, equals))] = text.substr(equals + 1);
    }
    FreeEnvironmentStringsW(block);
  }
  for (const auto& [name, value] : options.environment)
    all[detail::wide(name)] = detail::wide(value);
  std::wstring result;
  for (const auto& [name, value] : all) result += name + L"=" + value + L'\0';
  return result + (result.empty() ? std::wstring(2, L'\0') : std::wstring(1, L'\0'));
}

/// Only the three streams are inherited, whatever else is open meanwhile.
struct Attributes {
  std::vector<std::byte> room;
  LPPROC_THREAD_ATTRIBUTE_LIST list = nullptr;
  ~Attributes() {
    if (list != nullptr) DeleteProcThreadAttributeList(list);
  }
  Result<void> inherit(std::vector<HANDLE>& handles) {
    SIZE_T bytes = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &bytes);
    room.resize(bytes);
    auto* made = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room.data());
    if (!InitializeProcThreadAttributeList(made, 1, 0, &bytes))
      return detail::last_error("attributes of a process");
    list = made;
    if (!UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles.data(),
                                   handles.size() * sizeof(HANDLE), nullptr, nullptr))
      return detail::last_error("attributes of a process");
    return {};
  }
};

/// The descriptor owns the handle from here on; -1 for none.
int descriptor_of(OwnedHandle& handle, int flags) {
  if (handle.value == nullptr) return -1;
  return _open_osfhandle(reinterpret_cast<std::intptr_t>(handle.release()), flags | _O_BINARY);
}

}  // namespace

Result<Process> Process::spawn(const std::string& program, const SpawnOptions& options) {
  AVILA_TRY(End in, open_end(options.in, STD_INPUT_HANDLE));
  AVILA_TRY(End out, open_end(options.out, STD_OUTPUT_HANDLE));
  AVILA_TRY(End error, open_end(options.error, STD_ERROR_HANDLE));
  std::string line;
  append_quoted(line, program);
  for (const std::string& argument : options.arguments) append_quoted(line, argument);
  std::wstring command = detail::wide(line);
  std::wstring variables = environment_block(options);
  const std::wstring folder = detail::wide_path(options.folder);
  std::vector<HANDLE> handles{in.child.value, out.child.value, error.child.value};
  Attributes attributes;
  AVILA_TRY_VOID(attributes.inherit(handles));
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = in.child.value;
  startup.StartupInfo.hStdOutput = out.child.value;
  startup.StartupInfo.hStdError = error.child.value;
  startup.lpAttributeList = attributes.list;
  PROCESS_INFORMATION made{};
  if (!CreateProcessW(nullptr, command.data(), nullptr, nullptr, TRUE,
                      CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT, variables.data(),
                      folder.empty() ? nullptr : folder.c_str(), &startup.StartupInfo, &made))
    return detail::last_error("run " + program);
  CloseHandle(made.hThread);
  Process process;
  process.id_ = made.dwProcessId;
  process.handle_ = made.hProcess;
  process.in_ = descriptor_of(in.parent, 0);
  process.out_ = descriptor_of(out.parent, _O_RDONLY);
  process.error_ = descriptor_of(error.parent, _O_RDONLY);
  return process;
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      error_(std::exchange(other.error_, -1)),
      status_(std::exchange(other.status_, std::nullopt)),
      handle_(std::exchange(other.handle_, nullptr)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  std::swap(error_, other.error_);
  std::swap(status_, other.status_);
  std::swap(handle_, other.handle_);
  return *this;
}

Process::~Process() {
  for (const int end : {in_, out_, error_})
    if (end >= 0) (void)_close(end);
  if (handle_ == nullptr) return;
  if (!status_.has_value()) {
    (void)kill();  // it may have ended
    (void)wait();
  }
  CloseHandle(handle_);
}

void Process::close_in() noexcept {
  if (const int end = std::exchange(in_, -1); end >= 0) (void)_close(end);
}

Result<void> Process::write(ByteSpan bytes) {
  if (in_ < 0) return Error(Errc::InvalidArgument, "the child's input is no pipe");
  while (!bytes.empty()) {
    const auto part = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 1U << 20));
    const int wrote = _write(in_, bytes.data(), part);
    if (wrote <= 0) return Error::from_errno(errno, "write to the child");
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<std::string> Process::read_out(std::uint64_t limit_bytes) {
  if (out_ < 0) return Error(Errc::InvalidArgument, "the child's output is no pipe");
  std::string text;
  char buffer[16384];
  for (;;) {
    const int got = _read(out_, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0) return Error::from_errno(errno, "read from the child");
    if (text.size() + static_cast<std::size_t>(got) > limit_bytes)
      return Error(Errc::LimitExceeded, "the child's output is too long");
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<ExitStatus> Process::wait() {
  for (;;) {
    AVILA_TRY(const std::optional<ExitStatus> status, wait_for(seconds(3600)));
    if (status.has_value()) return *status;
  }
}

Result<std::optional<ExitStatus>> Process::wait_for(Duration timeout) {
  if (status_.has_value()) return status_;
  const auto ms = static_cast<DWORD>(std::clamp<std::int64_t>(timeout.milliseconds(), 0, INT_MAX));
  const DWORD event = WaitForSingleObject(handle_, ms);
  if (event == WAIT_TIMEOUT) return std::optional<ExitStatus>();
  DWORD code = 0;
  if (event != WAIT_OBJECT_0 || !GetExitCodeProcess(handle_, &code))
    return detail::last_error("wait for the child");
  if ((code & 0xFFFF'FF00) == kEndedBySignal)
    status_ = ExitStatus{0, static_cast<int>(code & 0xFF)};
  else
    status_ = ExitStatus{static_cast<int>(code), 0};
  return status_;
}

Result<void> Process::signal(int number) {
  if (number != kInterrupt && number != kKill && number != kTerminate)
    return Error(Errc::Unsupported, "Windows has no signal " + std::to_string(number));
  if (status_.has_value()) return {};
  if (!TerminateProcess(handle_, kEndedBySignal | static_cast<DWORD>(number)) &&
      WaitForSingleObject(handle_, 0) != WAIT_OBJECT_0)
    return detail::last_error("end the child");
  return {};
}
Result<void> Process::kill() { return signal(kKill); }

}  // namespace avila::os
