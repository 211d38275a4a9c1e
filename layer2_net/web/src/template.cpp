#include <avila/json/writer.hpp>
#include <avila/web/template.hpp>
#include <memory>
#include <vector>

namespace avila::web {

void append_escaped_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped_html(out, text);
  return out;
}

struct Template::Node {
  enum class Kind : std::uint8_t { Text, Value, Raw, Section, Inverted } kind = Kind::Section;
  std::string text;  // or the name
  std::vector<Node> children;
};

namespace {

using Node = Template::Node;
using Scopes = std::vector<const json::Value*>;

std::string_view trim(std::string_view text) noexcept {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

/// Parses up to the end of the section `name` ("" for the whole).
Result<void> parse_nodes(std::string_view all, std::size_t& at, std::string_view name,
                         std::size_t depth, std::vector<Node>& out) {
  if (depth > kMaxTemplateDepth)
    return Error(Errc::LimitExceeded, "the template's sections are too deep", {.offset = at});
  while (true) {
    const std::size_t open = all.find("{{", at);
    if (open != at && at < all.size()) {
      Node text;
      text.kind = Node::Kind::Text;
      text.text = all.substr(at, open == std::string_view::npos ? open : open - at);
      out.push_back(std::move(text));
    }
    if (open == std::string_view::npos) {
      at = all.size();
      if (!name.empty())
        return Error(Errc::Malformed, "section " + std::string(name) + " has no end",
                     {.offset = at});
      return {};
    }
    const bool raw = all.substr(open).starts_with("{{{");
    const std::string_view end_mark = raw ? "}}}" : "}}";
    const std::size_t close = all.find(end_mark, open);
    if (close == std::string_view::npos)
      return Error(Errc::Malformed, "a tag has no end", {.offset = open});
    const std::size_t begin = open + (raw ? 3 : 2);
    std::string_view tag = trim(all.substr(begin, close - begin));
    at = close + end_mark.size();
    const char sign = raw || tag.empty() ? '\0' : tag.front();
    if (sign == '!') continue;
    if (sign == '#' || sign == '^' || sign == '/') tag = trim(tag.substr(1));
    if (tag.empty()) return Error(Errc::Malformed, "a tag without a name", {.offset = open});
    if (sign == '/') {
      if (tag != name)
        return Error(Errc::Malformed, "section " + std::string(tag) + " ends but did not begin",
                     {.offset = open});
      return {};
    }
    Node node;
    node.text = tag;
    node.kind = raw           ? Node::Kind::Raw
                : sign == '#' ? Node::Kind::Section
                : sign == '^' ? Node::Kind::Inverted
                              : Node::Kind::Value;
    if (sign == '#' || sign == '^')
      AVILA_TRY_VOID(parse_nodes(all, at, tag, depth + 1, node.children));
    out.push_back(std::move(node));
  }
}

const json::Value* look_up(const Scopes& scopes, std::string_view name) {
  if (name == ".") return scopes.back();
  const std::size_t dot = name.find('.');
  const std::string_view first = name.substr(0, dot);
  const json::Value* found = nullptr;
  for (std::size_t i = scopes.size(); i-- > 0 && found == nullptr;) found = scopes[i]->find(first);
  std::string_view rest = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  while (found != nullptr && !rest.empty()) {
    const std::size_t next = rest.find('.');
    found = found->find(rest.substr(0, next));
    rest = next == std::string_view::npos ? std::string_view() : rest.substr(next + 1);
  }
  return found;
}

bool is_falsy(const json::Value* value) {
  if (value == nullptr || value->is_null()) return true;
  if (const auto boolean = value->get_bool()) return !*boolean;
  if (const auto text = value->get_string()) return text->empty();
  return value->is_array() && value->empty();
}

Result<void> render_nodes(const std::vector<Node>& nodes, Scopes& scopes, std::string& out) {
  for (const Node& node : nodes) {
    if (out.size() > kMaxRenderedBytes)
      return Error(Errc::LimitExceeded, "the rendered template is too large");
    if (node.kind == Node::Kind::Text) {
      out += node.text;
      continue;
    }
    const json::Value* value = look_up(scopes, node.text);
    switch (node.kind) {
      case Node::Kind::Text: break;
      case Node::Kind::Value:
      case Node::Kind::Raw: {
        if (value == nullptr || value->is_null()) break;
        const auto text = value->get_string();
        const std::string other = text ? std::string() : json::to_string(*value);
        const std::string_view shown = text ? *text : std::string_view(other);
        if (node.kind == Node::Kind::Raw) {
          out += shown;
        } else {
          append_escaped_html(out, shown);
        }
        break;
      }
      case Node::Kind::Inverted:
        if (is_falsy(value)) AVILA_TRY_VOID(render_nodes(node.children, scopes, out));
        break;
      case Node::Kind::Section: {
        if (is_falsy(value)) break;
        const json::Array* elements = value->get_array();
        const std::size_t count = elements != nullptr ? elements->size() : 1;
        for (std::size_t i = 0; i < count; ++i) {
          scopes.push_back(elements != nullptr ? &(*elements)[i] : value);
          AVILA_TRY_VOID(render_nodes(node.children, scopes, out));
          scopes.pop_back();
        }
        break;
      }
    }
  }
  return {};
}

}  // namespace

Template::Template(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::parse(std::string_view text) {
  auto root = std::make_unique<Node>();
  std::size_t at = 0;
  AVILA_TRY_VOID(parse_nodes(text, at, "", 0, root->children));
  return Template(std::move(root));
}

Result<std::string> Template::render(const json::Value& values) const {
  std::string out;
  Scopes scopes{&values};
  AVILA_TRY_VOID(render_nodes(root_->children, scopes, out));
  return out;
}

}  // namespace avila::web
