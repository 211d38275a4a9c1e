// Words of the static dictionary by how they begin, for the encoder.
#pragma once
#include <vector>

#include "brotli_dictionary.hpp"

namespace avila::compress::detail::brotli {

class Words {
 public:
  /// A word with a transform: what the command says, and what comes of it.
  struct Match {
    std::uint32_t length;  // of the word
    std::uint32_t id;      // the distance, less the farthest one of a copy and one
    std::uint32_t size;    // bytes of content
  };
  /// All words; indexed at the first call.
  static const Words& all();
  /// Those that the `left` bytes at `at` begin with, without a prefix or after a space.
  void find(const std::byte* at, std::size_t left, std::vector<Match>& matches) const;

 private:
  static constexpr unsigned kHashLog = 14;
  Words();
  void find_word(const std::byte* at, std::size_t left, bool space, bool upper,
                 std::vector<Match>& matches) const;

  struct Word {
    std::uint16_t index, next;  // the next one of the hash, from 1 on; 0: none
    std::uint8_t length;
  };
  std::vector<Word> words_;
  std::array<std::uint16_t, 1U << kHashLog> first_{};
  // Transforms by what they do: [after a space][first letter in upper case].
  std::vector<std::uint8_t> whole_[2][2];
  std::array<std::uint8_t, 10> omit_last_{};  // by how many bytes; 0: none
};

}  // namespace avila::compress::detail::brotli
