// Starts the built `avl up` as its own process.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "avila_test/http_client.hpp"
#include "avila_test/tools.hpp"

namespace avila_test {

class Platform {
 public:
  explicit Platform(std::string data) : data_(std::move(data)) {}
  ~Platform() { kill(); }
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// True when the line that begins with "ready" has come.
  bool start(std::vector<std::string> more = {}) {
    int out[2];
    if (::pipe2(out, O_CLOEXEC) != 0) return false;
    std::vector<std::string> words = {AVILA_BIN_DIR "/avl", "up", "--data", data_,
                                      "--port-base",        "0"};
    words.insert(words.end(), more.begin(), more.end());
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
    output_.clear();
    char bytes[4096];
    bool ready = false;
    while (!ready) {
      const ssize_t n = ::read(out[0], bytes, sizeof bytes);
      if (n <= 0) break;
      output_.append(bytes, static_cast<std::size_t>(n));
      ready = output_.find("\nready") != std::string::npos;
    }
    out_ = out[0];
    const auto url = output_.find("://127.0.0.1:");
    if (url != std::string::npos) port_ = std::atoi(output_.c_str() + url + 13);
    const std::string key =
        run_command("sed -n 's/^api_key = \"\\(.*\\)\"/\\1/p' " + data_ + "/credentials.toml").out;
    api_key_ = key.substr(0, key.find('\n'));
    return ready;
  }

  /// SIGKILL, by its own process id.
  void kill() { end(SIGKILL); }
  /// SIGTERM; the exit status.
  int stop() { return end(SIGTERM); }

  HttpClient client() const { return HttpClient(port_, api_key_); }
  int port() const { return port_; }
  const std::string& api_key() const { return api_key_; }
  const std::string& output() const { return output_; }
  const std::string& data() const { return data_; }
  /// Runs `avl WORDS --data DIR` and gives what it printed (both streams).
  CommandResult avl(const std::string& words) const {
    return run_command(AVILA_BIN_DIR "/avl " + words + " --data " + data_ + " 2>&1 </dev/null");
  }

 private:
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

  std::string data_, output_, api_key_;
  pid_t pid_ = -1;
  int out_ = -1, port_ = 0;
};

}  // namespace avila_test
