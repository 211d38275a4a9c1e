// One engine by name, for tests and fuzzing to compare; programs have no use for this.
#pragma once
#include <avila/regex/regex.hpp>

namespace avila::regex::detail {

enum class Engine : std::uint8_t { Auto, Pike, LazyDfa, OnePass, BitState };

struct EngineAnswer {
  bool ran = false;  ///< false: the engine cannot search this (the rest says nothing)
  std::optional<Match> match;
  std::vector<std::size_t> spans;  ///< of all groups, where the engine finds them
  std::uint64_t steps = 0;         ///< instructions and bytes visited
};
/// One search by Pike, OnePass (anchored inputs) or BitState with groups; by LazyDfa without.
EngineAnswer run_engine(const Regex& regex, Engine engine, const Input& input);

}  // namespace avila::regex::detail
