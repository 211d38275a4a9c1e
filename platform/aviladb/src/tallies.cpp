#include "tallies.hpp"

#include <avila/primitives/endian.hpp>

#include "keys.hpp"

namespace avila::aviladb {

namespace {
constexpr std::size_t kEntryBytes = 12;

class AddTallies final : public lsm::MergeOperator {
 public:
  const char* name() const noexcept override { return "aviladb.tallies"; }
  bool merge(std::string_view, std::optional<std::string_view> base,
             std::span<const std::string_view> operands, std::string& result) const override {
    Tallies sum;
    if (base && !add_tallies(sum, *base)) return false;
    for (const std::string_view operand : operands)
      if (!add_tallies(sum, operand)) return false;
    result = encode_tallies(sum);
    return true;
  }
  bool combine(std::string_view key, std::span<const std::string_view> operands,
               std::string& result) const override {
    return merge(key, std::nullopt, operands, result);
  }
};
}  // namespace

std::string encode_tallies(const Tallies& tallies) {
  std::string out;
  for (const auto& [number, count] : tallies) {
    if (count == 0) continue;
    char raw[4];
    store_be32(raw, number);
    out.append(raw, sizeof raw);
    append_be64(out, static_cast<std::uint64_t>(count));
  }
  return out;
}

Result<void> add_tallies(Tallies& to, std::string_view encoded) {
  if (encoded.size() % kEntryBytes != 0)
    return Error(Errc::Corrupted, "counters of a collection have the wrong length");
  for (; !encoded.empty(); encoded.remove_prefix(kEntryBytes)) {
    // Unsigned: damaged numbers may overflow.
    std::int64_t& sum = to[load_be32(encoded.data())];
    sum =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) + load_be64(encoded.data() + 4));
  }
  return {};
}

std::shared_ptr<const lsm::MergeOperator> tally_operator() {
  return std::make_shared<AddTallies>();
}

}  // namespace avila::aviladb
