// Input: document, newline, patch. A patch works or changes nothing; diff and merge_diff lead from
// one document to the other.
#include <avila/error/assert.hpp>
#include <avila/json/patch.hpp>
#include <cstdint>

using namespace avila::json;

namespace {
bool has_null(const Value& value) {
  if (value.is_null()) return true;
  if (const Object* object = value.get_object())
    for (const Member& member : *object)
      if (has_null(member.value)) return true;
  return false;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return 0;
  const auto first = parse(text.substr(0, cut)), second = parse(text.substr(cut + 1));
  if (!first.has_value() || !second.has_value()) return 0;

  Value document = *first;
  if (!apply_patch(document, *second).has_value()) AVILA_ASSERT(document == *first);
  (void)to_string(document);
  Value extended = *first;
  if (!apply_patch(extended, *second, {.extended = true}).has_value())
    AVILA_ASSERT(extended == *first);

  Value changed = *first;
  const auto applied = apply_patch(changed, diff(*first, *second));
  AVILA_ASSERT(applied.has_value());
  AVILA_ASSERT(changed == *second);
  if (!has_null(*second) || !second->is_object()) {
    Value merged = *first;
    merge_patch(merged, merge_diff(*first, *second));
    AVILA_ASSERT(merged == *second);
  }
  merge_patch(document, *second);
  return 0;
}
