#include <avila/asn1/pem.hpp>
#include <avila/text/encoding.hpp>

#include <algorithm>

namespace avila::asn1 {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
constexpr std::size_t kLine = 64;

std::string_view trimmed(std::string_view line) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && space(line.back())) line.remove_suffix(1);
  while (!line.empty() && space(line.front())) line.remove_prefix(1);
  return line;
}

struct Lines {
  std::string_view text;
  std::size_t at = 0, line_at = 0;

  bool next(std::string_view& line) {
    if (at >= text.size()) return false;
    line_at = at;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    line = trimmed(text.substr(at, end - at));
    at = end + 1;
    return true;
  }
};

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxPemLabel &&
         std::all_of(label.begin(), label.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// What stands between the dashes of "-----BEGIN X-----"; nothing for other lines.
std::string_view label_of(std::string_view line, std::string_view start) {
  if (!line.starts_with(start) || !line.ends_with(kDashes) ||
      line.size() < start.size() + kDashes.size())
    return {};
  line.remove_prefix(start.size());
  line.remove_suffix(kDashes.size());
  return is_label(line) ? line : std::string_view();
}

Result<PemBlock> read_block(Lines& lines, std::string_view label) {
  const std::size_t began = lines.line_at;
  PemBlock block;
  block.label = label;
  std::string base64, *folded = nullptr;
  std::string_view line;
  while (lines.next(line)) {
    if (line.starts_with(kEnd)) {
      if (label_of(line, kEnd) != label)
        return Error(Errc::Malformed, "the block ends with another label",
                     {.offset = lines.line_at});
      auto bytes = text::base64_decode(base64);
      if (!bytes.has_value())
        return Error(Errc::Malformed, "bad base64 in " + block.label, {.offset = began});
      const ByteSpan span = as_bytes(*bytes);
      block.bytes.assign(span.begin(), span.end());
      return block;
    }
    if (line.starts_with(kBegin)) break;
    const std::size_t colon = line.find(':');
    if (base64.empty() && colon != line.npos) {
      block.headers.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
      folded = &block.headers.back().second;
    } else if (line.empty()) {
      folded = nullptr;
    } else if (folded != nullptr && folded->ends_with(',')) {
      *folded += line;  // RFC 1421 §4.6: a header goes on in the next line
    } else {
      folded = nullptr;
      base64 += line;
    }
  }
  return Error(Errc::Malformed, "the block has no end", {.offset = began});
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  std::vector<PemBlock> blocks;
  Lines lines{text};
  std::string_view line;
  while (lines.next(line)) {
    const std::string_view label = label_of(line, kBegin);
    if (label.empty()) continue;
    if (blocks.size() == kMaxPemBlocks) return Error(Errc::LimitExceeded, "too many PEM blocks");
    AVILA_TRY(PemBlock block, read_block(lines, label));
    blocks.push_back(std::move(block));
  }
  return blocks;
}

Result<PemBlock> find_pem(std::string_view text, std::string_view label) {
  AVILA_TRY(std::vector<PemBlock> blocks, parse_pem(text));
  std::string there;
  for (PemBlock& block : blocks) {
    if (block.label == label) return std::move(block);
    there += (there.empty() ? "" : ", ") + block.label;
  }
  return Error(Errc::NotFound, "no PEM block " + std::string(label) +
                                   (there.empty() ? ", nor any other" : "; there is: " + there));
}

std::string to_pem(std::string_view label, ByteSpan bytes) {
  const std::string base64 = text::base64_encode(bytes);
  std::string text = std::string(kBegin) + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kLine) text.append(base64, at, kLine) += '\n';
  return text + std::string(kEnd) + std::string(label) + "-----\n";
}

}  // namespace avila::asn1
