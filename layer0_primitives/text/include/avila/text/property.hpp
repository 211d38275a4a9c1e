// Unicode properties by name (UAX #44, UTS #18; Unicode 15.0), as sets of code points.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace avila::text {

/// first <= last, both inside.
struct CodePointRange {
  char32_t first = 0, last = 0;
  bool operator==(const CodePointRange&) const = default;
};

/// The code points of `name=value`, or of `name` alone: a binary property, a General_Category or a
/// Script, in this order. Names are matched loosely (UAX44-LM3): `Lu`, `uppercase_letter`, `Greek`,
/// `script=Grek`, `scx=Greek`, `age=6.0` (assigned then or before), `gcb=LVT`, `wb=Numeric`,
/// `sb=Lower`, `Alphabetic`, `Emoji`, `Any`, `ASCII`, `Assigned`, `Word` (UTS #18's \w).
/// Sorted, not touching; nothing for a name that does not exist. Decodes its table at each call.
std::optional<std::vector<CodePointRange>> property_ranges(std::string_view name,
                                                           std::string_view value = {});

/// Whether `c` is of the set that UTS #18 calls \w: letters, marks, digits, connectors, joiners.
bool is_word(char32_t c) noexcept;

}  // namespace avila::text
