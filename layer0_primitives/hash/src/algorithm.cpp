#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/adler32.hpp>
#include <avila/hash/algorithm.hpp>
#include <avila/hash/blake2.hpp>
#include <avila/hash/blake3.hpp>
#include <avila/hash/crc32.hpp>
#include <avila/hash/crc32c.hpp>
#include <avila/hash/crc64nvme.hpp>
#include <avila/hash/hmac.hpp>
#include <avila/hash/kmac.hpp>
#include <avila/hash/md5.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/hash/xxh64.hpp>
#include <avila/primitives/endian.hpp>
#include <cstring>
#include <string>
#include <utility>

namespace avila::hash {

namespace detail {
struct HasherState {
  virtual ~HasherState() = default;
  virtual void update(ByteSpan bytes) noexcept = 0;
  virtual void finish(MutableByteSpan out) const noexcept = 0;
  virtual HasherState* clone() const = 0;
};
}  // namespace detail

namespace {

using detail::HasherState;

/// A state of class T whose output Finish writes.
template <class T, void (*Finish)(const T&, MutableByteSpan) noexcept>
struct StateOf final : HasherState {
  explicit StateOf(T start) noexcept : state(std::move(start)) {}
  void update(ByteSpan bytes) noexcept override { state.update(bytes); }
  void finish(MutableByteSpan out) const noexcept override { Finish(state, out); }
  HasherState* clone() const override { return new StateOf(state); }
  T state;
};

template <class Array>
void put(const Array& digest, MutableByteSpan out) noexcept {
  std::memcpy(out.data(), digest.data(), digest.size());
}
template <class T>
void finish_copy(const T& state, MutableByteSpan out) noexcept {
  T copy = state;
  put(copy.finish(), out);
}
template <class T>
void squeeze_copy(const T& state, MutableByteSpan out) noexcept {
  T copy = state;
  copy.squeeze(out);
}
template <class T>
void finish_sized(const T& state, MutableByteSpan out) noexcept {
  T copy = state;
  copy.finish_into(out);
}
template <class T>
void finish_in_place(const T& state, MutableByteSpan out) noexcept {
  state.finish(out);
}
void finish_blake3(const Blake3& state, MutableByteSpan out) noexcept { state.finish_into(out); }
void finish_xxh3(const Xxh3& state, MutableByteSpan out) noexcept {
  store_be64(out.data(), state.digest64());
}
void finish_xxh128(const Xxh3& state, MutableByteSpan out) noexcept {
  put(state.digest128().canonical(), out);
}
void finish_xxh64(const Xxh64& state, MutableByteSpan out) noexcept {
  store_be64(out.data(), state.digest());
}
void finish_xxh32(const Xxh32& state, MutableByteSpan out) noexcept {
  store_be32(out.data(), state.digest());
}
template <class T>
void finish_siphash(const T& state, MutableByteSpan out) noexcept {
  store_le64(out.data(), state.digest());  // the paper's bytes: lowest first
}
void finish_siphash128(const SipHash24x128& state, MutableByteSpan out) noexcept {
  put(state.digest(), out);
}

/// A checksum that is a function of the one before.
template <class Word, Word (*Step)(ByteSpan, Word) noexcept, Word Start>
struct Running {
  Word value = Start;
  void update(ByteSpan bytes) noexcept { value = Step(bytes, value); }
};
template <class R>
void finish_running(const R& state, MutableByteSpan out) noexcept {
  store_be(out.data(), state.value);
}

template <class Hash>
HasherState* make_fixed(ByteSpan, std::size_t) {
  return new StateOf<Hash, finish_copy<Hash>>(Hash());
}
template <class Hash>
HasherState* make_hmac(ByteSpan key, std::size_t) {
  return new StateOf<Hmac<Hash>, finish_copy<Hmac<Hash>>>(Hmac<Hash>(key));
}
template <class Shake>
HasherState* make_shake(ByteSpan, std::size_t) {
  return new StateOf<Shake, squeeze_copy<Shake>>(Shake());
}
template <class Kmac>
HasherState* make_kmac(ByteSpan key, std::size_t) {
  return new StateOf<Kmac, finish_in_place<Kmac>>(Kmac(key));
}
template <class Blake2>
HasherState* make_blake2(ByteSpan key, std::size_t size) {
  return new StateOf<Blake2, finish_sized<Blake2>>(Blake2({.size = size, .key = key}));
}
HasherState* make_blake3(ByteSpan key, std::size_t) {
  using State = StateOf<Blake3, finish_blake3>;
  return new State(key.empty() ? Blake3() : Blake3::keyed(key.first<Blake3::kKeySize>()));
}
template <class Hash, void (*Finish)(const Hash&, MutableByteSpan) noexcept>
HasherState* make_plain(ByteSpan, std::size_t) {
  return new StateOf<Hash, Finish>(Hash());
}
template <class Sip, void (*Finish)(const Sip&, MutableByteSpan) noexcept>
HasherState* make_siphash(ByteSpan key, std::size_t) {
  return new StateOf<Sip, Finish>(Sip(SipKey(key.data(), 16)));
}
template <class R>
HasherState* make_running(ByteSpan, std::size_t) {
  return new StateOf<R, finish_running<R>>(R());
}

using Adler32 = Running<std::uint32_t, adler32, 1>;
using Crc32 = Running<std::uint32_t, crc32, 0>;
using Crc32c = Running<std::uint32_t, crc32c, 0>;
using Crc64Nvme = Running<std::uint64_t, crc64nvme, 0>;

constexpr std::size_t kAny = Algorithm::kAnySize;
constexpr Purpose kStrong = Purpose::Cryptographic, kBroken = Purpose::Broken;
constexpr Purpose kFast = Purpose::Fast, kChecksum = Purpose::Checksum;
using Make = HasherState* (*)(ByteSpan key, std::size_t size);

constexpr Algorithm fixed(std::string_view name, Purpose purpose, std::size_t size, Make make) {
  return {name, purpose, size, size, size, KeyUse::None, 0, 0, make};
}
constexpr Algorithm mac(std::string_view name, Purpose purpose, std::size_t size, Make make) {
  return {name, purpose, size, size, size, KeyUse::Needed, 1, kAny, make};
}
constexpr Algorithm siphash(std::string_view name, Purpose purpose, std::size_t size, Make make) {
  return {name, purpose, size, size, size, KeyUse::Needed, 16, 16, make};
}

// SHAKE as a hash has the output of RFC 8702: twice the strength.
constexpr Algorithm kAlgorithms[] = {
    fixed("adler32", kChecksum, 4, make_running<Adler32>),
    {"blake2b", kStrong, 64, 1, 64, KeyUse::Optional, 1, 64, make_blake2<Blake2b>},
    {"blake2s", kStrong, 32, 1, 32, KeyUse::Optional, 1, 32, make_blake2<Blake2s>},
    {"blake3", kStrong, 32, 1, kAny, KeyUse::Optional, 32, 32, make_blake3},
    fixed("crc32", kChecksum, 4, make_running<Crc32>),
    fixed("crc32c", kChecksum, 4, make_running<Crc32c>),
    fixed("crc64nvme", kChecksum, 8, make_running<Crc64Nvme>),
    mac("hmac-md5", kBroken, 16, make_hmac<Md5>),
    mac("hmac-sha1", kBroken, 20, make_hmac<Sha1>),
    mac("hmac-sha224", kStrong, 28, make_hmac<Sha224>),
    mac("hmac-sha256", kStrong, 32, make_hmac<Sha256>),
    mac("hmac-sha3-224", kStrong, 28, make_hmac<Sha3_224>),
    mac("hmac-sha3-256", kStrong, 32, make_hmac<Sha3_256>),
    mac("hmac-sha3-384", kStrong, 48, make_hmac<Sha3_384>),
    mac("hmac-sha3-512", kStrong, 64, make_hmac<Sha3_512>),
    mac("hmac-sha384", kStrong, 48, make_hmac<Sha384>),
    mac("hmac-sha512", kStrong, 64, make_hmac<Sha512>),
    mac("hmac-sha512-224", kStrong, 28, make_hmac<Sha512_224>),
    mac("hmac-sha512-256", kStrong, 32, make_hmac<Sha512_256>),
    {"kmac128", kStrong, 32, 1, kAny, KeyUse::Needed, 1, kAny, make_kmac<Kmac128>},
    {"kmac256", kStrong, 64, 1, kAny, KeyUse::Needed, 1, kAny, make_kmac<Kmac256>},
    fixed("md5", kBroken, 16, make_fixed<Md5>),
    fixed("sha1", kBroken, 20, make_fixed<Sha1>),
    fixed("sha224", kStrong, 28, make_fixed<Sha224>),
    fixed("sha256", kStrong, 32, make_fixed<Sha256>),
    fixed("sha3-224", kStrong, 28, make_fixed<Sha3_224>),
    fixed("sha3-256", kStrong, 32, make_fixed<Sha3_256>),
    fixed("sha3-384", kStrong, 48, make_fixed<Sha3_384>),
    fixed("sha3-512", kStrong, 64, make_fixed<Sha3_512>),
    fixed("sha384", kStrong, 48, make_fixed<Sha384>),
    fixed("sha512", kStrong, 64, make_fixed<Sha512>),
    fixed("sha512-224", kStrong, 28, make_fixed<Sha512_224>),
    fixed("sha512-256", kStrong, 32, make_fixed<Sha512_256>),
    {"shake128", kStrong, 32, 1, kAny, KeyUse::None, 0, 0, make_shake<Shake128>},
    {"shake256", kStrong, 64, 1, kAny, KeyUse::None, 0, 0, make_shake<Shake256>},
    siphash("siphash", kStrong, 8, make_siphash<SipHash24, finish_siphash<SipHash24>>),
    siphash("siphash128", kStrong, 16, make_siphash<SipHash24x128, finish_siphash128>),
    siphash("siphash13", kFast, 8, make_siphash<SipHash13, finish_siphash<SipHash13>>),
    fixed("xxh128", kFast, 16, make_plain<Xxh3, finish_xxh128>),
    fixed("xxh3", kFast, 8, make_plain<Xxh3, finish_xxh3>),
    fixed("xxh32", kFast, 4, make_plain<Xxh32, finish_xxh32>),
    fixed("xxh64", kFast, 8, make_plain<Xxh64, finish_xxh64>),
};
static_assert(std::is_sorted(std::begin(kAlgorithms), std::end(kAlgorithms),
                             [](const Algorithm& a, const Algorithm& b) {
                               return a.name < b.name;
                             }));

Error refuse(const Algorithm& algorithm, const std::string& what, const char* hint = nullptr) {
  return Error(Errc::InvalidArgument, std::string(algorithm.name) + " " + what, {.hint = hint});
}

Result<void> check(const Algorithm& algorithm, std::size_t key, std::size_t size) {
  if (size < algorithm.size_min || size > algorithm.size_max)
    return refuse(algorithm, "has no output of " + std::to_string(size) + " bytes");
  if (key == 0) {
    if (algorithm.key_use == KeyUse::Needed)
      return refuse(algorithm, "needs a key", "give HasherOptions::key");
    return {};
  }
  if (algorithm.key_use == KeyUse::None)
    return refuse(algorithm, "takes no key", "a hash with a key is HMAC: hmac-sha256");
  if (key < algorithm.key_min || key > algorithm.key_max)
    return refuse(algorithm, "has a key of " + std::to_string(algorithm.key_min) + " to " +
                                 std::to_string(algorithm.key_max) + " bytes, not " +
                                 std::to_string(key));
  return {};
}

}  // namespace

std::span<const Algorithm> algorithms() noexcept { return kAlgorithms; }

const Algorithm* find_algorithm(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                   [name](const Algorithm& algorithm) { return algorithm.name == name; });
  return found == std::end(kAlgorithms) ? nullptr : found;
}

Result<Hasher> Hasher::create(std::string_view name, const HasherOptions& options) {
  const Algorithm* const algorithm = find_algorithm(name);
  if (algorithm == nullptr)
    return Error(Errc::NotFound, "no hash of the name " + std::string(name.substr(0, 32)),
                 {.hint = "algorithms() lists the names"});
  const std::size_t size = options.size == 0 ? algorithm->size : options.size;
  AVILA_TRY_VOID(check(*algorithm, options.key.size(), size));
  return Hasher(*algorithm, size, algorithm->make(options.key, size));
}

Hasher::Hasher(const Algorithm& algorithm, std::size_t size, detail::HasherState* state) noexcept
    : algorithm_(&algorithm), size_(size), state_(state) {}
Hasher::Hasher(Hasher&& other) noexcept
    : algorithm_(other.algorithm_),
      size_(other.size_),
      state_(std::exchange(other.state_, nullptr)) {}
Hasher::Hasher(const Hasher& other)
    : algorithm_(other.algorithm_), size_(other.size_), state_(other.state_->clone()) {}
Hasher& Hasher::operator=(Hasher other) noexcept {
  algorithm_ = other.algorithm_;
  size_ = other.size_;
  std::swap(state_, other.state_);
  return *this;
}
Hasher::~Hasher() { delete state_; }

void Hasher::update(ByteSpan bytes) noexcept { state_->update(bytes); }
void Hasher::finish(MutableByteSpan out) const {
  AVILA_ASSERT(out.size() >= size_);
  state_->finish(out.first(size_));
}

}  // namespace avila::hash
