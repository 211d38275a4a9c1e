// What a command may do with the terminal: colours, width, a line that is rewritten.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace avila::cli {

/// Escape sequences, all empty where the stream is no terminal or NO_COLOR is set.
struct Paint {
  const char* red = "";
  const char* green = "";
  const char* yellow = "";
  const char* bold = "";
  const char* dim = "";
  const char* plain = "";
};
Paint paint_for(FILE* stream);
bool is_terminal(FILE* stream);
/// Columns; 80 where it is not known.
std::size_t terminal_width();
/// Columns that a UTF-8 text takes: code points, those of East Asian width twice, marks not at all.
std::size_t display_width(std::string_view text);

/// Progress on stderr: a bar with rate and time left on a terminal, nothing elsewhere.
class Progress {
 public:
  /// `total`: units of work (bytes, say); 0 when it is not known.
  Progress(std::string label, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// `done` of total, `items` for people; draws at most ten times a second.
  void update(std::uint64_t done, std::uint64_t items);
  void finish();

 private:
  void draw(double seconds);

  std::string label_;
  std::uint64_t total_, done_ = 0, items_ = 0;
  std::int64_t started_ns_, drawn_ns_ = 0;
  bool shown_, finished_ = false;
};

/// "12.3 MB", "4.5 GB"; "1h02m", "3m07s", "12s".
std::string human_bytes(double bytes);
std::string human_seconds(double seconds);

}  // namespace avila::cli
