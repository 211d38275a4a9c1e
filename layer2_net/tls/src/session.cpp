#include <algorithm>
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/seal.hpp>
#include <avila/tls/session.hpp>
#include <avila/tls/wire.hpp>

namespace avila::tls {

void SessionCache::put(std::string_view key, std::shared_ptr<const Session> session) {
  const auto entries = entries_.lock();
  entries->push_front({std::string(key), std::move(session)});
  std::size_t same = 0;
  entries->remove_if([&](const Entry& entry) { return entry.key == key && ++same > per_key_max_; });
  while (entries->size() > sessions_max_) entries->pop_back();
}

std::shared_ptr<const Session> SessionCache::take(std::string_view key) {
  const auto entries = entries_.lock();
  const auto found = std::ranges::find(*entries, key, &Entry::key);
  if (found == entries->end()) return nullptr;
  auto session = std::move(found->session);
  entries->erase(found);
  return session;
}

std::size_t SessionCache::size() const { return entries_.lock()->size(); }

namespace {

constexpr std::uint8_t kTicketFormat = 1;
constexpr std::size_t kNameBytes = 16, kNonceBytes = aead::AesGcm::kNonceSize;

SecretBytes encode(const Session& session) {
  std::vector<std::byte> out;
  {
    // Reserved whole, so that no copy of the secret stays behind in memory that was let go.
    std::size_t size =
        128 + session.secret.size() + session.server_name.size() + session.alpn.size();
    for (const auto& der : session.peer_chain) size += 3 + der.size();
    out.reserve(size);
  }
  WireWriter writer(out);
  writer.u8(kTicketFormat);
  writer.u16(static_cast<unsigned>(session.version));
  writer.u16(static_cast<unsigned>(session.suite));
  writer.vector8(session.secret.span());
  writer.u32(session.lifetime_s);
  writer.u32(session.age_add);
  writer.u32(static_cast<std::uint32_t>(static_cast<std::uint64_t>(session.issued.ns) >> 32));
  writer.u32(static_cast<std::uint32_t>(session.issued.ns));
  writer.u32(session.early_data_bytes);
  writer.vector8(as_bytes(session.server_name));
  writer.vector8(as_bytes(session.alpn));
  for (const auto& der : session.peer_chain) writer.vector24(der);
  SecretBytes secret = SecretBytes::copy_of(out);
  wipe_memory(out.data(), out.size());
  return secret;
}

std::optional<Session> decode(ByteSpan bytes) {
  WireReader reader(bytes);
  Session session;
  if (reader.u8() != kTicketFormat) return std::nullopt;
  const std::uint16_t version = reader.u16(), suite = reader.u16();
  session.version = static_cast<ProtocolVersion>(version);
  session.suite = static_cast<CipherSuite>(suite);
  session.secret = SecretBytes::copy_of(reader.vector8());
  session.lifetime_s = reader.u32();
  session.age_add = reader.u32();
  const std::uint64_t high = reader.u32(), low = reader.u32();
  session.issued.ns = static_cast<std::int64_t>(high << 32 | low);
  session.early_data_bytes = reader.u32();
  session.server_name = as_text(reader.vector8());
  session.alpn = as_text(reader.vector8());
  while (reader.ok() && !reader.empty()) {
    const ByteSpan der = reader.vector24();
    session.peer_chain.emplace_back(der.begin(), der.end());
  }
  const SuiteInfo* const info = find_suite(suite);
  if (!reader.ok() || info == nullptr || info->version != session.version) return std::nullopt;
  return session;
}

}  // namespace

Result<std::shared_ptr<TicketKeys>> TicketKeys::create(TicketOptions options, os::Entropy& entropy,
                                                       os::Clock& clock) {
  options.lifetime_s = std::min(options.lifetime_s, kTicketLifetimeMax);
  std::shared_ptr<TicketKeys> made(new TicketKeys(options, entropy, clock));
  AVILA_TRY_VOID(made->rotate());
  return made;
}

Result<std::shared_ptr<const TicketKeys::Key>> TicketKeys::make_key() {
  auto key = std::make_shared<Key>();
  AVILA_TRY_VOID(entropy_.fill(key->name));
  AVILA_TRY_VOID(entropy_.fill(*key->bytes));
  key->since = clock_.wall();
  return std::shared_ptr<const Key>(std::move(key));
}

Result<void> TicketKeys::rotate() {
  AVILA_TRY(auto key, make_key());
  const auto keys = keys_.lock();
  keys->previous = std::exchange(keys->current, std::move(key));
  return {};
}

Result<std::shared_ptr<const TicketKeys::Key>> TicketKeys::current() {
  auto key = keys_.lock()->current;
  const WallTime now = clock_.wall();
  // A clock that went back makes a new key too: who knows how old the one we have is.
  if (now - key->since >= Duration::zero() && now - key->since < options_.rotate) return key;
  AVILA_TRY(auto fresh, make_key());
  const auto keys = keys_.lock();
  if (keys->current == key) {  // nobody else was faster
    // What has been out of use for longer than it may open goes at once.
    keys->previous = now - key->since < options_.rotate * 2 ? keys->current : nullptr;
    keys->current = std::move(fresh);
  }
  return keys->current;
}

Result<std::vector<std::byte>> TicketKeys::seal(const Session& session) {
  AVILA_TRY(const auto key, current());
  const SecretBytes text = encode(session);
  std::vector<std::byte> ticket(kNameBytes + kNonceBytes + text.size() + aead::kTagSize);
  if (ticket.size() > kTicketBytesMax)
    return Error(Errc::LimitExceeded, "a session that is too large for a ticket");
  std::ranges::copy(key->name, ticket.begin());
  const MutableByteSpan nonce = MutableByteSpan(ticket).subspan(kNameBytes, kNonceBytes);
  AVILA_TRY_VOID(entropy_.fill(nonce));
  const aead::Aes256Gcm cipher{std::span<const std::byte, 32>(*key->bytes)};
  AVILA_TRY_VOID(aead::seal(cipher, aead::Nonce<kNonceBytes>(nonce.first<kNonceBytes>()), key->name,
                            text.span(),
                            MutableByteSpan(ticket).subspan(kNameBytes + kNonceBytes)));
  return ticket;
}

std::optional<Session> TicketKeys::open(ByteSpan ticket) {
  if (ticket.size() < kNameBytes + kNonceBytes + aead::kTagSize || ticket.size() > kTicketBytesMax)
    return std::nullopt;
  const auto [now_key, before] = *keys_.lock();
  std::shared_ptr<const Key> key;
  for (const auto& candidate : {now_key, before})
    if (candidate != nullptr && std::ranges::equal(candidate->name, ticket.first(kNameBytes)))
      key = candidate;
  const WallTime now = clock_.wall();
  if (key == nullptr || now - key->since > options_.rotate * 2) return std::nullopt;
  const aead::Aes256Gcm cipher{std::span<const std::byte, 32>(*key->bytes)};
  const ByteSpan sealed = ticket.subspan(kNameBytes + kNonceBytes);
  SecretBytes text(sealed.size() - aead::kTagSize);
  const aead::Nonce<kNonceBytes> nonce(ticket.subspan(kNameBytes).first<kNonceBytes>());
  if (!aead::open(cipher, nonce, key->name, sealed, text.span()).has_value()) return std::nullopt;
  auto session = decode(text.span());
  if (!session.has_value()) return std::nullopt;
  const Duration age = now - session->issued;
  if (age < Duration::zero() || age > seconds(session->lifetime_s)) return std::nullopt;
  return session;
}

bool ReplayGuard::accept(ByteSpan id, WallTime now) {
  const auto seen = seen_.lock();
  // A hello is fresh from one window before to one window after: entries stay for two at least. A
  // clock that went back forgets nothing.
  const Duration span = window_ * 2;
  if (const Duration age = now - seen->since; age >= span) {
    seen->before = std::exchange(seen->now, {});
    if (age >= span * 2) seen->before.clear();
    seen->since = now;
  }
  const std::string key(as_text(id));
  if (seen->before.contains(key) || seen->now.size() >= entries_max_) return false;
  return seen->now.insert(key).second;
}

}  // namespace avila::tls
