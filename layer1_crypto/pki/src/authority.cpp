#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/authority.hpp>
#include <avila/text/normalize.hpp>
#include <avila/validate/formats.hpp>

#include <algorithm>

#include "authority_index.hpp"
#include "name_types.hpp"

namespace avila::pki {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr const char *kCertificateFile = "ca.crt", *kKeyFile = "ca.key", *kIndexFile = "index",
                     *kLockFile = "lock";

/// A DNS name (its first label may be a wildcard) or an address.
Result<GeneralName> host_name(const std::string& host) {
  if (validate::is_ip(host)) return GeneralName::ip(host);
  std::string_view plain = host;
  if (plain.starts_with("*.")) plain.remove_prefix(2);
  if (!validate::is_hostname(plain) || plain.ends_with('.'))
    return Error(Errc::InvalidArgument, "no host name: '" + host + '\'',
                 {.hint = "names in other scripts are written as A-labels: xn--…"});
  return GeneralName::dns(text::ascii_lower(host));
}

/// What a request may ask for.
Result<void> check_requested(const GeneralName& name) {
  switch (name.type) {
    case GeneralNameType::Dns: {
      AVILA_TRY_VOID(host_name(name.value));
      return {};
    }
    case GeneralNameType::Ip:
    case GeneralNameType::Uri: return {};
    case GeneralNameType::Rfc822:
      if (validate::is_email(name.value)) return {};
      break;
    default: break;
  }
  return Error(Errc::InvalidArgument, "the request asks for " + name.to_string());
}

/// The folder, durably: the names of all that had to be made are synced.
Result<void> make_folder(os::FileSystem& files, const std::string& folder) {
  std::vector<std::string> parents;
  for (std::string at = folder; !files.exists(at) && os::parent(at) != at; at = os::parent(at))
    parents.push_back(os::parent(at));
  AVILA_TRY_VOID(files.create_directories(folder));
  for (const std::string& parent : parents) AVILA_TRY_VOID(files.sync_directory(parent));
  return {};
}

Result<void> check_key(const crypto::PublicKey& key) {
  const auto* const rsa = key.as<crypto::RsaPublicKey>();
  if (rsa != nullptr && rsa->bits() < 2048)
    return Error(Errc::InvalidArgument, "an RSA key of less than 2048 bits");
  if (!crypto::can_sign(key.type()) || key.type() == crypto::KeyType::Secp256k1)
    return Error(Errc::InvalidArgument, "no key for TLS");
  return {};
}

/// RSA keys may also carry keys of old TLS versions to a server.
KeyUsage tls_usage(const crypto::PublicKey& key) noexcept {
  return key.type() == crypto::KeyType::Rsa ? KeyUsage::DigitalSignature | KeyUsage::KeyEncipherment
                                            : KeyUsage::DigitalSignature;
}

}  // namespace

Authority::Authority(AuthorityWorld world, std::string folder)
    : world_(world), folder_(std::move(folder)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&& other) noexcept {
  if (this != &other) {
    this->~Authority();
    ::new (this) Authority(std::move(other));
  }
  return *this;
}
Authority::~Authority() = default;

Result<Authority> Authority::create(AuthorityWorld world, std::string folder, std::string_view name,
                                    const RootOptions& options) {
  const std::string certificate_path = os::join(folder, kCertificateFile);
  AVILA_TRY_VOID(make_folder(world.files, folder));
  Authority authority(world, folder);
  AVILA_TRY(authority.lock_, world.files.lock(os::join(folder, kLockFile)));
  // The certificate is written last: a key without one signed nothing yet.
  if (world.files.exists(certificate_path))
    return Error(Errc::AlreadyExists, certificate_path + " is there already");
  CertificateBuilder root;
  AVILA_TRY(root.subject, Name::common(name));
  AVILA_TRY(root.serial, random_serial(world.entropy));
  root.not_before = world.clock.wall() - kBackdated;
  root.not_after = world.clock.wall() + options.validity;
  root.basic_constraints = BasicConstraints{.ca = true, .path_length = {}};
  root.key_usage = KeyUsage::KeyCertSign | KeyUsage::CrlSign | KeyUsage::DigitalSignature;
  AVILA_TRY(crypto::PrivateKey key, crypto::PrivateKey::generate(options.key, world.entropy,
                                                                 {.rsa_bits = options.rsa_bits}));
  AVILA_TRY_VOID(check_key(key.public_key()));
  AVILA_TRY(Certificate certificate, root.self_sign(key, world.entropy));
  const SecretBytes pem = key.to_pem();
  AVILA_TRY_VOID(world.files.write_atomically(os::join(folder, kKeyFile), pem.span(), 0600));
  AVILA_TRY_VOID(
      world.files.write_atomically(certificate_path, as_bytes(certificate.to_pem()), 0644));
  AVILA_TRY_VOID(authority.load());
  return authority;
}

Result<Authority> Authority::open(AuthorityWorld world, std::string folder) {
  if (!world.files.exists(os::join(folder, kCertificateFile)))
    return Error(Errc::NotFound, "no certificate authority in " + folder,
                 {.hint = "make one: avl ca init"});
  Authority authority(world, std::move(folder));
  AVILA_TRY(authority.lock_, world.files.lock(os::join(authority.folder_, kLockFile))
                                 .context("the certificate authority"));
  AVILA_TRY_VOID(authority.load().context(authority.folder_));
  return authority;
}

Result<void> Authority::load() {
  AVILA_TRY(const std::string certificate,
            world_.files.read_text(os::join(folder_, kCertificateFile), kMaxFileBytes));
  AVILA_TRY(root_, Certificate::from_pem(certificate));
  AVILA_TRY(std::string key, world_.files.read_text(os::join(folder_, kKeyFile), kMaxFileBytes));
  auto parsed = crypto::PrivateKey::from_pem(key);
  wipe_memory(key.data(), key.size());
  if (!parsed.has_value()) return std::move(parsed).error();
  AVILA_TRY(const crypto::PublicKey known, root_->public_key());
  if (!(parsed->public_key() == known))
    return Error(Errc::Corrupted, "ca.key is not the key of ca.crt");
  key_.emplace(*std::move(parsed));

  const std::string path = os::join(folder_, kIndexFile);
  AVILA_TRY(index_, world_.files.open(path, {.write = true, .create = true, .mode = 0600}));
  AVILA_TRY_VOID(world_.files.sync_directory(folder_));
  AVILA_TRY(const std::string index, world_.files.read_text(path, kMaxIndexBytes));
  std::size_t good = 0;
  for (std::size_t from = 0; from < index.size();) {
    const std::size_t end = index.find('\n', from);
    const auto line = end == index.npos
                          ? std::nullopt
                          : detail::unseal_line(std::string_view(index).substr(from, end - from));
    if (!line.has_value()) {
      // Whatever follows a torn line was never acknowledged; a whole line behind it is damage.
      if (end != index.npos && end + 1 < index.size())
        return Error(Errc::Corrupted, "a line of the index is damaged", {.offset = from});
      break;
    }
    AVILA_TRY_VOID(replay(*line));
    good = from = end + 1;
  }
  if (good == index.size()) return {};
  AVILA_TRY_VOID(index_->truncate(good));
  return index_->sync();
}

Result<void> Authority::replay(std::string_view text) {
  AVILA_TRY(detail::IndexLine line, detail::parse_line(text));
  switch (line.kind) {
    case detail::IndexLine::Kind::Issued:
      records_[line.serial].certificate = std::move(line.certificate);
      break;
    case detail::IndexLine::Kind::Revoked: {
      const auto record = records_.find(line.serial);
      if (record == records_.end())
        return Error(Errc::Corrupted, "the index revokes what it never issued");
      record->second.revoked_at = line.time;
      record->second.reason = line.reason;
      break;
    }
    case detail::IndexLine::Kind::Crl: crl_number_ = line.number; break;
  }
  return {};
}

/// Adds a line to the index, durably, and to what we know of it.
Result<void> Authority::append(std::string line) {
  AVILA_TRY_VOID(index_->append(as_bytes(detail::seal_line(line))));
  AVILA_TRY_VOID(index_->sync_data());
  return replay(line);
}

Result<Certificate> Authority::issue(CertificateBuilder builder, const crypto::PublicKey& key,
                                     const IssueOptions& options) {
  AVILA_TRY_VOID(check_key(key));
  if (builder.subject_alt_names.size() > kMaxNames)
    return Error(Errc::LimitExceeded, "more than kMaxNames names in one certificate");
  const WallTime now = world_.clock.wall();
  builder.not_before = std::max(now - kBackdated, root_->not_before());
  builder.not_after = std::min(now + options.validity, root_->not_after());
  builder.basic_constraints = BasicConstraints{};
  builder.key_usage = tls_usage(key);
  builder.crl_urls = options.crl_urls;
  builder.ocsp_urls = options.ocsp_urls;
  do {
    AVILA_TRY(builder.serial, random_serial(world_.entropy));
  } while (records_.contains(builder.serial));
  AVILA_TRY(Certificate certificate, builder.sign(key, *root_, *key_, world_.entropy));
  AVILA_TRY_VOID(append(detail::issued_line(certificate)));
  return certificate;
}

Result<Certificate> Authority::issue_server(const crypto::PublicKey& key,
                                            std::span<const std::string> hosts,
                                            const IssueOptions& options) {
  if (hosts.empty()) return Error(Errc::InvalidArgument, "a server certificate for no host");
  CertificateBuilder builder;
  for (const std::string& host : hosts) {
    AVILA_TRY(GeneralName name, host_name(host));
    builder.subject_alt_names.push_back(std::move(name));
  }
  // RFC 5280 appendix A: a common name has 64 characters at most; the alternative names count.
  if (hosts[0].size() <= 64) {
    AVILA_TRY(builder.subject, Name::common(hosts[0]));
  }
  builder.extended_key_usage = {oids::kServerAuth};
  return issue(std::move(builder), key, options);
}

Result<Certificate> Authority::issue_client(const crypto::PublicKey& key, std::string_view name,
                                            const IssueOptions& options) {
  CertificateBuilder builder;
  AVILA_TRY(builder.subject, Name::common(name));
  if (validate::is_email(name)) builder.subject_alt_names = {GeneralName::email(name)};
  builder.extended_key_usage = {oids::kClientAuth};
  return issue(std::move(builder), key, options);
}

Result<Certificate> Authority::sign(const Csr& request, const IssueOptions& options) {
  AVILA_TRY_VOID(request.check_signature().context("the request"));
  AVILA_TRY(const crypto::PublicKey key, request.public_key());
  CertificateBuilder builder;
  builder.subject = request.subject();
  if (!builder.subject.keeps_sizes())
    return Error(Errc::InvalidArgument, "the request has a subject of a wrong size");
  const Extensions& asked = request.extensions();
  if (asked.basic_constraints.has_value() && asked.basic_constraints->ca)
    return Error(Errc::InvalidArgument, "the request asks for a CA");
  if (asked.subject_alt_name.has_value()) builder.subject_alt_names = *asked.subject_alt_name;
  bool has_host = false;
  for (const GeneralName& name : builder.subject_alt_names) {
    AVILA_TRY_VOID(check_requested(name));
    has_host = has_host || name.type == GeneralNameType::Dns || name.type == GeneralNameType::Ip;
  }
  if (asked.extended_key_usage.has_value())
    for (const asn1::Oid& oid : *asked.extended_key_usage)
      if (oid == oids::kServerAuth || oid == oids::kClientAuth)
        builder.extended_key_usage.push_back(oid);
  if (builder.extended_key_usage.empty())
    builder.extended_key_usage = {has_host ? oids::kServerAuth : oids::kClientAuth};
  return issue(std::move(builder), key, options);
}

Result<void> Authority::revoke(ByteSpan serial, CrlReason reason) {
  const auto record = records_.find(as_text(serial));
  if (record == records_.end())
    return Error(Errc::NotFound, "no certificate with that serial number was issued here");
  if (record->second.revoked_at.has_value())
    return Error(Errc::AlreadyExists, "the certificate is revoked already");
  return append(detail::revoked_line(serial, world_.clock.wall(), reason));
}

Result<Crl> Authority::make_crl(Duration validity) {
  const WallTime now = world_.clock.wall();
  AVILA_TRY_VOID(append(detail::crl_line(crl_number_ + 1)));
  CrlBuilder builder;
  builder.this_update = now;
  builder.next_update = now + validity;
  builder.number = detail::number_bytes(crl_number_);
  for (const auto& [serial, record] : records_)
    if (record.revoked_at.has_value())
      builder.entries.push_back({serial, *record.revoked_at, record.reason});
  return builder.sign(*root_, *key_, world_.entropy);
}

RevocationStatus Authority::status(ByteSpan serial) const {
  RevocationStatus status;
  const auto record = records_.find(as_text(serial));
  if (record == records_.end()) {
    status.why = "it was not issued here";
  } else if (record->second.revoked_at.has_value()) {
    status.status = CertificateStatus::Revoked;
    status.revoked_at = *record->second.revoked_at;
    status.reason = record->second.reason;
  } else {
    status.status = CertificateStatus::Good;
  }
  return status;
}

Result<std::vector<std::byte>> Authority::respond_ocsp(ByteSpan request) const {
  const OcspResponder responder(*root_, *root_, *key_);
  return responder.respond(
      request, world_.clock.wall(), [&](ByteSpan serial) { return status(serial); },
      world_.entropy);
}

}  // namespace avila::pki
