// Editing one line on a terminal: history, movement, completion. The state machine takes decoded
// keys and knows no terminal, so that tests can type; read_line() connects it to one.
#pragma once
#include <avila/error/result.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::cli {

enum class Key : std::uint8_t {
  Text,  ///< `text` holds one code point
  Enter,
  Left,
  Right,
  WordLeft,
  WordRight,
  Home,
  End,
  Up,
  Down,
  Backspace,
  Delete,  ///< Ctrl-D too: at an empty line it ends the input
  KillToEnd,
  KillToStart,
  KillWord,
  Yank,
  Complete,
  Search,  ///< Ctrl-R: backwards through history
  Clear,   ///< Ctrl-L
  Cancel,  ///< Ctrl-C
  Unknown,
};

struct KeyPress {
  Key key = Key::Unknown;
  std::string text;
};

/// Bytes of a terminal become keys; incomplete sequences wait for more.
class KeyDecoder {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }
  /// The next key; empty while more bytes are needed. `at_end`: nothing more will come now, so a
  /// lone escape is itself.
  std::optional<KeyPress> next(bool at_end = false);
  bool empty() const noexcept { return pending_.empty(); }

 private:
  std::string pending_;
};

/// What the word before the cursor may become.
using Completer =
    std::function<std::vector<std::string>(std::string_view line, std::size_t cursor)>;

enum class EditResult : std::uint8_t { Continue, Done, Cancelled, EndOfInput };

class LineEditor {
 public:
  explicit LineEditor(std::vector<std::string>* history, Completer complete = {})
      : history_(history), complete_(std::move(complete)) {}

  EditResult press(const KeyPress& press);
  const std::string& line() const noexcept { return line_; }
  std::size_t cursor() const noexcept { return cursor_; }  ///< byte offset
  /// Candidates to show below the line after a Complete that was ambiguous; else empty.
  const std::vector<std::string>& candidates() const noexcept { return candidates_; }
  /// "(search)`abc': " while Ctrl-R is on; else empty.
  std::string search_prompt() const;
  void start(std::string_view text = {});

 private:
  std::size_t before(std::size_t at) const;
  std::size_t after(std::size_t at) const;
  std::size_t word_start(std::size_t at) const;
  std::size_t word_end(std::size_t at) const;
  void replace(std::string text);
  void step_history(int direction);
  void search_again(std::size_t from);
  void complete();

  std::vector<std::string>* history_;
  Completer complete_;
  std::string line_, killed_, draft_;
  std::size_t cursor_ = 0;
  std::size_t position_ = 0;  // in history; its size: the draft
  std::vector<std::string> candidates_;
  bool searching_ = false;
  std::string needle_;
};

/// Reads a line with editing when stdin and stdout are a terminal, else plainly. Absent at the end
/// of the input; Errc::Cancelled after Ctrl-C. Adds the line to the history.
Result<std::optional<std::string>> read_line(const std::string& prompt,
                                             std::vector<std::string>& history,
                                             const Completer& complete);

constexpr std::size_t kHistoryMax = 1000;
/// One line each; missing file: empty. Saving keeps the last kHistoryMax, mode 0600.
std::vector<std::string> load_history(const std::string& path);
Result<void> save_history(const std::string& path, const std::vector<std::string>& history);

}  // namespace avila::cli
