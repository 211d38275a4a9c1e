#include <avila/hash/secret.hpp>
#include <avila/kdf/password.hpp>
#include <avila/kdf/phc.hpp>
#include <avila/kdf/scrypt.hpp>
#include <avila/random/chacha.hpp>

#include <array>
#include <charconv>
#include <span>
#include <variant>

namespace avila::kdf {
namespace {

struct Stored {
  std::variant<Argon2Parameters, ScryptParameters> parameters;
  std::string salt, hash;
};

constexpr std::pair<std::string_view, Argon2Type> kArgon2Names[] = {
    {"argon2d", Argon2Type::D}, {"argon2i", Argon2Type::I}, {"argon2id", Argon2Type::Id}};

/// The parameters of `parts`: exactly those named, in this order, as decimal numbers.
template <std::size_t N>
Result<std::array<std::uint32_t, N>> numbers(const PhcString& parts,
                                             const std::array<std::string_view, N>& names) {
  std::array<std::uint32_t, N> values{};
  bool fits = parts.parameters.size() == N;
  for (std::size_t i = 0; fits && i < N; ++i) {
    const auto& [name, digits] = parts.parameters[i];
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, values[i]);
    fits = name == names[i] && read.ec == std::errc() && read.ptr == end &&
           (digits.size() == 1 || digits[0] != '0');
  }
  if (!fits) return Error(Errc::Malformed, "password hash: not the parameters of its function");
  return values;
}

Result<Argon2Parameters> argon2_of(const PhcString& parts, Argon2Type type) {
  // The reference implementation wrote no version before 0x13.
  const std::uint32_t version = parts.version.value_or(0x10);
  if (version != 0x10 && version != 0x13)
    return Error(Errc::Unsupported, "password hash: unknown version of Argon2");
  AVILA_TRY(const auto values, numbers(parts, std::array<std::string_view, 3>{"m", "t", "p"}));
  return Argon2Parameters{.type = type,
                          .version = static_cast<Argon2Version>(version),
                          .memory_kib = values[0],
                          .passes = values[1],
                          .lanes = values[2]};
}

Result<ScryptParameters> scrypt_of(const PhcString& parts) {
  if (parts.version.has_value())
    return Error(Errc::Malformed, "password hash: scrypt has no version");
  AVILA_TRY(const auto values, numbers(parts, std::array<std::string_view, 3>{"ln", "r", "p"}));
  if (values[0] > 31) return Error(Errc::LimitExceeded, "password hash: scrypt n above 2^31");
  return ScryptParameters{.n = std::uint64_t{1} << values[0], .r = values[1], .p = values[2]};
}

Result<Stored> read_stored(std::string_view text) {
  AVILA_TRY(PhcString parts, parse_phc(text));
  if (parts.salt.size() < kPasswordSaltMin || parts.salt.size() > kPasswordSaltMax)
    return Error(Errc::Malformed, "password hash: salt of less than 8 or more than 48 bytes");
  if (parts.hash.size() < kPasswordHashMin || parts.hash.size() > kPasswordHashMax)
    return Error(Errc::Malformed, "password hash: hash of less than 12 or more than 64 bytes");
  Stored stored{{}, std::move(parts.salt), std::move(parts.hash)};
  for (const auto& [name, type] : kArgon2Names) {
    if (parts.id != name) continue;
    AVILA_TRY(stored.parameters, argon2_of(parts, type));
    return stored;
  }
  if (parts.id != "scrypt") return Error(Errc::Unsupported, "password hash: unknown function");
  AVILA_TRY(stored.parameters, scrypt_of(parts));
  return stored;
}

Result<void> check_limits(std::uint64_t memory_kib, std::uint64_t passes, std::uint32_t lanes,
                          const PasswordLimits& limits) {
  if (memory_kib > limits.memory_kib_max)
    return Error(Errc::LimitExceeded, "password hash: asks for too much memory");
  if (lanes > limits.lanes_max)
    return Error(Errc::LimitExceeded, "password hash: asks for too many lanes");
  // Memory and passes are below 2^32 each.
  if (memory_kib * passes > limits.cost_max)
    return Error(Errc::LimitExceeded, "password hash: asks for too much work");
  return {};
}

Result<void> derive(std::string_view password, const Stored& stored, const PasswordLimits& limits,
                    MutableByteSpan out) {
  if (const auto* known = std::get_if<Argon2Parameters>(&stored.parameters)) {
    AVILA_TRY_VOID(check_limits(known->memory_kib, known->passes, known->lanes, limits));
    Argon2Parameters parameters = *known;
    parameters.threads = limits.threads;
    return argon2(as_bytes(password), as_bytes(stored.salt), parameters, out);
  }
  ScryptParameters parameters = std::get<ScryptParameters>(stored.parameters);
  if (parameters.r > kScryptRpMax)  // so that the product below fits
    return Error(Errc::LimitExceeded, "password hash: asks for too much memory");
  const std::uint64_t memory_kib = ((parameters.n + parameters.p + 1) * parameters.r + 7) / 8;
  AVILA_TRY_VOID(check_limits(memory_kib, parameters.p, parameters.p, limits));
  parameters.memory_max = memory_kib * 1024;
  return scrypt(as_bytes(password), as_bytes(stored.salt), parameters, out);
}

}  // namespace

Result<std::string> password_hash(std::string_view password, const PasswordParameters& parameters) {
  const auto& [argon2_parameters, salt_size, hash_size] = parameters;
  if (salt_size < kPasswordSaltMin || salt_size > kPasswordSaltMax ||
      hash_size < kPasswordHashMin || hash_size > kPasswordHashMax)
    return Error(Errc::InvalidArgument, "password hash: size of salt or hash out of range");
  if (argon2_parameters.version != Argon2Version::V13)
    return Error(Errc::InvalidArgument, "password hash: new hashes are of version 0x13");
  PhcString parts{.id = {},
                  .version = 0x13,
                  .parameters = {{"m", std::to_string(argon2_parameters.memory_kib)},
                                 {"t", std::to_string(argon2_parameters.passes)},
                                 {"p", std::to_string(argon2_parameters.lanes)}},
                  .salt = std::string(salt_size, '\0'),
                  .hash = std::string(hash_size, '\0')};
  for (const auto& [name, type] : kArgon2Names)
    if (type == argon2_parameters.type) parts.id = name;
  random::secure_random().fill(std::as_writable_bytes(std::span(parts.salt)));
  AVILA_TRY_VOID(argon2(as_bytes(password), as_bytes(parts.salt), argon2_parameters,
                        std::as_writable_bytes(std::span(parts.hash))));
  return format_phc(parts);
}

Result<void> password_verify(std::string_view password, std::string_view stored,
                             const PasswordLimits& limits) {
  AVILA_TRY(const Stored known, read_stored(stored));
  std::byte memory[kPasswordHashMax];
  const auto out = MutableByteSpan(memory).first(known.hash.size());
  AVILA_TRY_VOID(derive(password, known, limits, out));
  const bool same = hash::equal_tags(out, as_bytes(known.hash));
  hash::wipe(memory, sizeof memory);
  if (!same) return Error(Errc::Unauthenticated, "wrong password");
  return {};
}

bool password_needs_rehash(std::string_view stored, const PasswordParameters& parameters) {
  const auto known = read_stored(stored);
  if (!known.has_value()) return true;
  const auto* const now = std::get_if<Argon2Parameters>(&known->parameters);
  const Argon2Parameters& wanted = parameters.argon2;
  return now == nullptr || now->type != wanted.type || now->version != wanted.version ||
         now->memory_kib != wanted.memory_kib || now->passes != wanted.passes ||
         now->lanes != wanted.lanes || known->salt.size() != parameters.salt_size ||
         known->hash.size() != parameters.hash_size;
}

}  // namespace avila::kdf
