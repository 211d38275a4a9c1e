// The function table. A function gets its arguments evaluated and gives Undefined for arguments of
// types it does not take.
#pragma once
#include <avila/sql/evaluate.hpp>
#include <span>

namespace avila::sql {

using Args = std::span<const Datum>;
using FunctionBody = Datum (*)(Context&, Args);

struct Function {
  const char* name;  ///< upper case
  std::uint8_t least, most;
  FunctionBody body;
  const char* usage;
};

const Function* find_function(std::string_view upper_name) noexcept;
std::span<const Function> string_functions() noexcept;
std::span<const Function> math_functions() noexcept;
std::span<const Function> array_functions() noexcept;
std::span<const Function> type_functions() noexcept;
std::span<const Function> date_functions() noexcept;
std::span<const Function> geo_functions() noexcept;
inline constexpr std::uint8_t kAnyNumber = 255;

/// A string of the context's arena.
inline Datum make_string(Context& context, std::string_view text) {
  if (!context.room(text.size())) return {};
  return Datum::string(context.arena->copy(text));
}
Datum make_array(Context& context, const std::vector<Datum>& items);

Datum arithmetic(Op op, const Datum& a, const Datum& b);

}  // namespace avila::sql
