#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <avila/os/process.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace avila::os {
namespace {

struct Pipe {
  int read_end = -1, write_end = -1;
  ~Pipe() {
    if (read_end >= 0) (void)::close(read_end);
    if (write_end >= 0) (void)::close(write_end);
  }
  Result<void> open() {
    int ends[2];
    if (::pipe(ends) != 0) return Error::from_errno(errno, "pipe");
    read_end = ends[0];
    write_end = ends[1];
    for (const int end : ends) (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
    return {};
  }
};

struct Actions {
  posix_spawn_file_actions_t value;
  Actions() { (void)::posix_spawn_file_actions_init(&value); }
  ~Actions() { (void)::posix_spawn_file_actions_destroy(&value); }
};
struct Attributes {
  posix_spawnattr_t value;
  Attributes() { (void)::posix_spawnattr_init(&value); }
  ~Attributes() { (void)::posix_spawnattr_destroy(&value); }
};

Result<void> connect(Actions& actions, Stream stream, int target, Pipe& pipe) {
  const bool input = target == 0;
  int status = 0;
  if (stream == Stream::Null) {
    status = ::posix_spawn_file_actions_addopen(&actions.value, target, "/dev/null",
                                                input ? O_RDONLY : O_WRONLY, 0);
  } else if (stream == Stream::Pipe) {
    AVILA_TRY_VOID(pipe.open());
    status = ::posix_spawn_file_actions_adddup2(&actions.value,
                                                input ? pipe.read_end : pipe.write_end, target);
  }
  if (status != 0) return Error::from_errno(status, "spawn");
  return {};
}

std::vector<std::string> environment_of(const SpawnOptions& options) {
  std::vector<std::string> all;
  if (!options.clear_environment) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      const std::string_view name = text.substr(0, text.find('='));
      bool replaced = false;
      for (const auto& [key, value] : options.environment) replaced = replaced || key == name;
      if (!replaced) all.emplace_back(text);
    }
  }
  for (const auto& [key, value] : options.environment) all.push_back(key + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

ExitStatus status_of(int status) {
  if (WIFSIGNALED(status)) return {0, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

Result<Process> Process::spawn(const std::string& program, const SpawnOptions& options) {
  Actions actions;
  Attributes attributes;
  Pipe in, out, error;
  AVILA_TRY_VOID(connect(actions, options.in, 0, in));
  AVILA_TRY_VOID(connect(actions, options.out, 1, out));
  AVILA_TRY_VOID(connect(actions, options.error, 2, error));
  if (!options.folder.empty()) {
    const int status =
        ::posix_spawn_file_actions_addchdir_np(&actions.value, options.folder.c_str());
    if (status != 0) return Error::from_errno(status, "spawn in " + options.folder);
  }
  // The child begins with no signal blocked, and with SIGPIPE as programs expect it.
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  (void)::posix_spawnattr_setsigmask(&attributes.value, &none);
  (void)::posix_spawnattr_setsigdefault(&attributes.value, &defaults);
  (void)::posix_spawnattr_setflags(&attributes.value,
                                   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> arguments{program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables = environment_of(options);
  pid_t id = -1;
  const int status = ::posix_spawnp(&id, program.c_str(), &actions.value, &attributes.value,
                                    pointers(arguments).data(), pointers(variables).data());
  if (status != 0) return Error::from_errno(status, "run " + program);
  Process process;
  process.id_ = id;
  process.in_ = std::exchange(in.write_end, -1);
  process.out_ = std::exchange(out.read_end, -1);
  process.error_ = std::exchange(error.read_end, -1);
  return process;
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      error_(std::exchange(other.error_, -1)),
      status_(std::exchange(other.status_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  std::swap(error_, other.error_);
  std::swap(status_, other.status_);
  return *this;
}

Process::~Process() {
  for (const int end : {in_, out_, error_})
    if (end >= 0) (void)::close(end);
  if (id_ < 0 || status_.has_value()) return;
  (void)kill();  // it may have ended
  (void)wait();
}

void Process::close_in() noexcept {
  if (const int end = std::exchange(in_, -1); end >= 0) (void)::close(end);
}

Result<void> Process::write(ByteSpan bytes) {
  if (in_ < 0) return Error(Errc::InvalidArgument, "the child's input is no pipe");
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(in_, bytes.data(), bytes.size());
    if (wrote > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    else if (errno != EINTR)
      return Error::from_errno(errno, "write to the child");
  }
  return {};
}

Result<std::string> Process::read_out(std::uint64_t limit_bytes) {
  if (out_ < 0) return Error(Errc::InvalidArgument, "the child's output is no pipe");
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(out_, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0) {
      if (errno == EINTR) continue;
      return Error::from_errno(errno, "read from the child");
    }
    if (text.size() + static_cast<std::size_t>(got) > limit_bytes)
      return Error(Errc::LimitExceeded, "the child's output is too long");
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<ExitStatus> Process::wait() {
  if (status_.has_value()) return *status_;
  int status = 0;
  while (::waitpid(static_cast<pid_t>(id_), &status, 0) < 0)
    if (errno != EINTR) return Error::from_errno(errno, "wait for the child");
  status_ = status_of(status);
  return *status_;
}

Result<std::optional<ExitStatus>> Process::wait_for(Duration timeout) {
  // POSIX has no wait with a deadline: look again, soon at first.
  constexpr std::int64_t kStepMax = 10'000'000;
  std::int64_t step = 100'000, waited = 0;
  for (;;) {
    if (status_.has_value()) return status_;
    int status = 0;
    const pid_t got = ::waitpid(static_cast<pid_t>(id_), &status, WNOHANG);
    if (got < 0 && errno != EINTR) return Error::from_errno(errno, "wait for the child");
    if (got > 0) {
      status_ = status_of(status);
      return status_;
    }
    if (waited >= timeout.ns) return std::optional<ExitStatus>();
    const std::int64_t nap = std::min(step, timeout.ns - waited);
    const timespec pause{nap / 1'000'000'000, nap % 1'000'000'000};
    (void)::nanosleep(&pause, nullptr);
    waited += nap;
    step = std::min(step * 2, kStepMax);
  }
}

Result<void> Process::signal(int number) {
  if (status_.has_value()) return {};
  if (::kill(static_cast<pid_t>(id_), number) != 0 && errno != ESRCH)
    return Error::from_errno(errno, "signal the child");
  return {};
}
Result<void> Process::kill() { return signal(SIGKILL); }

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}
Result<void> set_environment(const std::string& name, const std::string& value) {
  if (::setenv(name.c_str(), value.c_str(), 1) != 0) return Error::from_errno(errno, "set " + name);
  return {};
}
Result<void> unset_environment(const std::string& name) {
  if (::unsetenv(name.c_str()) != 0) return Error::from_errno(errno, "unset " + name);
  return {};
}

std::int64_t process_id() noexcept { return ::getpid(); }
std::size_t page_size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

Result<std::string> host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return Error::from_errno(errno, "host name");
  return std::string(name);
}

Result<std::string> current_folder() {
  char path[4096];
  if (::getcwd(path, sizeof path) == nullptr) return Error::from_errno(errno, "current folder");
  return std::string(path);
}

}  // namespace avila::os
