// Writer: JSON text without a tree in between.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::json {

struct WriterOptions {
  int indent = 0;           ///< spaces a level; 0 writes compact text
  bool ascii_only = false;  ///< everything above U+007F as \u escapes
};

/// Appends to a string that outlives it. Commas, colons and indentation come by themselves. A call
/// that the grammar does not allow there (a value where a key must be) is an assertion.
class Writer {
 public:
  explicit Writer(std::string& out, WriterOptions options = {}) : out_(out), options_(options) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);  ///< bytes that are no UTF-8 become U+FFFD
  Writer& int64(std::int64_t value);
  Writer& uint64(std::uint64_t value);
  Writer& double_(double value);  ///< shortest round trip; null for infinities and NaN
  Writer& boolean(bool value);
  Writer& null();
  /// One whole value that is JSON text already; not checked.
  Writer& raw(std::string_view json);

  /// One whole value has been written and every container is closed.
  bool complete() const noexcept { return frames_.empty() && root_written_; }
  std::size_t depth() const noexcept { return frames_.size(); }

 private:
  enum class Frame : std::uint8_t { ArrayFirst, ArrayNext, KeyFirst, KeyNext, MemberValue };
  void before_value();
  void after_open(char bracket, Frame frame);
  void close(char bracket, bool any);
  void new_line();

  std::string& out_;
  WriterOptions options_;
  std::vector<Frame> frames_;
  bool root_written_ = false;
};

}  // namespace avila::json
