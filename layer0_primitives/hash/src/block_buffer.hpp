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

/// A message that is there at once: its whole blocks, then the padded rest. A `run` of two ranges
/// gets both in one call; any other is called once where the message is short, else twice. The rest
/// is put together first: loads of blocks wait until the smaller stores into them have retired,
/// which none does before the rounds of the blocks ahead of it are done.
template <std::size_t N, std::size_t LengthSize, class Run, class Store>
void run_whole(ByteSpan bytes, Run run, Store store) noexcept {
  constexpr bool kTogether = requires(const std::byte* in) { run(in, N, in, N); };
  const std::size_t whole = kTogether || bytes.size() >= 2 * N - LengthSize ? bytes.size() / N : 0;
  const ByteSpan rest = bytes.subspan(whole * N);
  std::byte last[2 * N] = {};
  if (!rest.empty()) std::memcpy(last, rest.data(), rest.size());
  last[rest.size()] = std::byte{0x80};
  const std::size_t blocks = rest.size() < N - LengthSize ? 1 : 2;
  store(last + blocks * N - LengthSize, std::uint64_t{bytes.size()} * 8);
  if constexpr (kTogether) {
    run(bytes.data(), whole, last, blocks);
  } else {
    if (whole != 0) run(bytes.data(), whole);
    run(last, blocks);
  }
}

}  // namespace avila::hash::detail
