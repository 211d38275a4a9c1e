// SAX: the parser tells a handler what it meets; no tree, memory for the nesting only.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <cstdint>
#include <string_view>

namespace avila::json {

/// One call an event, in the order of the text; texts are valid during the call. Returning false
/// stops the parser with Errc::Cancelled. Names are not checked for duplicates.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual bool null() { return true; }
  virtual bool boolean(bool) { return true; }
  virtual bool int64(std::int64_t) { return true; }
  virtual bool uint64(std::uint64_t) { return true; }  ///< above INT64_MAX
  virtual bool double_(double) { return true; }
  virtual bool big_number(std::string_view) { return true; }  ///< BigNumbers::KeepText only
  virtual bool string(std::string_view) { return true; }
  virtual bool key(std::string_view) { return true; }
  virtual bool begin_array() { return true; }
  virtual bool end_array() { return true; }
  virtual bool begin_object() { return true; }
  virtual bool end_object() { return true; }
};

/// One whole document. Events come before an error behind them is found.
Result<void> parse_events(std::string_view text, Handler& handler,
                          const ParseOptions& options = {});

}  // namespace avila::json
