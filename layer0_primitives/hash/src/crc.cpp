#include <avila/hash/crc32.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hash/crc64nvme.hpp>
#include <avila/primitives/endian.hpp>

#include "crc_kernels.hpp"
#include "crc_tables.hpp"

namespace avila::hash {
namespace detail {
namespace {

constexpr auto kCrc32Tables = make_crc_tables(kCrc32Polynomial);
constexpr auto kCrc32cTables = make_crc_tables(kCrc32cPolynomial);
constexpr auto kCrc64NvmeTables = make_crc_tables(kCrc64NvmePolynomial);

template <class Word>
Word slice_by_8(const CrcTables<Word>& t, const std::byte* in, std::size_t size,
                Word state) noexcept {
  for (; size >= 8; size -= 8, in += 8) {
    const std::uint64_t word = load_le64(in) ^ state;
    state = t[7][word & 0xFF] ^ t[6][(word >> 8) & 0xFF] ^ t[5][(word >> 16) & 0xFF] ^
            t[4][(word >> 24) & 0xFF] ^ t[3][(word >> 32) & 0xFF] ^ t[2][(word >> 40) & 0xFF] ^
            t[1][(word >> 48) & 0xFF] ^ t[0][word >> 56];
  }
  for (; size != 0; --size, ++in)
    state = (state >> 8) ^ t[0][(state ^ static_cast<std::uint8_t>(*in)) & 0xFF];
  return state;
}

}  // namespace

std::uint32_t crc32_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept {
  return slice_by_8(kCrc32Tables, in, size, state);
}
std::uint32_t crc32c_portable(const std::byte* in, std::size_t size, std::uint32_t state) noexcept {
  return slice_by_8(kCrc32cTables, in, size, state);
}
std::uint64_t crc64nvme_portable(const std::byte* in, std::size_t size,
                                 std::uint64_t state) noexcept {
  return slice_by_8(kCrc64NvmeTables, in, size, state);
}

}  // namespace detail

std::uint32_t crc32(ByteSpan bytes, std::uint32_t crc) noexcept {
  static const auto run = detail::select_crc32();
  return ~run(bytes.data(), bytes.size(), ~crc);
}
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t crc) noexcept {
  static const auto run = detail::select_crc32c();
  return ~run(bytes.data(), bytes.size(), ~crc);
}
std::uint64_t crc64nvme(ByteSpan bytes, std::uint64_t crc) noexcept {
  static const auto run = detail::select_crc64nvme();
  return ~run(bytes.data(), bytes.size(), ~crc);
}
std::uint32_t crc32_combine(std::uint32_t crc_a, std::uint32_t crc_b,
                            std::uint64_t size_b) noexcept {
  return detail::crc_combine(crc_a, crc_b, size_b, detail::kCrc32Polynomial);
}
std::uint32_t crc32c_combine(std::uint32_t crc_a, std::uint32_t crc_b,
                             std::uint64_t size_b) noexcept {
  return detail::crc_combine(crc_a, crc_b, size_b, detail::kCrc32cPolynomial);
}
std::uint64_t crc64nvme_combine(std::uint64_t crc_a, std::uint64_t crc_b,
                                std::uint64_t size_b) noexcept {
  return detail::crc_combine(crc_a, crc_b, size_b, detail::kCrc64NvmePolynomial);
}

}  // namespace avila::hash
