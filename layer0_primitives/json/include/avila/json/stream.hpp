// JSON that arrives in pieces: one document as events, or many documents a line each (NDJSON).
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/document.hpp>
#include <avila/json/options.hpp>
#include <avila/json/sax.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace avila::json {

/// Chunks of one document in, events out, as early as they are certain. Keeps the unfinished token
/// only. `options.max_size` bounds the whole document.
class EventReader {
 public:
  explicit EventReader(Handler& handler, const ParseOptions& options = {});
  EventReader(EventReader&& other) noexcept;
  EventReader& operator=(EventReader&& other) noexcept;
  ~EventReader();

  /// Any cut is allowed, also inside a character. After an error it only repeats that error's code.
  Result<void> feed(std::string_view chunk);
  /// No more will come: checks that the document is whole.
  Result<void> finish();
  bool done() const noexcept;  ///< the root has been closed; only white space may follow

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Newline-delimited JSON: feed chunks, take documents. Blank lines are passed over, "\r\n" is
/// accepted. `options.max_size` bounds a line.
///   reader.feed(chunk);
///   for (;;) { AVILA_TRY(auto row, reader.next()); if (!row) break; use(*row); }
class LineReader {
 public:
  explicit LineReader(const ParseOptions& options = {});

  void feed(std::string_view chunk);
  /// No more will come: the last line counts even without a newline.
  void finish() noexcept { finished_ = true; }
  /// The next document; absent where the buffered lines are used up. Valid until the next call.
  /// An error names the line; the call after it goes on with the next line.
  Result<std::optional<Element>> next();
  /// Number of the line last returned, from 1.
  std::uint64_t line() const noexcept { return line_; }

 private:
  ParseOptions options_;
  Parser parser_;
  std::string buffer_;
  std::size_t at_ = 0;       // start of the line not yet returned
  std::size_t scanned_ = 0;  // no newline before
  std::uint64_t line_ = 0;
  bool finished_ = false;
  bool skipping_ = false;  // the rest of a line that was too long
};

}  // namespace avila::json
