// A program that runs beside the test, ended by its own process id.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace avila_test {

class Child {
 public:
  ~Child() { (void)end(SIGKILL); }
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// True when a line that begins with "ready" has come. What ran before ends.
  bool start(std::vector<std::string> words) {
    (void)end(SIGKILL);
    output_.clear();
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return false;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(out[1], 2);
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(out[1]);
    out_ = out[0];
    char bytes[4096];
    while (ready_line().empty()) {
      const ssize_t n = ::read(out_, bytes, sizeof bytes);
      if (n <= 0) return false;
      output_.append(bytes, static_cast<std::size_t>(n));
    }
    return true;
  }
  /// The exit status, or 128 + signal.
  int end(int signal) {
    if (pid_ <= 0) return -1;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    if (out_ >= 0) ::close(out_);
    out_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }
  const std::string& output() const { return output_; }
  /// The whole line that begins with "ready"; empty until it has come.
  std::string ready_line() const {
    const std::string text = '\n' + output_;
    const auto at = text.find("\nready");
    if (at == std::string::npos) return {};
    const auto end = text.find('\n', at + 1);
    return end == std::string::npos ? std::string() : text.substr(at + 1, end - at - 1);
  }
  /// The first URL of that scheme that it printed, without the slash at its end.
  std::string url(const std::string& scheme) const {
    const auto at = output_.find(scheme + "://");
    if (at == std::string::npos) return "none";
    std::string found = output_.substr(at, output_.find_first_of(" \n", at) - at);
    if (found.ends_with('/')) found.pop_back();
    return found;
  }

 private:
  std::string output_;
  pid_t pid_ = -1;
  int out_ = -1;
};

}  // namespace avila_test
