#include <algorithm>
#include <avila/chassis/server_tls.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/authority.hpp>
#include <avila/pki/host_name.hpp>
#include <avila/pki/issue.hpp>
#include <chrono>
#include <thread>

namespace avila::chassis {
namespace {

/// How long another process may have the authority's folder open.
constexpr int kAuthorityAttempts = 100;
constexpr auto kAuthorityPause = std::chrono::milliseconds(50);
constexpr std::uint64_t kPemBytesMax = 1 << 20;

Result<pki::Authority> open_authority(const ServerTlsWorld& world, const std::string& folder) {
  const pki::AuthorityWorld of{world.files, world.clock, world.entropy};
  for (int attempt = 1;; ++attempt) {
    auto opened = pki::Authority::open(of, folder);
    if (!opened.has_value() && opened.error().is(Errc::NotFound)) {
      const pki::Authority::RootOptions root;
      opened = pki::Authority::create(of, folder, "Avila", root);
    }
    // Somebody has it open, or made one between our two calls.
    const bool taken = !opened.has_value() &&
                       (opened.error().is(Errc::Busy) || opened.error().is(Errc::AlreadyExists));
    if (!taken || attempt == kAuthorityAttempts) return opened;
    std::this_thread::sleep_for(kAuthorityPause);
  }
}

std::int64_t newest_change(os::FileSystem& files, const std::string& a, const std::string& b) {
  std::int64_t newest = 0;
  for (const std::string& path : {a, b})
    if (const auto info = files.info(path); info.has_value())
      newest = std::max(newest, info->modified_ns);
  return newest;
}

}  // namespace

ServerTls::ServerTls(ServerTlsWorld world, ServerTlsOptions options,
                     std::shared_ptr<tls::TicketKeys> tickets)
    : world_(world),
      options_(std::move(options)),
      tickets_(std::move(tickets)),
      slot_(std::make_unique<tls::ServerConfigSlot>(nullptr)),
      security_(slot_.get()) {}

ServerTls::~ServerTls() = default;

Result<std::unique_ptr<ServerTls>> ServerTls::open(ServerTlsWorld world, ServerTlsOptions options) {
  if (options.certificate_path.empty() != options.key_path.empty())
    return Error(Errc::InvalidArgument, "a certificate and its key go together");
  AVILA_TRY(auto tickets, tls::TicketKeys::create({}, world.entropy, world.clock));
  std::unique_ptr<ServerTls> made(new ServerTls(world, std::move(options), std::move(tickets)));
  if (!made->options_.certificate_path.empty()) {
    AVILA_TRY_VOID(made->load_files());
    return made;
  }
  if (!made->options_.data_folder.empty()) AVILA_TRY_VOID(made->load_issued());
  if (made->certificate_ == nullptr || made->is_due()) AVILA_TRY_VOID(made->issue());
  return made;
}

Result<void> ServerTls::take(const std::string& chain, const std::string& key) {
  AVILA_TRY(auto credential, tls::Credential::from_pem(chain, key));
  AVILA_TRY(pki::Certificate certificate, pki::Certificate::from_pem(chain));
  tls::ServerConfig config;
  config.credentials = {std::move(credential)};
  config.alpn = options_.alpn;
  config.tickets = tickets_;
  config.clock = &world_.clock;
  config.entropy = &world_.entropy;
  AVILA_TRY_VOID(slot_->set(std::make_shared<const tls::ServerConfig>(std::move(config))));
  certificate_ = std::make_unique<pki::Certificate>(std::move(certificate));
  return {};
}

Result<void> ServerTls::load_files() {
  const std::string &chain_path = options_.certificate_path, &key_path = options_.key_path;
  // Looked at before they are read: what changes meanwhile is read once more.
  const std::int64_t modified = newest_change(world_.files, chain_path, key_path);
  AVILA_TRY(const std::string chain,
            world_.files.read_text(chain_path, kPemBytesMax).context("certificate"));
  AVILA_TRY(const std::string key, world_.files.read_text(key_path, kPemBytesMax).context("key"));
  modified_ns_ = modified;
  return take(chain, key).context(chain_path);
}

/// Leaves certificate_ null where there is none that will do.
Result<void> ServerTls::load_issued() {
  const std::string prefix = os::join(os::join(options_.data_folder, "tls"), "server");
  if (!world_.files.exists(prefix + ".crt") || !world_.files.exists(prefix + ".key")) return {};
  AVILA_TRY(const std::string chain, world_.files.read_text(prefix + ".crt", kPemBytesMax));
  AVILA_TRY(const std::string key, world_.files.read_text(prefix + ".key", kPemBytesMax));
  const std::string root_path =
      os::join(os::join(options_.data_folder, kAuthorityFolder), "ca.crt");
  const auto root_pem = world_.files.read_text(root_path, kPemBytesMax);
  if (!root_pem.has_value()) return {};
  AVILA_TRY(const pki::Certificate root, pki::Certificate::from_pem(*root_pem).context(root_path));
  const auto certificate = pki::Certificate::from_pem(chain);
  if (!certificate.has_value() || !certificate->check_signature(root).has_value()) return {};
  for (const std::string& host : options_.hosts)
    if (!pki::matches_host(*certificate, host)) return {};
  if (!take(chain, key).has_value()) certificate_ = nullptr;
  return {};
}

/// As `openssl req -x509` makes them: whoever trusts it by itself can check it.
Result<void> ServerTls::self_sign() {
  AVILA_TRY(const crypto::PrivateKey key,
            crypto::PrivateKey::generate(crypto::KeyType::P256, world_.entropy));
  pki::CertificateBuilder builder;
  AVILA_TRY(builder.serial, pki::random_serial(world_.entropy));
  AVILA_TRY(builder.subject, pki::Name::common(options_.hosts.front()));
  builder.not_before = world_.clock.wall() - pki::Authority::kBackdated;
  builder.not_after = world_.clock.wall() + options_.validity;
  builder.basic_constraints = pki::BasicConstraints{.ca = true};
  for (const std::string& host : options_.hosts) {
    auto address = pki::GeneralName::ip(host);
    builder.subject_alt_names.push_back(address.has_value() ? std::move(*address)
                                                            : pki::GeneralName::dns(host));
  }
  AVILA_TRY(const pki::Certificate certificate, builder.self_sign(key, world_.entropy));
  const SecretBytes pem = key.to_pem();
  return take(certificate.to_pem(), std::string(as_text(pem.span())));
}

Result<void> ServerTls::issue() {
  if (options_.data_folder.empty()) return self_sign();
  const std::string folder = os::join(options_.data_folder, "tls");
  AVILA_TRY_VOID(world_.files.create_directories(folder));
  AVILA_TRY(const crypto::PrivateKey key,
            crypto::PrivateKey::generate(crypto::KeyType::P256, world_.entropy));
  std::string chain;
  {
    AVILA_TRY(pki::Authority authority,
              open_authority(world_, os::join(options_.data_folder, kAuthorityFolder)));
    pki::Authority::IssueOptions of;
    of.validity = options_.validity;
    AVILA_TRY(const pki::Certificate certificate,
              authority.issue_server(key.public_key(), options_.hosts, of));
    chain = certificate.to_pem();
  }
  // The key goes first: a crash between the two leaves a pair that does not fit, and is made anew.
  const SecretBytes pem = key.to_pem();
  const std::string prefix = os::join(folder, "server");
  AVILA_TRY_VOID(world_.files.write_atomically(prefix + ".key", pem.span(), 0600));
  AVILA_TRY_VOID(world_.files.write_atomically(prefix + ".crt", as_bytes(chain), 0644));
  return take(chain, std::string(as_text(pem.span())));
}

bool ServerTls::is_due() const {
  const Duration left{certificate_->not_after().ns - world_.clock.wall().ns};
  return left < options_.validity / 3;
}

Result<bool> ServerTls::refresh() {
  if (!options_.certificate_path.empty()) {
    const std::int64_t modified =
        newest_change(world_.files, options_.certificate_path, options_.key_path);
    if (modified == modified_ns_) return false;
    AVILA_TRY_VOID(load_files());
    return true;
  }
  if (!is_due()) return false;
  AVILA_TRY_VOID(issue());
  return true;
}

}  // namespace avila::chassis
