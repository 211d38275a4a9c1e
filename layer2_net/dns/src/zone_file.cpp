#include <avila/dns/zone_file.hpp>
#include <optional>

namespace avila::dns {
namespace {

/// Cuts a file into entries: a line, or more where parentheses or quotes hold them together.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::size_t line() const noexcept { return first_line_; }

  std::optional<std::string_view> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t start = at_;
    first_line_ = line_;
    int depth = 0;
    bool quoted = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        ++at_;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ';' && !quoted) {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (c == '(' && !quoted) {
        ++depth;
      } else if (c == ')' && !quoted) {
        --depth;
      } else if (c == '\n') {
        ++line_;
        if (depth > 0 || quoted) continue;
        ++at_;
        return text_.substr(start, at_ - 1 - start);
      }
    }
    return text_.substr(start);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t first_line_ = 1;
};

class Parser {
 public:
  explicit Parser(const ZoneFileOptions& options)
      : options_(options), origin_(options.origin), class_(options.record_class) {}

  Result<void> entry(std::string_view text);
  std::vector<Record> records;

 private:
  Result<void> directive(const std::vector<Token>& tokens);

  const ZoneFileOptions& options_;
  Name origin_;
  Class class_;
  std::optional<Name> owner_;
  std::optional<std::uint32_t> directive_ttl_;
  std::optional<std::uint32_t> last_ttl_;
};

Result<void> Parser::directive(const std::vector<Token>& tokens) {
  const std::string& word = tokens[0].text;
  if (tokens.size() != 2) return Error(Errc::Malformed, word + " takes one value");
  if (word == "$ORIGIN") {
    AVILA_TRY(origin_, Name::parse(tokens[1].text, origin_));
    return {};
  }
  AVILA_TRY(directive_ttl_, parse_ttl(tokens[1].text));
  return {};
}

Result<void> Parser::entry(std::string_view text) {
  AVILA_TRY(std::vector<Token> tokens, tokenize(text));
  if (tokens.empty()) return {};
  if (!tokens[0].quoted && tokens[0].text.starts_with('$')) {
    if (tokens[0].text == "$ORIGIN" || tokens[0].text == "$TTL") return directive(tokens);
    return Error(Errc::Unsupported, "no directive " + tokens[0].text.substr(0, 40));
  }
  std::size_t at = 0;
  if (text[0] != ' ' && text[0] != '\t') {
    AVILA_TRY(owner_, Name::parse(tokens[at++].text, origin_));
  }
  if (!owner_.has_value()) return Error(Errc::Malformed, "the first record has no owner");
  Record record;
  record.owner = *owner_;
  record.record_class = class_;
  // [TTL] [class] type or [class] [TTL] type. A class, a TTL and a type never look alike.
  std::optional<std::uint32_t> ttl;
  bool has_class = false;
  for (;; ++at) {
    if (at == tokens.size()) return Error(Errc::Malformed, "the record has no type");
    const std::string& word = tokens[at].text;
    if (!ttl.has_value() && !word.empty() && word[0] >= '0' && word[0] <= '9') {
      AVILA_TRY(ttl, parse_ttl(word));
      continue;
    }
    if (!has_class && word != "ANY" && word != "any") {
      const auto named = parse_class(word);
      if (named.has_value()) {
        record.record_class = *named;
        has_class = true;
        continue;
      }
    }
    if (!has_class && (word == "ANY" || word == "any") && at + 1 < tokens.size() &&
        parse_type(tokens[at + 1].text).has_value()) {
      record.record_class = Class::ANY;
      has_class = true;
      continue;
    }
    break;
  }
  AVILA_TRY(record.type, parse_type(tokens[at].text));
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  AVILA_TRY(record.rdata, parse_rdata(record.type, tokens, origin_));
  // RFC 2308 section 4: $TTL counts for records without one; before it was, the last record's did.
  record.ttl = ttl.has_value()              ? *ttl
               : directive_ttl_.has_value() ? *directive_ttl_
                                            : last_ttl_.value_or(options_.default_ttl);
  if (record.ttl > kTtlMax) return Error(Errc::Malformed, "the TTL is above 2^31 - 1");
  last_ttl_ = record.ttl;
  if (records.size() >= options_.records_max)
    return Error(Errc::LimitExceeded, "the zone file has too many records");
  records.push_back(std::move(record));
  return {};
}

}  // namespace

Result<std::vector<Record>> parse_zone_file(std::string_view text, const ZoneFileOptions& options) {
  if (text.size() > options.bytes_max)
    return Error(Errc::LimitExceeded, "the zone file is too long");
  Lines lines(text);
  Parser parser(options);
  while (const auto entry = lines.next()) {
    if (entry->empty()) continue;
    auto done = parser.entry(*entry);
    if (!done.has_value())
      return std::move(done).error().context("line " + std::to_string(lines.line()));
  }
  return std::move(parser.records);
}

Result<Record> parse_record(std::string_view line, const ZoneFileOptions& options) {
  AVILA_TRY(std::vector<Record> records, parse_zone_file(line, options));
  if (records.size() != 1) return Error(Errc::Malformed, "the text is not one record");
  return std::move(records[0]);
}

}  // namespace avila::dns
