// The Brotli decoder, RFC 7932.
#pragma once
#include "bit_reader.hpp"
#include "brotli_dictionary.hpp"
#include "brotli_format.hpp"
#include "core.hpp"
#include "prefix_table.hpp"

namespace avila::compress::detail::brotli {

inline bool has(BitReader& reader, unsigned n) {
  if (reader.count < n) reader.refill();
  return reader.count >= n;
}

// Entries of the tables: above the code length, and bits that a later step wants at once,
//   literal:  its part in the context of the next << 24 | byte << 16 | of the one after that << 8,
//             or the next one's code << 24 | byte << 16
//   command:  kImplicit | context of its distance << 26 | symbol << 16 | bits of code and extra <<
//   8 distance: symbol << 16 | bits of code and extra << 8 others:   symbol << 16
inline constexpr std::uint32_t kImplicit = 1U << 28;

// Reads an entry; false when the input ends within.
inline bool read_entry(BitReader& reader, const std::uint32_t* table, std::uint32_t& entry) {
  if (reader.count < 15) reader.refill();
  entry = table[reader.peek(PrefixTable::kRootBits)];
  unsigned bits = entry & 0xFF;
  if ((entry & PrefixTable::kLink) != 0) {
    const std::uint32_t place = static_cast<std::uint32_t>(reader.bits >> PrefixTable::kRootBits) &
                                ((1U << (entry >> 8 & 0x7F)) - 1);
    entry = table[(entry >> 16) + place];
    bits = PrefixTable::kRootBits + (entry & 0xFF);
  }
  if (reader.count < bits) return false;
  reader.skip(bits);
  return true;
}

enum Kind : unsigned { kLiteral, kCommand, kDistance };

class BrotliDecoder final : public DecoderCore {
 public:
  Result<Stop> run(const std::byte*& in, const std::byte* end, Output& out) override;
  bool at_boundary() const noexcept override { return state_ == State::Done; }
  bool takes_more() const noexcept override { return false; }
  Needs needs() const noexcept override { return {window_, 1}; }

 private:
  enum class State : std::uint8_t {
    StreamHeader,
    MetaHeader,
    Skip,
    Stored,
    BlockTypes,
    Distances,
    ContextMapHead,
    ContextMap,
    ContextMapEnd,
    Codes,
    Command,
    Literals,
    Distance,
    Copy,
    Word,
    Done,
  };
  enum class Step : std::uint8_t { Next, NeedInput, NeedOutput, Damaged };

  // Literals, commands and distances change their block type on their own.
  struct Blocks {
    unsigned types = 1, type = 0, before = 1;
    std::uint32_t left = 1U << 24;
    std::vector<std::uint32_t> type_code, count_code;
  };
  struct Codes {
    std::vector<std::uint32_t> table;
    std::vector<std::uint32_t> start;  // of each code
    const std::uint32_t* of(std::size_t i) const noexcept { return table.data() + start[i]; }
  };

  // A distance is base + (extra bits << postfix).
  struct DistanceCode {
    std::uint32_t base;
    std::uint8_t extra;
  };
  static constexpr unsigned kMaxDistances = 16 + (15U << 3) + (48U << 3);
  struct FastCommands;

  Step take(BitReader& reader, Output& out);
  Step stream_header(BitReader& reader);
  Step meta_header(BitReader& reader);
  Step block_types(BitReader& reader);
  Step distances(BitReader& reader);
  void make_distance_codes();
  Step context_map_head(BitReader& reader);
  Step context_map(BitReader& reader);
  Step context_map_end(BitReader& reader);
  Step codes(BitReader& reader);
  // How a code is read: its symbols' entries, and what a bit of code length adds to them.
  struct Alphabet {
    unsigned size;
    const std::uint32_t* values;
    std::uint32_t per_bit;
  };
  // Into the kRoot entries at `start`, and what comes behind all.
  Step prefix_code(BitReader& reader, Alphabet alphabet, std::vector<std::uint32_t>& tables,
                   std::size_t start);
  Step simple_code(BitReader& reader, Alphabet alphabet, std::vector<std::uint32_t>& tables,
                   std::size_t start);
  Step only_code(BitReader& reader, unsigned symbols, std::vector<std::uint32_t>& table);
  Step count(BitReader& reader, unsigned& value);
  Step block_count(BitReader& reader, const std::uint32_t* table, std::uint32_t& value);
  Step switch_block(BitReader& reader, unsigned kind);
  bool choose_by_last();
  void begin_codes();
  Step command(BitReader& reader);
  Step literals(BitReader& reader, Output& out);
  void literals_fast(BitReader& reader, Output& out);
  void commands_fast(BitReader& reader, Output& out);
  Step distance(BitReader& reader, const Output& out);
  void take_distance(BitReader& reader, std::uint32_t symbol);
  Step finish_distance(std::uint32_t symbol, std::uint64_t all);
  void set_literal_context();
  Step damaged_at(const char* what) {
    why_ = what;
    return Step::Damaged;
  }

  State state_ = State::StreamHeader;
  std::uint8_t bit_count_ = 0, bit_rest_ = 0;
  const char* why_ = "";
  std::size_t window_ = 1U << 10;
  std::uint64_t written_ = 0;  // before this run
  const std::byte* run_start_ = nullptr;
  std::byte last_[2] = {};  // bytes, for contexts

  bool last_meta_ = false;
  std::uint32_t meta_left_ = 0;
  unsigned category_ = 0, index_ = 0;
  Blocks blocks_[3];
  unsigned postfix_ = 0, direct_ = 0;
  std::pair<unsigned, unsigned> distance_shape_{~0U, 0};  // postfix_ and direct_ of these:
  std::array<DistanceCode, kMaxDistances> distance_codes_;
  std::array<std::uint32_t, kMaxDistances> distance_values_;
  std::vector<std::uint8_t> modes_;
  std::vector<std::uint8_t> maps_[2];  // of literals and distances
  unsigned trees_[2] = {1, 1};
  unsigned run_max_ = 0;
  std::vector<std::uint32_t> map_code_;
  Codes codes_[3];
  // Up to so many literal codes have their first tables in a row, all that link to second ones
  // within reach.
  static constexpr unsigned kMostRows = 64;
  bool by_last_ = false;                           // an entry says which code the next literal has
  std::array<std::uint32_t, 256> literal_values_;  // then
  std::vector<const std::uint32_t*> literal_tables_;  // of each context's code
  bool one_mode_ = true;                              // of all types of literal blocks

  const std::uint8_t* context_map_row_ = nullptr;
  const std::uint8_t* context_last_ = nullptr;
  const std::uint8_t* context_before_ = nullptr;
  bool one_tree_ = true;
  std::uint32_t insert_left_ = 0, copy_length_ = 0;
  bool implicit_distance_ = false;
  std::uint32_t ring_[4] = {16, 15, 11, 4};
  unsigned ring_at_ = 0;  // of the last one: ring_[(ring_at_ + 3) & 3]
  std::uint32_t copy_distance_ = 0;
  std::byte word_[kMaxTransformed];
  std::size_t word_at_ = 0, word_size_ = 0;
};

}  // namespace avila::compress::detail::brotli
