#include "continuation.hpp"

#include <avila/hash/siphash.hpp>
#include <avila/text/encoding.hpp>

namespace avila::aviladb {

namespace {
constexpr std::size_t kTagBytes = 16;
}

std::string seal_continuation(const std::array<std::byte, 16>& secret, std::string_view state) {
  const auto tag = hash::siphash_2_4_128(secret, as_bytes(state));
  std::string raw(as_text(tag));
  raw += state;
  return text::base64url_encode(raw);
}

Result<std::string> open_continuation(const std::array<std::byte, 16>& secret,
                                      std::string_view text) {
  const auto bad = [] {
    return Error(Errc::InvalidArgument, "the continuation is damaged or of another store",
                 {.hint = "give back the text of the last answer unchanged"});
  };
  if (text.size() > kMaxContinuationBytes) return bad();
  auto raw = text::base64url_decode(text);
  if (!raw || raw->size() < kTagBytes) return bad();
  const std::string state = raw->substr(kTagBytes);
  const auto tag = hash::siphash_2_4_128(secret, as_bytes(state));
  unsigned difference = 0;  // CT: depends on the length only
  for (std::size_t i = 0; i < kTagBytes; ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>((*raw)[i])) ^
                  std::to_integer<unsigned>(tag[i]);
  if (difference != 0) return bad();
  return state;
}

}  // namespace avila::aviladb
