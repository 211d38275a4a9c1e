#include "format.hpp"

#include <algorithm>

namespace avila::post_quantum::detail {

void Prefix::add(ByteSpan more) noexcept {
  std::copy(more.begin(), more.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += more.size();
}

Result<Prefix> Prefix::of_message(ByteSpan context) {
  if (context.size() > 255)
    return Error(Errc::InvalidArgument, "signature context of more than 255 bytes");
  Prefix prefix;
  const std::byte head[2] = {std::byte{0}, static_cast<std::byte>(context.size())};
  prefix.add(head);
  prefix.add(context);
  return prefix;
}

Result<Prefix> Prefix::of_digest(PreHash function, ByteSpan digest, ByteSpan context) {
  constexpr std::uint8_t kSizes[] = {0, 32, 48, 64, 28, 28, 32, 28, 32, 48, 64, 32, 64};
  const auto number = static_cast<std::size_t>(function);
  if (number == 0 || number >= std::size(kSizes) || digest.size() != kSizes[number])
    return Error(Errc::InvalidArgument, "digest whose length is not that of its hash function");
  AVILA_TRY(Prefix prefix, of_message(context));
  prefix.bytes_[0] = std::byte{1};
  // The DER of 2.16.840.1.101.3.4.2.n.
  const std::uint8_t oid[11] = {0x06,
                                0x09,
                                0x60,
                                0x86,
                                0x48,
                                0x01,
                                0x65,
                                0x03,
                                0x04,
                                0x02,
                                static_cast<std::uint8_t>(function)};
  prefix.add(std::as_bytes(std::span(oid)));
  return prefix;
}

}  // namespace avila::post_quantum::detail
