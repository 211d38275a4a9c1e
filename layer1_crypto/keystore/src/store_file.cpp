#include "store_file.hpp"

#include <avila/hash/sha256.hpp>

#include "wire.hpp"

namespace avila::keystore {
namespace {

constexpr std::string_view kMagic = "AVLKEYS1";
constexpr std::size_t kSum = hash::Sha256::kSize;

void write_how(WireWriter& out, const SealRecord& seal) {
  out.u8(static_cast<std::uint8_t>(seal.how.index() + 1));
  out.bytes(seal.id);
  if (const auto* shamir = std::get_if<ShamirRecord>(&seal.how)) {
    out.u8(shamir->threshold);
    out.u8(shamir->shares);
  } else if (const auto* passphrase = std::get_if<PassphraseRecord>(&seal.how)) {
    out.u32(passphrase->argon2.memory_kib);
    out.u32(passphrase->argon2.passes);
    out.u32(passphrase->argon2.lanes);
    out.bytes(passphrase->salt);
  } else {
    const auto& provider = std::get<ProviderRecord>(seal.how);
    out.blob(as_bytes(provider.name));
    out.blob(as_bytes(provider.label));
  }
}

void write_header(WireWriter& out, const StoreFile& file) {
  out.bytes(as_bytes(kMagic));
  out.u64(file.generation);
  out.bytes(file.id);
  out.u8(static_cast<std::uint8_t>(file.seals.size()));
  for (const SealRecord& seal : file.seals) {
    write_how(out, seal);
    out.blob(seal.sealed_root);
  }
  out.bytes(file.key_nonce);
  out.bytes(file.sealed_key);
}

/// Runs `write` twice: to count, and to write.
template <class Write>
std::vector<std::byte> written(Write&& write) {
  WireWriter count;
  write(count);
  std::vector<std::byte> bytes(count.size());
  WireWriter out(bytes);
  write(out);
  return bytes;
}

Result<PassphraseRecord> read_passphrase(WireReader& in) {
  PassphraseRecord record;
  AVILA_TRY(record.argon2.memory_kib, in.u32());
  AVILA_TRY(record.argon2.passes, in.u32());
  AVILA_TRY(record.argon2.lanes, in.u32());
  AVILA_TRY(record.salt, in.array<16>());
  const auto& argon2 = record.argon2;
  if (argon2.memory_kib > kMaxSealMemoryKib || argon2.passes > kMaxSealPasses ||
      argon2.lanes > kMaxSealLanes)
    return Error(Errc::LimitExceeded, "the passphrase's parameters cost too much");
  return record;
}

Result<SealRecord> read_seal(WireReader& in) {
  SealRecord seal;
  AVILA_TRY(const std::uint8_t kind, in.u8());
  AVILA_TRY(seal.id, in.array<8>());
  if (kind == 1) {
    ShamirRecord record;
    AVILA_TRY(record.threshold, in.u8());
    AVILA_TRY(record.shares, in.u8());
    if (record.threshold == 0 || record.threshold > record.shares)
      return in.malformed("a threshold is from 1 to the number of shares");
    seal.how = record;
  } else if (kind == 2) {
    AVILA_TRY(seal.how, read_passphrase(in));
  } else if (kind == 3) {
    ProviderRecord record;
    AVILA_TRY(const ByteSpan name, in.blob(kMaxProviderName));
    AVILA_TRY(const ByteSpan label, in.blob(kMaxProviderName));
    record.name = as_text(name);
    record.label = as_text(label);
    seal.how = std::move(record);
  } else {
    return in.malformed("a seal of a kind that is not known here");
  }
  AVILA_TRY(const ByteSpan root, in.blob(kMaxSealedRoot));
  seal.sealed_root.assign(root.begin(), root.end());
  return seal;
}

}  // namespace

std::vector<std::byte> SealRecord::aad(const StoreId& store) const {
  return written([&](WireWriter& out) {
    out.bytes(as_bytes("avila keystore root key"));
    out.bytes(store);
    write_how(out, *this);
  });
}

std::vector<std::byte> StoreFile::header() const {
  return written([&](WireWriter& out) { write_header(out, *this); });
}

std::vector<std::byte> StoreFile::encode() const {
  auto bytes = written([&](WireWriter& out) {
    write_header(out, *this);
    out.bytes(body_nonce);
    out.blob(sealed_body);
  });
  const auto sum = hash::sha256(bytes);
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  return bytes;
}

Result<StoreFile> StoreFile::decode(ByteSpan bytes) {
  if (bytes.size() > kMaxStoreBytes) return Error(Errc::LimitExceeded, "a store of over 64 MiB");
  if (bytes.size() < kMagic.size() + kSum) return Error(Errc::Corrupted, "the store was cut short");
  if (!as_text(bytes).starts_with(kMagic)) {
    if (as_text(bytes).starts_with(kMagic.substr(0, kMagic.size() - 1)))
      return Error(Errc::Unsupported, "a store of another version");
    return Error(Errc::Malformed, "no keystore: its magic is missing", {.offset = 0});
  }
  const ByteSpan content = bytes.first(bytes.size() - kSum);
  const auto sum = hash::sha256(content);
  if (as_text(sum) != as_text(bytes.last(kSum)))
    return Error(Errc::Corrupted, "the store's checksum does not fit: it was damaged",
                 {.hint = "restore it from a backup"});
  WireReader in(content.subspan(kMagic.size()));
  StoreFile file;
  AVILA_TRY(file.generation, in.u64());
  AVILA_TRY(file.id, in.array<16>());
  AVILA_TRY(const std::uint8_t seals, in.u8());
  if (seals == 0 || seals > kMaxSeals) return in.malformed("a store has one to eight seals");
  for (unsigned i = 0; i < seals; ++i) {
    AVILA_TRY(SealRecord seal, read_seal(in));
    file.seals.push_back(std::move(seal));
  }
  AVILA_TRY(file.key_nonce, in.array<24>());
  AVILA_TRY(file.sealed_key, in.array<48>());
  AVILA_TRY(file.body_nonce, in.array<24>());
  AVILA_TRY(const ByteSpan body, in.blob(kMaxStoreBytes));
  file.sealed_body.assign(body.begin(), body.end());
  AVILA_TRY_VOID(in.finish());
  return file;
}

}  // namespace avila::keystore
