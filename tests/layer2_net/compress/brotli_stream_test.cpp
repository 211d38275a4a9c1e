// Brotli streams with everything that RFC 7932 has, by chance: block types that change after a
// single symbol, contexts of every mode, distances of every postfix, words, codes of 15 bits.
#include "brotli_dictionary.hpp"
#include "brotli_format.hpp"
#include "huffman_code.hpp"
#include "streams.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::compress::detail;
using namespace avila::compress::detail::brotli;
using compress_test::Bytes;
using compress_test::Random;

struct Bits {
  std::vector<std::pair<std::uint64_t, unsigned>> all;
  void put(std::uint64_t value, unsigned n) { all.emplace_back(value, n); }
  void count(unsigned value) {  // of 1 to 256, 9.2
    put(value != 1 ? 1 : 0, 1);
    if (value == 1) return;
    const auto n = static_cast<unsigned>(std::bit_width(value - 1)) - 1;
    put(n, 3);
    put(value - 1 - (1U << n), n);
  }
  void align() {
    std::size_t sum = 0;
    for (const auto& [value, n] : all) sum += n;
    put(0, static_cast<unsigned>(-sum & 7));
  }
  Bytes bytes() const {
    Bytes out;
    std::size_t at = 0;
    for (const auto& [value, n] : all)
      for (unsigned i = 0; i < n; ++i, ++at) {
        if (at % 8 == 0) out.emplace_back();
        out.back() |= static_cast<std::byte>((value >> i & 1) << (at % 8));
      }
    return out;
  }
};

struct Code {
  unsigned alphabet;
  std::vector<std::uint16_t> symbols;
  std::vector<std::uint8_t> lengths;
  std::vector<std::uint16_t> codes;

  // Leaves are split at random, now and then the deepest one.
  Code(unsigned size, std::vector<std::uint16_t> of, Random& random)
      : alphabet(size), symbols(std::move(of)), lengths(size), codes(size) {
    std::vector<std::uint8_t> depths(1);
    while (depths.size() < symbols.size()) {
      std::size_t leaf = random.below(3) == 0 ? depths.size() - 1 : random.below(depths.size());
      while (depths[leaf] == 15) leaf = (leaf + 1) % depths.size();
      depths.push_back(++depths[leaf]);
    }
    for (std::size_t i = 0; i < symbols.size(); ++i) lengths[symbols[i]] = depths[i];
    canonical_codes(lengths, codes.data());
  }
  void describe(Bits& bits) const {
    if (symbols.size() == 1) {
      bits.put(1, 4);
      bits.put(symbols[0], static_cast<unsigned>(std::bit_width(alphabet - 1)));
      return;
    }
    bits.put(0, 2);  // lengths of 0 to 15, by 4 bits each
    for (const std::uint8_t length : kCodeLengthOrder) bits.put(length < 16 ? 1 : 0, 2);
    unsigned room = 1U << 15;
    for (unsigned i = 0; room != 0; ++i) {
      const unsigned n = lengths[i];
      bits.put((n & 1) << 3 | (n & 2) << 1 | (n & 4) >> 1 | n >> 3, 4);
      if (n != 0) room -= 1U << (15 - n);
    }
  }
  unsigned any(Random& random) const { return symbols[random.below(symbols.size())]; }
  void put(Bits& bits, unsigned symbol) const { bits.put(codes[symbol], lengths[symbol]); }
};

std::vector<std::uint16_t> some(unsigned below, std::size_t n, Random& random) {
  std::vector<std::uint16_t> all(below);
  for (unsigned i = 0; i < below; ++i) all[i] = static_cast<std::uint16_t>(i);
  for (std::size_t i = 0; i < n; ++i) std::swap(all[i], all[i + random.below(below - i)]);
  all.resize(n);
  return all;
}

struct Blocks {
  unsigned types, type = 0, before = 1;
  std::uint32_t left = 1U << 24;
  std::vector<Code> codes;  // of types, of counts

  Blocks(Bits& head, Random& random)
      : types(random.below(3) == 0 ? 1 : 1 + static_cast<unsigned>(random.below(7))) {
    head.count(types);
    if (types == 1) return;
    codes.emplace_back(types + 2, some(types + 2, types + 2, random), random);
    codes.emplace_back(26, some(random.below(4) == 0 ? 2 : 18, 2, random), random);
    for (const Code& code : codes) code.describe(head);
    take_count(head, random);
  }
  void take_count(Bits& bits, Random& random) {
    const unsigned symbol = codes[1].any(random);
    const LengthCode& code = kBlockCountCodes[symbol];
    const std::size_t extra = random.below(std::size_t{1} << code.extra);
    codes[1].put(bits, symbol);
    bits.put(extra, code.extra);
    left = code.base + static_cast<std::uint32_t>(extra);
  }
  void next(Bits& bits, Random& random) {
    if (left-- != 0) return;
    const unsigned symbol = codes[0].any(random);
    codes[0].put(bits, symbol);
    const unsigned old = type;
    type = (symbol == 0 ? before : symbol == 1 ? type + 1 : symbol - 2) % types;
    before = old;
    take_count(bits, random);
    --left;
  }
};

// `group` neighbours have the same tree.
std::vector<std::uint8_t> context_map(Bits& head, std::size_t size, unsigned trees, unsigned group,
                                      Random& random) {
  std::vector<std::uint8_t> map(size);
  head.count(trees);
  if (trees == 1) return map;
  head.put(0, 1);  // no runs
  const Code code(trees, some(trees, trees, random), random);
  code.describe(head);
  for (std::size_t i = 0; i < size; ++i) {
    map[i] = i % group != 0 ? map[i - 1] : static_cast<std::uint8_t>(code.any(random));
    code.put(head, map[i]);
  }
  head.put(0, 1);  // no move to front
  return map;
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_{seed} {
    window_ = random_.below(2) == 0 ? (1U << 10) - 16 : (1U << 16) - 16;
    if (window_ < 1024)
      stream_.put(1 | 2 << 4, 7);
    else
      stream_.put(0, 1);
    stored(100);
    for (std::size_t n = 1 + random_.below(4); n != 0; --n) meta_block();
    stream_.put(3, 2);
  }
  Bytes bytes() const { return stream_.bytes(); }
  const Bytes& content() const { return content_; }

 private:
  void stored(std::size_t size) {
    stream_.put(0, 1 + 2);
    stream_.put(size - 1, 16);
    stream_.put(1, 1);
    stream_.align();
    for (; size != 0; --size) {
      content_.push_back(static_cast<std::byte>(random_.next()));
      stream_.put(static_cast<std::uint8_t>(content_.back()), 8);
    }
  }

  void meta_block() {
    Bits head, body;
    Blocks literals(head, random_), commands(head, random_), distances(head, random_);
    const auto postfix = static_cast<unsigned>(random_.below(4));
    const auto direct = static_cast<unsigned>(random_.below(16)) << postfix;
    head.put(postfix, 2);
    head.put(direct >> postfix, 4);
    std::vector<unsigned> modes;
    const std::size_t mode = random_.below(8);  // mostly one for all
    for (unsigned i = 0; i < literals.types; ++i) {
      modes.push_back(static_cast<unsigned>(mode < 6 ? mode % 4 : random_.below(4)));
      head.put(modes.back(), 2);
    }
    const auto literal_trees =
        1 + static_cast<unsigned>(random_.below(random_.below(8) == 0 ? 120 : 5));
    // Often those that differ in the byte before the last only.
    const unsigned group = random_.below(2) == 0 ? 1 : modes[0] == 2 ? 4 : modes[0] == 3 ? 8 : 1;
    const auto distance_trees = 1 + static_cast<unsigned>(random_.below(5));
    const auto literal_map =
        context_map(head, std::size_t{64} * literals.types, literal_trees, group, random_);
    const auto distance_map =
        context_map(head, std::size_t{4} * distances.types, distance_trees, 1, random_);
    std::vector<Code> literal_codes, command_codes, distance_codes;
    for (unsigned i = 0; i < literal_trees; ++i)
      literal_codes.emplace_back(256, some(256, 1 + random_.below(60), random_), random_)
          .describe(head);
    for (unsigned i = 0; i < commands.types; ++i) {
      std::vector<std::uint16_t> symbols;
      while (symbols.size() < 2 + random_.below(40)) {
        const auto symbol = static_cast<std::uint16_t>(random_.below(kCommands));
        const bool long_one = insert_of(symbol).extra > 4 || copy_of(symbol).extra > 5;
        if (long_one && random_.below(20) != 0) continue;
        if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end())
          symbols.push_back(symbol);
      }
      command_codes.emplace_back(kCommands, std::move(symbols), random_).describe(head);
    }
    const unsigned alphabet = 16 + direct + (48U << postfix);
    for (unsigned i = 0; i < distance_trees; ++i) {
      const unsigned near = std::min(alphabet, 16 + direct + (34U << postfix));
      std::vector<std::uint16_t> symbols = some(near, 1 + random_.below(15), random_);
      if (std::find(symbols.begin(), symbols.end(), 0) == symbols.end()) symbols.push_back(0);
      distance_codes.emplace_back(alphabet, std::move(symbols), random_).describe(head);
    }

    const std::size_t start = content_.size();
    for (std::size_t left = 1 + random_.below(600); left != 0 && content_.size() - start < 60'000;
         --left) {
      commands.next(body, random_);
      const Code& code = command_codes[commands.type];
      const unsigned command = code.any(random_);
      const LengthCode insert = insert_of(command), copy = copy_of(command);
      const std::size_t insert_extra =
                            random_.below(std::size_t{1} << std::min<int>(insert.extra, 12)),
                        copy_extra = random_.below(std::size_t{1} << std::min<int>(copy.extra, 12));
      code.put(body, command);
      body.put(insert_extra, insert.extra);
      body.put(copy_extra, copy.extra);
      for (std::size_t n = insert.base + insert_extra; n != 0; --n) {
        literals.next(body, random_);
        const unsigned context = kContextLast[modes[literals.type]][byte_before(1)] |
                                 kContextBefore[modes[literals.type]][byte_before(2)];
        const Code& tree = literal_codes[literal_map[64 * literals.type + context]];
        const unsigned literal = tree.any(random_);
        tree.put(body, literal);
        content_.push_back(static_cast<std::byte>(literal));
      }
      if (left == 1 && insert.base != 0 && random_.below(2) == 0) break;  // no copy is read
      const auto length = static_cast<std::uint32_t>(copy.base + copy_extra);
      unsigned symbol = 0;
      std::uint64_t extra = 0, distance = ring_[0];
      unsigned extra_bits = 0;
      if (command >= kImplicitCommands) {
        distances.next(body, random_);
        const Code& tree =
            distance_codes[distance_map[4 * distances.type + std::min(length, 5U) - 2]];
        for (int tries = 0; tries < 8; ++tries, symbol = 0, distance = ring_[0], extra_bits = 0) {
          symbol = tree.any(random_);
          if (choose(symbol, postfix, direct, length, left > 1, extra, extra_bits, distance)) break;
        }
        tree.put(body, symbol);
        body.put(extra, extra_bits);
      }
      const std::size_t reach = std::min<std::size_t>(content_.size(), window_);
      if (distance > reach) {
        std::byte word[kMaxTransformed];
        const std::size_t size = word_at(length, distance - reach - 1, word).value();
        content_.insert(content_.end(), word, word + size);
        continue;
      }
      if (symbol != 0) {
        std::copy_backward(ring_, ring_ + 3, ring_ + 4);
        ring_[0] = static_cast<std::uint32_t>(distance);
      }
      for (std::uint32_t n = 0; n < length; ++n)
        content_.push_back(content_[content_.size() - distance]);
    }
    const std::size_t size = content_.size() - start;
    stream_.put(0, 1);
    const unsigned nibbles = size - 1 < 1U << 16 ? 4 : size - 1 < 1U << 20 ? 5 : 6;
    stream_.put(nibbles - 4, 2);
    stream_.put(size - 1, 4 * nibbles);
    stream_.put(0, 1);
    for (const Bits& part : {head, body})
      stream_.all.insert(stream_.all.end(), part.all.begin(), part.all.end());
  }

  // Whether a distance by `symbol` is one to the content or to a word: at the end of a meta-block,
  // where an empty one would not be read, to one that is not empty.
  bool choose(unsigned symbol, unsigned postfix, unsigned direct, std::uint32_t length,
              bool empty_too, std::uint64_t& extra, unsigned& extra_bits, std::uint64_t& distance) {
    extra = extra_bits = 0;
    if (symbol < 16) {
      distance = ring_[kRecentWhich[symbol]] + static_cast<std::uint64_t>(kRecentPlus[symbol]);
    } else if (symbol < 16 + direct) {
      distance = symbol - 15;
    } else {  // section 4, as it is put there
      const unsigned code = symbol - direct - 16;
      extra_bits = 1 + (code >> (postfix + 1));
      extra = random_.below(std::size_t{1} << extra_bits);
      const std::uint64_t offset = ((2 + ((code >> postfix) & 1ULL)) << extra_bits) - 4;
      distance = ((offset + extra) << postfix) + (code & ((1U << postfix) - 1)) + direct + 1;
    }
    const std::size_t reach = std::min<std::size_t>(content_.size(), window_);
    if (distance == 0 || distance > 1U << 31) return false;
    std::byte word[kMaxTransformed];
    if (distance <= reach) return true;
    const auto size = word_at(length, distance - reach - 1, word);
    return size.has_value() && (empty_too || *size != 0);
  }
  std::uint8_t byte_before(std::size_t n) const {
    return static_cast<std::uint8_t>(content_[content_.size() - n]);
  }

  Random random_;
  Bits stream_;
  Bytes content_;
  std::size_t window_ = 0;
  std::uint32_t ring_[4] = {4, 11, 15, 16};
};

TEST(BrotliStream, WhateverTheFormatAllowsIsDecodedWholeAndInPieces) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Maker made(seed);
    const Bytes stream = made.bytes();
    const auto whole = compress::decompress(compress::Format::Brotli, stream);
    ASSERT_TRUE(whole.has_value()) << whole.error().to_string();
    ASSERT_TRUE(*whole == made.content());
    const auto pieces = compress_test::decode_in_pieces(compress::Format::Brotli, stream, {}, seed);
    ASSERT_TRUE(pieces.has_value()) << pieces.error().to_string();
    ASSERT_TRUE(*pieces == made.content());
  }
}

}  // namespace
