#include <avila/id/analysis.hpp>
#include <avila/id/ksuid.hpp>
#include <avila/id/nano_id.hpp>
#include <avila/id/snowflake.hpp>
#include <avila/id/ulid.hpp>

#include <cmath>

namespace avila::id {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

/// The smallest usual alphabet that holds every character.
std::size_t usual_alphabet(std::string_view text) noexcept {
  bool digit = false, lower = false, upper = false, url = false, base64 = false, other = false;
  bool hex_only = true, base32_only = true;
  for (const char c : text) {
    digit |= is_digit(c);
    lower |= is_lower(c);
    upper |= is_upper(c);
    url |= c == '-' || c == '_';
    base64 |= c == '+' || c == '/' || c == '=';
    other |= !is_digit(c) && !is_lower(c) && !is_upper(c) &&
             std::string_view("-_+/=").find(c) == std::string_view::npos;
    hex_only &= is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    base32_only &= is_upper(c) || (c >= '2' && c <= '7');
  }
  if (other || (url && base64)) return 94;
  if (url || base64) return 64;
  if (digit && !lower && !upper) return 10;
  if (hex_only && !(lower && upper)) return 16;
  if (!digit && !(lower && upper)) return 26;
  if (base32_only) return 32;
  return lower && upper ? 62 : 36;
}

double random_bits_of(Kind kind, double unknown) noexcept {
  switch (kind) {
    case Kind::UuidV4: return 122;
    case Kind::UuidV7: return 74;
    case Kind::Ulid: return 80;
    case Kind::Ksuid: return 128;
    case Kind::NanoId: return 126;
    case Kind::Snowflake: return 0;
    case Kind::UuidOther:
    case Kind::Unknown: break;
  }
  return unknown;
}

}  // namespace

double entropy_bits(std::size_t alphabet_size, std::size_t length) noexcept {
  return alphabet_size < 2
             ? 0
             : std::log2(static_cast<double>(alphabet_size)) * static_cast<double>(length);
}

double collision_probability(double bits, double count) noexcept {
  if (count < 2) return 0;
  return -std::expm1(-count * (count - 1) / std::exp2(bits + 1));
}

double ids_until_collision(double bits, double probability) noexcept {
  // n(n-1) = c, with c = -2^(bits+1) ln(1-p).
  const double c = -std::exp2(bits + 1) * std::log1p(-probability);
  return (1 + std::sqrt(1 + 4 * c)) / 2;
}

double bits_for(double count, double probability) noexcept {
  if (count < 2) return 0;
  return std::log2(count * (count - 1) / -std::log1p(-probability)) - 1;
}

const char* to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::Unknown: return "unknown";
    case Kind::UuidV4: return "uuid v4";
    case Kind::UuidV7: return "uuid v7";
    case Kind::UuidOther: return "uuid";
    case Kind::Ulid: return "ulid";
    case Kind::Ksuid: return "ksuid";
    case Kind::NanoId: return "nanoid";
    case Kind::Snowflake: return "snowflake";
  }
  return "unknown";
}

Kind detect(std::string_view text) noexcept {
  if (const auto uuid = Uuid::parse_lenient(text); uuid.has_value()) {
    if (!uuid->is_rfc9562()) return Kind::UuidOther;
    return uuid->version() == 4   ? Kind::UuidV4
           : uuid->version() == 7 ? Kind::UuidV7
                                  : Kind::UuidOther;
  }
  if (Ulid::parse(text).has_value()) return Kind::Ulid;
  if (Ksuid::parse(text).has_value()) return Kind::Ksuid;
  if (text.size() >= 15 && Snowflake::parse(text).has_value()) return Kind::Snowflake;
  if (NanoId::check(text).has_value()) return Kind::NanoId;
  return Kind::Unknown;
}

Analysis analyze(std::string_view text) noexcept {
  Analysis out;
  out.kind = detect(text);
  out.length = text.size();
  if (text.empty()) return out;
  std::size_t counts[256] = {};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  const double length = static_cast<double>(text.size());
  for (const std::size_t n : counts) {
    if (n == 0) continue;
    ++out.distinct;
    const double share = static_cast<double>(n) / length;
    out.shannon_bits -= share * std::log2(share);
  }
  out.alphabet_size = usual_alphabet(text);
  out.total_bits = out.shannon_bits * length;
  out.max_bits = entropy_bits(out.alphabet_size, out.length);
  out.random_bits = random_bits_of(out.kind, out.max_bits);
  out.ids_for_one_in_million = ids_until_collision(out.random_bits, 1e-6);
  return out;
}

}  // namespace avila::id
