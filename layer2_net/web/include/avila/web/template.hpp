// HTML templates: text with {{holes}} filled from JSON values, escaped unless told otherwise.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace avila::web {

inline constexpr std::size_t kMaxTemplateDepth = 32;
inline constexpr std::size_t kMaxRenderedBytes = 64 * 1024 * 1024;

/// & < > " ' as character references: for text and for quoted attribute values.
std::string escape_html(std::string_view text);
void append_escaped_html(std::string& out, std::string_view text);

/// Parsed once, rendered by many threads.
///   {{name}}        the value, escaped; {{a.b}} a member of a member; {{.}} the value itself
///   {{{name}}}      the value as it is: only for HTML of one's own
///   {{#name}}…{{/name}}   for each element of an array; or once, for a value that is not null,
///                   false or empty; names are looked up in it first, then outside
///   {{^name}}…{{/name}}   where it is absent, null, false or empty
///   {{! comment }}
class Template {
 public:
  /// Malformed, with the offset, where a tag or a section has no end.
  static Result<Template> parse(std::string_view text);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  /// Absent values are empty. LimitExceeded past kMaxRenderedBytes.
  Result<std::string> render(const json::Value& values) const;

  struct Node;

 private:
  explicit Template(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace avila::web
