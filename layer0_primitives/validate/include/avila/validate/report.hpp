// What a validation found: violations with a path, a code and parameters; the words come later.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace avila::validate {

/// A fact for the message: {"min", "3"}.
struct Param {
  std::string name, value;
};

struct Violation {
  std::string path;  ///< JSON Pointer (RFC 6901) of the value: "/items/2/name"; "" is the whole
  std::string code;  ///< "required", "length.min", …, or the program's own
  std::vector<Param> params;
};

class Report {
 public:
  static constexpr std::size_t kMaxViolations = 1'000;  ///< more are counted, not kept
  static constexpr std::size_t kMaxDepth = 64;          ///< fields within fields

  bool ok() const noexcept { return count_ == 0; }
  const std::vector<Violation>& violations() const noexcept { return violations_; }
  /// How many there were, those beyond kMaxViolations included.
  std::size_t count() const noexcept { return count_; }
  /// The first one at a path, or null.
  const Violation* at(std::string_view path) const noexcept;

  /// Adds a violation of the value that is being looked at.
  void fail(std::string_view code, std::vector<Param> params = {});

  /// While one lives, violations are of a member or an element of the value.
  class Scope {
   public:
    Scope(Report& report, std::string_view member);
    Scope(Report& report, std::size_t index);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    /// False beyond kMaxDepth, where a violation "too_deep" was added: go no further.
    bool open() const noexcept { return open_; }

   private:
    void enter();
    Report& report_;
    std::size_t size_before_;
    bool open_ = true;
  };

 private:
  std::vector<Violation> violations_;
  std::size_t count_ = 0, depth_ = 0;
  std::string path_;
};

/// Numbers and texts as parameters.
std::string to_param(long long value);
std::string to_param(unsigned long long value);
std::string to_param(double value);
std::string to_param(std::string_view value);

}  // namespace avila::validate
