// The literals of a block: stored, one byte repeated, or Huffman coded in one stream or four.
#include <algorithm>

#include "huffman_code.hpp"
#include "zstd_block.hpp"

namespace avila::compress::detail::zstd {

void number_codes(HuffmanCode& code) {
  std::array<std::uint32_t, kHuffmanLog + 2> count{}, next{};
  for (const std::uint8_t length : code.lengths) ++count[length];
  std::uint32_t value = 0;  // longest codes come first
  for (unsigned length = kHuffmanLog; length > 0; --length) {
    next[length] = value;
    value = (value + count[length]) >> 1;
  }
  for (unsigned i = 0; i < 256; ++i)
    code.codes[i] = static_cast<std::uint16_t>(code.lengths[i] == 0 ? 0 : next[code.lengths[i]]++);
}

bool write_huffman_code(const HuffmanCode& code, Sink& out) {
  unsigned last = 255;
  while (code.lengths[last] == 0) --last;
  const unsigned longest = *std::max_element(code.lengths.begin(), code.lengths.end());
  std::array<std::uint8_t, 256> weights{};
  std::array<std::uint32_t, kLongHuffmanLog + 1> counts{};
  for (unsigned i = 0; i < last; ++i) {
    weights[i] =
        static_cast<std::uint8_t>(code.lengths[i] == 0 ? 0 : longest + 1 - code.lengths[i]);
    ++counts[weights[i]];
  }
  const std::size_t start = out.size();
  out.push_back({});
  unsigned used = 0, highest = 0;
  for (unsigned w = 0; w < counts.size(); ++w)
    if (counts[w] != 0) ++used, highest = w;
  if (used > 1 && last > 2) {
    constexpr unsigned kWeightLog = 6;
    FseDistribution distribution;
    normalize_counts(counts, last, suitable_fse_log(last, highest, kWeightLog), distribution);
    write_fse_distribution(distribution, out);
    FseEncoder encoder;
    encoder.build(distribution);
    BitWriter writer;
    writer.open(out, 256 + 16);
    std::uint32_t states[2] = {};  // of even and odd symbols
    for (unsigned i = last; i-- > 0;) {
      if (i + 2 >= last)
        states[i & 1] = encoder.begin(weights[i]);
      else
        encoder.encode(writer, states[i & 1], weights[i]);
      writer.spill();
    }
    encoder.finish(writer, states[1]);
    encoder.finish(writer, states[0]);
    writer.put(1, 1);
    writer.align();
    writer.close(out);
    const std::size_t size = out.size() - start - 1;
    if (size < 128 && (last > 128 || size < (last + 1) / 2)) {
      out[start] = static_cast<std::byte>(size);
      return true;
    }
    out.resize(start + 1);
  }
  if (last > 128) return false;
  out[start] = static_cast<std::byte>(127 + last);
  for (unsigned i = 0; i < last; i += 2)
    out.push_back(static_cast<std::byte>(weights[i] << 4 | (i + 1 < last ? weights[i + 1] : 0)));
  return true;
}

namespace {

void put_header(Sink& out, unsigned type, std::size_t size) {  // 3.1.1.3.1.1, not compressed
  if (size < 32) {
    out.push_back(static_cast<std::byte>(type | size << 3));
  } else if (size < 4096) {
    out.push_back(static_cast<std::byte>((type | 4 | size << 4) & 0xFF));
    out.push_back(static_cast<std::byte>(size >> 4));
  } else {
    out.push_back(static_cast<std::byte>((type | 12 | size << 4) & 0xFF));
    out.push_back(static_cast<std::byte>(size >> 4 & 0xFF));
    out.push_back(static_cast<std::byte>(size >> 12));
  }
}

void encode_stream(ByteSpan literals, const std::array<std::uint32_t, 256>& words,
                   BitWriter& memory) {
  BitWriter writer = memory;  // of its own, so that it stays in registers
  const std::byte* at = literals.data() + literals.size();
  std::size_t left = literals.size();
  const auto put = [&](std::byte b) {
    const std::uint32_t word = words[static_cast<std::uint8_t>(b)];
    writer.put(word & 0xFFFF, word >> 16);
  };
  for (; left % 4 != 0; --left) put(*--at);
  writer.spill();
  for (; left != 0; left -= 4) {
    put(at[-1]), put(at[-2]), put(at[-3]), put(at[-4]);
    at -= 4;
    writer.spill();
  }
  writer.put(1, 1);
  writer.align();
  memory.at = writer.at;
}

}  // namespace

void BlockWriter::write_literals(Sink& out) {
  const ByteSpan literals(literals_.get(), literal_count_);
  const std::size_t size = literals.size(), start = out.size();
  const auto stored = [&] {
    out.resize(start);
    new_huffman_ = false;
    put_header(out, 0, size);
    append(out, literals);
  };
  constexpr std::size_t kWorthCoding = 40;
  if (size < kWorthCoding) return stored();
  std::array<std::array<std::uint32_t, 256>, 4> parts{};
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4)
    for (std::size_t k = 0; k < 4; ++k) ++parts[k][static_cast<std::uint8_t>(literals[i + k])];
  for (; i < size; ++i) ++parts[0][static_cast<std::uint8_t>(literals[i])];
  std::array<std::uint32_t, 256> counts;
  std::uint32_t most = 0;
  for (unsigned b = 0; b < 256; ++b) {
    counts[b] = parts[0][b] + parts[1][b] + parts[2][b] + parts[3][b];
    most = std::max(most, counts[b]);
  }
  if (most == size) {
    put_header(out, 1, size);
    out.push_back(literals[0]);
    return;
  }
  if (most <= (size >> 7) + 4) return stored();  // close to noise

  huffman_lengths(counts, kHuffmanLog, next_huffman_.lengths.data());
  const auto bits_of = [&](const HuffmanCode& code) {
    std::uint64_t bits = 0;
    for (unsigned b = 0; b < 256; ++b) {
      if (counts[b] != 0 && code.lengths[b] == 0) return ~std::uint64_t{0};
      bits += std::uint64_t{counts[b]} * code.lengths[b];
    }
    return bits;
  };
  const std::size_t header = size < 1024 ? 3 : size < 16384 ? 4 : 5;
  out.resize(start + header);
  const bool described = write_huffman_code(next_huffman_, out);
  const std::uint64_t own_bits =
      described ? bits_of(next_huffman_) + 8 * (out.size() - start - header) : ~std::uint64_t{0};
  const std::uint64_t old_bits = huffman_.ready ? bits_of(huffman_) : ~std::uint64_t{0};
  const bool repeat = old_bits <= own_bits;
  // A smaller gain is not worth the time to read it.
  if (std::min(old_bits, own_bits) / 8 + header + 8 + size / 128 >= size) return stored();
  if (repeat) {
    out.resize(start + header);
  } else {
    number_codes(next_huffman_);
    next_huffman_.ready = true;
    new_huffman_ = true;
  }
  const HuffmanCode& code = repeat ? huffman_ : next_huffman_;
  std::array<std::uint32_t, 256> words;
  for (unsigned b = 0; b < 256; ++b)
    words[b] = code.codes[b] | static_cast<std::uint32_t>(code.lengths[b]) << 16;
  const bool one = size < 256;
  BitWriter writer;
  writer.open(out, std::min(old_bits, own_bits) / 8 + 16);
  if (one) {
    encode_stream(literals, words, writer);
  } else {
    std::byte* const jumps = writer.at;
    const std::size_t part = (size + 3) / 4;
    writer.at += 6;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::byte* const before = writer.at;
      encode_stream(literals.subspan(k * part, k < 3 ? part : size - 3 * part), words, writer);
      if (k < 3) store_le16(jumps + 2 * k, static_cast<std::uint16_t>(writer.at - before));
    }
  }
  writer.close(out);
  const std::size_t packed = out.size() - start - header;
  if (packed + header >= size) return stored();
  const unsigned bits = header == 3 ? 10 : header == 4 ? 14 : 18;
  const unsigned format = header == 3 ? (one ? 0 : 1) : header == 4 ? 2 : 3;
  const std::uint64_t word = (repeat ? 3U : 2U) | format << 2 | std::uint64_t{size} << 4 |
                             std::uint64_t{packed} << (4 + bits);
  for (std::size_t b = 0; b < header; ++b)
    out[start + b] = static_cast<std::byte>(word >> (8 * b) & 0xFF);
}

}  // namespace avila::compress::detail::zstd
