#include <algorithm>
#include <avila/cli/line_editor.hpp>
#include <avila/cli/terminal.hpp>
#include <avila/os/file_system.hpp>
#include <cerrno>
#include <cstdio>
#ifndef _WIN32
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#endif

namespace avila::cli {
namespace {

Result<std::optional<std::string>> read_plain() {
  std::string line;
  for (int c = std::fgetc(stdin); c != EOF; c = std::fgetc(stdin)) {
    if (c == '\n') return std::optional(std::move(line));
    line += static_cast<char>(c);
  }
  if (line.empty()) return std::optional<std::string>();
  return std::optional(std::move(line));
}

#ifndef _WIN32

/// Raw mode for the life of the object.
class RawMode {
 public:
  RawMode() {
    ok_ = ::tcgetattr(STDIN_FILENO, &saved_) == 0;
    if (!ok_) return;
    termios raw = saved_;
    raw.c_iflag &= static_cast<tcflag_t>(~(BRKINT | ICRNL | INPCK | ISTRIP | IXON));
    raw.c_lflag &= static_cast<tcflag_t>(~(ECHO | ICANON | IEXTEN | ISIG));
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    ok_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawMode() {
    if (ok_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
  }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  bool ok() const noexcept { return ok_; }

 private:
  termios saved_{};
  bool ok_ = false;
};

void show(const std::string& prompt, const LineEditor& editor) {
  const std::string search = editor.search_prompt();
  const std::string& lead = search.empty() ? prompt : search;
  // One screen row: the part of the line around the cursor that fits.
  const std::size_t room =
      std::max<std::size_t>(terminal_width(), display_width(lead) + 9) - display_width(lead) - 1;
  std::string_view line = editor.line();
  std::size_t cursor = editor.cursor();
  while (display_width(line.substr(0, cursor)) > room) {
    std::size_t drop = 1;
    while (drop < line.size() && (line[drop] & 0xC0) == 0x80) ++drop;
    line.remove_prefix(drop);
    cursor -= drop;
  }
  while (display_width(line) > room) {
    std::size_t keep = line.size() - 1;
    while (keep > 0 && (line[keep] & 0xC0) == 0x80) --keep;
    line = line.substr(0, keep);
  }
  std::string out = "\r" + lead + std::string(line) + "\x1b[K\r";
  if (const std::size_t right = display_width(lead) + display_width(line.substr(0, cursor));
      right > 0)
    out += "\x1b[" + std::to_string(right) + 'C';
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

/// Keys typed (or pasted) behind the Enter of one line are the beginning of the next.
KeyDecoder& typed() {
  static KeyDecoder decoder;  // there is one terminal
  return decoder;
}

/// The next key; absent at the end of the input. The line is shown before it waits.
std::optional<KeyPress> next_key(const std::string& prompt, const LineEditor& editor) {
  constexpr int kEscapeWaitMs = 20;  // a lone escape, or the start of a sequence?
  KeyDecoder& decoder = typed();
  while (true) {
    if (auto press = decoder.next()) return press;
    show(prompt, editor);
    pollfd more{STDIN_FILENO, POLLIN, 0};
    if (!decoder.empty() && ::poll(&more, 1, kEscapeWaitMs) == 0) {
      if (auto press = decoder.next(true)) return press;
    }
    char bytes[256];
    const ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    decoder.feed({bytes, static_cast<std::size_t>(n)});
  }
}

Result<std::optional<std::string>> read_edited(const std::string& prompt,
                                               std::vector<std::string>& history,
                                               const Completer& complete) {
  LineEditor editor(&history, complete);
  editor.start();
  while (true) {
    const auto press = next_key(prompt, editor);
    if (!press) return std::optional<std::string>();
    if (press->key == Key::Clear) std::fputs("\x1b[H\x1b[2J", stdout);
    const EditResult result = editor.press(*press);
    if (result != EditResult::Continue) show(prompt, editor);
    switch (result) {
      case EditResult::Continue: break;
      case EditResult::Done: std::fputs("\r\n", stdout); return std::optional(editor.line());
      case EditResult::Cancelled:
        std::fputs("^C\r\n", stdout);
        return Error(Errc::Cancelled, "interrupted");
      case EditResult::EndOfInput: std::fputs("\r\n", stdout); return std::optional<std::string>();
    }
    if (!editor.candidates().empty()) {
      show(prompt, editor);
      std::fputs("\r\n", stdout);
      for (const std::string& candidate : editor.candidates())
        std::printf("%s  ", candidate.c_str());
      std::fputs("\r\n", stdout);
    }
  }
}

#endif

}  // namespace

Result<std::optional<std::string>> read_line(const std::string& prompt,
                                             std::vector<std::string>& history,
                                             const Completer& complete) {
#ifndef _WIN32
  if (is_terminal(stdin) && is_terminal(stdout)) {
    const RawMode raw;
    if (raw.ok()) {
      AVILA_TRY(auto line, read_edited(prompt, history, complete));
      const bool worth = line && !line->empty() && (history.empty() || history.back() != *line);
      if (worth) history.push_back(*line);
      return line;
    }
  }
#else
  (void)prompt, (void)history, (void)complete;
#endif
  return read_plain();
}

std::vector<std::string> load_history(const std::string& path) {
  std::vector<std::string> lines;
  const auto text = os::real_file_system().read_text(path);
  if (!text.has_value()) return lines;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return lines;
}

Result<void> save_history(const std::string& path, const std::vector<std::string>& history) {
  std::string text;
  const std::size_t first = history.size() > kHistoryMax ? history.size() - kHistoryMax : 0;
  for (std::size_t i = first; i < history.size(); ++i) text += history[i] + '\n';
  return os::real_file_system().write_atomically(path, as_bytes(text), 0600);
}

}  // namespace avila::cli
