// What every Merkle–Damgård hash does with its input: whole blocks at once, the rest kept.
#pragma once
#include <algorithm>
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>
#include <cstring>

namespace avila::hash::detail {

/// Calls run(bytes, blocks); `total` counts all bytes, `buffer` holds total % N of them.
template <std::size_t N, class Run>
void feed_blocks(std::array<std::byte, N>& buffer, std::uint64_t& total, ByteSpan bytes,
                 Run run) noexcept {
  if (bytes.empty()) return;
  const std::size_t held = total % N;
  total += bytes.size();
  if (held != 0) {
    const std::size_t take = std::min(N - held, bytes.size());
    std::memcpy(buffer.data() + held, bytes.data(), take);
    bytes = bytes.subspan(take);
    if (held + take < N) return;
    run(buffer.data(), std::size_t{1});
  }
  if (bytes.size() >= N) run(bytes.data(), bytes.size() / N);
  const std::size_t left = bytes.size() % N;
  if (left != 0) std::memcpy(buffer.data(), bytes.data() + bytes.size() - left, left);
}

/// A one bit, zeros, and the length in bits as `store` writes it into the last LengthSize bytes.
template <std::size_t LengthSize, std::size_t N, class Run, class Store>
void pad_blocks(const std::array<std::byte, N>& buffer, std::uint64_t total, Run run,
                Store store) noexcept {
  std::byte last[2 * N] = {};
  const std::size_t held = total % N;
  if (held != 0) std::memcpy(last, buffer.data(), held);
  last[held] = std::byte{0x80};
  const std::size_t blocks = held < N - LengthSize ? 1 : 2;
  store(last + blocks * N - LengthSize, total * 8);
  run(last, blocks);
}

/// A message that is there at once: its whole blocks, then the padded rest; short ones in a single
/// call of run.
template <std::size_t N, std::size_t LengthSize, class Run, class Store>
void run_whole(ByteSpan bytes, Run run, Store store) noexcept {
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  if (bytes.size() >= 2 * N - LengthSize) {
    const std::size_t blocks = bytes.size() / N;
    run(bytes.data(), blocks);
    bytes = bytes.subspan(blocks * N);
  }
  std::byte last[2 * N] = {};
  if (!bytes.empty()) std::memcpy(last, bytes.data(), bytes.size());
  last[bytes.size()] = std::byte{0x80};
  const std::size_t blocks = bytes.size() < N - LengthSize ? 1 : 2;
  store(last + blocks * N - LengthSize, bits);
  run(last, blocks);
}

}  // namespace avila::hash::detail
