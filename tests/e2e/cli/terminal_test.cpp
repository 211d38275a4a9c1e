// `avl db shell` on a real pseudo-terminal: typed keys in, what the screen shows out.
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "platform.hpp"

namespace avila_test {
namespace {

/// What a terminal would show of the sequences that the shell prints.
class Screen {
 public:
  void feed(std::string_view bytes) {
    pending_ += bytes;
    std::size_t at = 0;
    while (at < pending_.size()) {
      const std::size_t size = step(std::string_view(pending_).substr(at));
      if (size == 0) break;  // the rest of a sequence is on its way
      at += size;
    }
    pending_.erase(0, at);
  }
  /// The row of the cursor, without trailing blanks.
  std::string row() const { return text(row_); }
  std::size_t column() const { return column_; }
  std::string all() const {
    std::string out;
    for (std::size_t i = 0; i < rows_.size(); ++i) out += text(i) + '\n';
    return out;
  }

 private:
  std::size_t step(std::string_view in) {
    const auto c = static_cast<unsigned char>(in[0]);
    if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      if (++row_ == rows_.size()) rows_.emplace_back();
    } else if (c == 0x1B) {
      return escape(in);
    } else if (c >= 0x20) {
      const std::size_t size = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
      if (in.size() < size) return 0;
      auto& cells = rows_[row_];
      if (cells.size() <= column_) cells.resize(column_ + 1, " ");
      cells[column_++] = in.substr(0, size);
      return size;
    }
    return 1;
  }
  /// Erase to the end of the row, cursor right, home and clear; colours say nothing here.
  std::size_t escape(std::string_view in) {
    std::size_t size = 2;
    while (size < in.size() && (in[size] < '@' || in[size] > '~')) ++size;
    if (size >= in.size()) return 0;
    const int n = std::atoi(std::string(in.substr(2, size - 2)).c_str());
    switch (in[size]) {
      case 'K': rows_[row_].resize(std::min(rows_[row_].size(), column_)); break;
      case 'C': column_ += static_cast<std::size_t>(n); break;
      case 'H': row_ = column_ = 0; break;
      case 'J': rows_.assign(1, {}); break;
      default: break;
    }
    return size + 1;
  }
  std::string text(std::size_t row) const {
    std::string out;
    for (const std::string& cell : rows_[row]) out += cell;
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }

  std::vector<std::vector<std::string>> rows_{1};
  std::size_t row_ = 0, column_ = 0;
  std::string pending_;
};

/// A program whose terminal is the other end of this.
class Terminal {
 public:
  explicit Terminal(std::vector<std::string> words) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_TRUE(master_ >= 0 && ::grantpt(master_) == 0 && ::unlockpt(master_) == 0);
    const std::string name = ::ptsname(master_);
    slave_ = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(slave_, TIOCSWINSZ, &size);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setsid();
      const int terminal = ::open(name.c_str(), O_RDWR);  // becomes the controlling one
      ::ioctl(terminal, TIOCSCTTY, 0);
      for (int fd = 0; fd < 3; ++fd) ::dup2(terminal, fd);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  ~Terminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(slave_);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view keys) {
    EXPECT_EQ(::write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  /// Until what the screen shows is as wanted; false after ten seconds.
  template <class Wanted>
  bool shows(Wanted wanted) {
    for (int waits = 0; !wanted(screen); ++waits) {
      if (waits == 200 || !read(50)) return wanted(screen);
    }
    return true;
  }
  bool row_is(const std::string& row) {
    return shows([&](const Screen& s) { return s.row() == row; });
  }
  bool has(const std::string& text) {
    return shows([&](const Screen& s) { return s.all().find(text) != std::string::npos; });
  }
  /// Exit status once the program ends by itself.
  int wait() {
    int status = -1;
    for (int waits = 0; waits < 200; ++waits) {
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      (void)read(50);
    }
    return -1;
  }
  bool is_cooked() const {
    termios mode{};
    ::tcgetattr(slave_, &mode);
    return (mode.c_lflag & ECHO) != 0 && (mode.c_lflag & ICANON) != 0;
  }

  Screen screen;

 private:
  bool read(int wait_ms) {
    pollfd ready{master_, POLLIN, 0};
    if (::poll(&ready, 1, wait_ms) <= 0) return true;
    char bytes[4096];
    const ssize_t n = ::read(master_, bytes, sizeof bytes);
    if (n > 0) screen.feed({bytes, static_cast<std::size_t>(n)});
    return n > 0;
  }

  int master_ = -1, slave_ = -1;
  pid_t pid_ = -1;
};

constexpr const char *kUp = "\x1b[A", *kDown = "\x1b[B", *kLeft = "\x1b[D", *kTab = "\t",
                     *kCtrlC = "\x03", *kCtrlD = "\x04", *kCtrlR = "\x12", *kCtrlL = "\x0c";

TEST(TerminalShell, HistoryCompletionAndControlKeys) {
  TempDir folder;
  ::setenv("XDG_CONFIG_HOME", (folder / "config").c_str(), 1);
  ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  ::setenv("TERM", "xterm", 1);
  Platform platform{folder / "data"};
  ASSERT_TRUE(platform.start()) << platform.output();
  const std::vector<std::string> words = {AVILA_BIN_DIR "/avl", "db", "shell", "demo", "--data",
                                          platform.data()};
  {
    Terminal shell(words);
    ASSERT_TRUE(shell.row_is("demo>")) << shell.screen.all();
    EXPECT_FALSE(shell.is_cooked()) << "keys come one by one";

    // Completion: two candidates are shown, then one more letter decides.
    shell.type("SELECT VALUE s.id FROM sta");
    shell.type(kTab);
    EXPECT_TRUE(shell.has("states  STARTSWITH(")) << shell.screen.all();
    shell.type(std::string("t") + kTab);
    EXPECT_TRUE(shell.shows([](const Screen& s) {
      return s.row().starts_with("demo> SELECT VALUE s.id FROM states");
    })) << shell.screen.all();
    shell.type(" s WHERE s.id = 'SP';\r");
    EXPECT_TRUE(shell.has("\nSP\n1 row\n")) << shell.screen.all();

    // Ctrl-C gives up the line, and the statement over several lines.
    shell.type("SELECT nonsense");
    EXPECT_TRUE(shell.row_is("demo> SELECT nonsense")) << shell.screen.all();
    shell.type(kCtrlC);
    EXPECT_TRUE(shell.row_is("demo>")) << shell.screen.all();
    EXPECT_TRUE(shell.has("demo> SELECT nonsense^C")) << shell.screen.all();
    shell.type("SELECT VALUE\r");
    EXPECT_TRUE(shell.row_is("   …>")) << shell.screen.all();
    shell.type(kCtrlC);
    EXPECT_TRUE(shell.row_is("demo>")) << shell.screen.all();

    // Up goes back, past the half statement, to the query; it runs again as it stands there.
    shell.type(kUp);
    EXPECT_TRUE(shell.row_is("demo> SELECT VALUE")) << shell.screen.all();
    shell.type(kUp);
    EXPECT_TRUE(shell.row_is("demo> SELECT VALUE s.id FROM states s WHERE s.id = 'SP';"))
        << shell.screen.all();
    shell.type(std::string(kDown) + kDown);
    EXPECT_TRUE(shell.row_is("demo>")) << shell.screen.all();
    shell.type(std::string(kUp) + kUp);
    EXPECT_TRUE(shell.row_is("demo> SELECT VALUE s.id FROM states s WHERE s.id = 'SP';"));
    // The cursor moves within the line: 'SP' becomes 'RJ'.
    shell.type(std::string(kLeft) + kLeft + "\x7f\x7fRJ\r");
    EXPECT_TRUE(shell.has("\nRJ\n1 row\n")) << shell.screen.all();

    shell.type("\\format csv\r");
    EXPECT_TRUE(shell.row_is("demo>"));
    shell.type(std::string(kCtrlR) + "'SP");
    EXPECT_TRUE(shell.shows([](const Screen& s) {
      return s.row().find("s.id = 'SP';") != std::string::npos;
    })) << shell.screen.all();
    shell.type("\r");
    EXPECT_TRUE(shell.has("value\nSP\n")) << shell.screen.all();

    shell.type(kCtrlL);
    EXPECT_TRUE(shell.shows([](const Screen& s) { return s.all() == "demo>\n"; }))
        << shell.screen.all();
    shell.type("SELECT VALUE 'não' || '…';\r");
    EXPECT_TRUE(shell.has("value\nnão…\n")) << shell.screen.all();

    // Lines pasted at once are all shown and all run.
    shell.type("SELECT VALUE 1;\rSELECT VALUE 2;\r");
    EXPECT_TRUE(shell.has("demo> SELECT VALUE 1;\nvalue\n1\n")) << shell.screen.all();
    EXPECT_TRUE(shell.has("demo> SELECT VALUE 2;\nvalue\n2\n")) << shell.screen.all();
    EXPECT_TRUE(shell.row_is("demo>"));

    // Ctrl-D deletes within a line and leaves at an empty one.
    shell.type("ab\x01");
    shell.type(kCtrlD);
    EXPECT_TRUE(shell.row_is("demo> b")) << shell.screen.all();
    shell.type(kCtrlD);
    EXPECT_TRUE(shell.row_is("demo>")) << shell.screen.all();
    shell.type(kCtrlD);
    EXPECT_EQ(shell.wait(), 0) << shell.screen.all();
    EXPECT_TRUE(shell.is_cooked()) << "the terminal is as it was";
  }
  {
    Terminal shell(words);  // history is kept from one shell to the next
    ASSERT_TRUE(shell.row_is("demo>")) << shell.screen.all();
    shell.type(kUp);
    EXPECT_TRUE(shell.row_is("demo> SELECT VALUE 2;")) << shell.screen.all();
    shell.type(std::string(kUp) + kUp);
    EXPECT_TRUE(shell.row_is("demo> SELECT VALUE 'não' || '…';")) << shell.screen.all();
    EXPECT_EQ(shell.screen.column(), 32U) << "counted in cells, not bytes";
    shell.type(std::string(kCtrlC) + kCtrlD);
    EXPECT_EQ(shell.wait(), 0) << shell.screen.all();
  }
  EXPECT_EQ(run_command("stat -c %a " + (folder / "cache/avl/history")).out, "600\n");
  EXPECT_EQ(platform.stop(), 0);
}

}  // namespace
}  // namespace avila_test
