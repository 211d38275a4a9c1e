#include <avila/id/nano_id.hpp>
#include <avila/random/chacha.hpp>

#include <bit>

namespace avila::id {
namespace {

Result<void> check_alphabet(std::string_view alphabet) {
  if (alphabet.size() < 2 || alphabet.size() > 256)
    return Error(Errc::InvalidArgument, "NanoID: an alphabet has 2 to 256 characters, not " +
                                            std::to_string(alphabet.size()));
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    if (alphabet.find(alphabet[i]) != i)
      return Error(Errc::InvalidArgument, "NanoID: a character stands twice in the alphabet",
                   {.offset = i});
  return {};
}

}  // namespace

std::string NanoId::generate() {
  std::byte random[kNanoIdSize];
  random::secure_random().fill(random);
  std::string id(kNanoIdSize, '\0');
  for (std::size_t i = 0; i < kNanoIdSize; ++i)
    id[i] = kNanoIdAlphabet[static_cast<unsigned>(random[i]) & 63];
  return id;
}

Result<std::string> NanoId::generate(std::size_t size, std::string_view alphabet) {
  return generate(size, alphabet, random::secure_random());
}

Result<std::string> NanoId::generate(std::size_t size, std::string_view alphabet,
                                     random::SecureRandom& random) {
  AVILA_TRY_VOID(check_alphabet(alphabet));
  if (size == 0 || size > kMaxNanoIdSize)
    return Error(Errc::InvalidArgument,
                 "NanoID: size " + std::to_string(size) + " is not within 1 and 1024");
  // Masked to the next power of two; what lies beyond the alphabet is drawn again, so that a
  // modulus favours nobody.
  const auto mask = static_cast<unsigned>(std::bit_ceil(alphabet.size()) - 1);
  std::string id;
  id.reserve(size);
  std::byte batch[64];
  while (true) {
    random.fill(batch);
    for (const std::byte byte : batch) {
      const unsigned at = static_cast<unsigned>(byte) & mask;
      if (at >= alphabet.size()) continue;
      id += alphabet[at];
      if (id.size() == size) return id;
    }
  }
}

Result<void> NanoId::check(std::string_view text, std::size_t size, std::string_view alphabet) {
  AVILA_TRY_VOID(check_alphabet(alphabet));
  if (text.size() != size)
    return Error(Errc::Malformed, "NanoID: expected " + std::to_string(size) + " characters",
                 {.offset = text.size()});
  const auto bad = text.find_first_not_of(alphabet);
  if (bad != std::string_view::npos)
    return Error(Errc::Malformed, "NanoID: a character outside the alphabet", {.offset = bad});
  return {};
}

}  // namespace avila::id
