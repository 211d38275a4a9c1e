// RFC 3986: generic references.
#include <avila/url/url.hpp>

#include "ascii.hpp"

namespace avila::url {

namespace {

/// RFC 3986 appendix B, without the regular expression.
struct Parts {
  std::optional<std::string_view> scheme, authority, query, fragment;
  std::string_view path;
};

Parts split(std::string_view text) {
  Parts parts;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const std::size_t end = text.find_first_of(":/");
  if (end != std::string_view::npos && text[end] == ':' && end > 0 && detail::is_alpha(text[0])) {
    bool valid = true;
    for (const char c : text.substr(0, end))
      valid &= detail::is_alpha(c) || detail::is_digit(c) || c == '+' || c == '-' || c == '.';
    if (valid) {
      parts.scheme = text.substr(0, end);
      text.remove_prefix(end + 1);
    }
  }
  if (text.starts_with("//")) {
    const std::size_t slash = text.find('/', 2);
    parts.authority = text.substr(2, slash == std::string_view::npos ? slash : slash - 2);
    text = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
  }
  parts.path = text;
  return parts;
}

/// §5.2.3.
std::string merge(const Parts& base, std::string_view path) {
  if (base.authority && base.path.empty()) return "/" + std::string(path);
  const std::size_t slash = base.path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : base.path.substr(0, slash + 1);
  return std::string(folder) + std::string(path);
}

}  // namespace

std::string remove_dot_segments(std::string_view input) {
  std::string output;
  while (!input.empty()) {
    if (input.starts_with("../")) {  // 2A
      input.remove_prefix(3);
    } else if (input.starts_with("./")) {
      input.remove_prefix(2);
    } else if (input.starts_with("/./")) {  // 2B
      input.remove_prefix(2);
    } else if (input == "/.") {
      input = "/";
    } else if (input.starts_with("/../") || input == "/..") {  // 2C
      input = input == "/.." ? std::string_view("/") : input.substr(3);
      const std::size_t slash = output.rfind('/');
      output.erase(slash == std::string::npos ? 0 : slash);
    } else if (input == "." || input == "..") {  // 2D
      input = {};
    } else {  // 2E
      const std::size_t end = input.find('/', 1);
      output += input.substr(0, end);
      input = end == std::string_view::npos ? std::string_view() : input.substr(end);
    }
  }
  return output;
}

Result<std::string> resolve_reference(std::string_view base_text, std::string_view reference) {
  const Parts base = split(base_text);
  if (!base.scheme) return Error(Errc::Malformed, "the base is no absolute URI");
  const Parts r = split(reference);
  Parts target;
  std::string path;
  target.scheme = base.scheme;
  target.fragment = r.fragment;
  if (r.scheme) {  // §5.2.2
    target.scheme = r.scheme;
    target.authority = r.authority;
    path = remove_dot_segments(r.path);
    target.query = r.query;
  } else if (r.authority) {
    target.authority = r.authority;
    path = remove_dot_segments(r.path);
    target.query = r.query;
  } else {
    target.authority = base.authority;
    if (r.path.empty()) {
      path = base.path;
      target.query = r.query ? r.query : base.query;
    } else {
      path =
          remove_dot_segments(r.path.starts_with('/') ? std::string(r.path) : merge(base, r.path));
      target.query = r.query;
    }
  }
  std::string out(*target.scheme);  // §5.3
  out += ':';
  if (target.authority) out.append("//").append(*target.authority);
  out += path;
  if (target.query) out.append("?").append(*target.query);
  if (target.fragment) out.append("#").append(*target.fragment);
  return out;
}

}  // namespace avila::url
