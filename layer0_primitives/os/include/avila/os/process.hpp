// Child processes, the environment, and facts about this process and its user.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace avila::os {

enum class Stream : std::uint8_t { Inherit, Null, Pipe };

struct SpawnOptions {
  std::vector<std::string> arguments;  ///< without the program's own name
  /// Added to the environment, or instead of it.
  std::vector<std::pair<std::string, std::string>> environment;
  bool clear_environment = false;
  std::string folder;  ///< working folder; empty: this process's
  Stream in = Stream::Null, out = Stream::Inherit, error = Stream::Inherit;
};

struct ExitStatus {
  int code = 0;    ///< when it exited
  int signal = 0;  ///< when a signal ended it, else 0
  bool success() const noexcept { return code == 0 && signal == 0; }
};

/// A child. Its pipes are this end's descriptors, -1 where there is none. Destroying a Process
/// whose child still runs kills and reaps it, so nothing is left behind.
class Process {
 public:
  /// Finds `program` on PATH unless it holds a '/'. NotFound when it cannot be run.
  static Result<Process> spawn(const std::string& program, const SpawnOptions& options = {});
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  std::int64_t id() const noexcept { return id_; }
  int in() const noexcept { return in_; }
  int out() const noexcept { return out_; }
  int error() const noexcept { return error_; }
  void close_in() noexcept;
  /// Writes all to the child's input; reads what is left of its output, up to `limit_bytes`.
  Result<void> write(ByteSpan bytes);
  Result<std::string> read_out(std::uint64_t limit_bytes = 64 << 20);

  Result<ExitStatus> wait();
  /// Nothing when it still runs after `timeout`.
  Result<std::optional<ExitStatus>> wait_for(Duration timeout);
  /// SIGTERM, SIGKILL, …; fine when it has ended. Windows knows 2, 9 and 15, which all end it at
  /// once; others are Errc::Unsupported.
  Result<void> signal(int number);
  Result<void> kill();

 private:
  Process() = default;
  std::int64_t id_ = -1;
  int in_ = -1, out_ = -1, error_ = -1;
  std::optional<ExitStatus> status_;
#ifdef _WIN32
  void* handle_ = nullptr;
#endif
};

std::optional<std::string> environment(const std::string& name);
Result<void> set_environment(const std::string& name, const std::string& value);
Result<void> unset_environment(const std::string& name);

std::int64_t process_id() noexcept;
std::size_t page_size() noexcept;
/// Cores this process may run on, at least 1.
unsigned core_count() noexcept;
Result<std::string> host_name();
/// Path of the running program.
Result<std::string> program_path();
Result<std::string> current_folder();

/// Following the XDG Base Directory Specification, on Windows with APPDATA and LOCALAPPDATA where
/// its variables are not set; without a trailing '/'.
Result<std::string> home_folder();
Result<std::string> config_folder();
Result<std::string> data_folder();
Result<std::string> cache_folder();
std::string temporary_folder();

}  // namespace avila::os
