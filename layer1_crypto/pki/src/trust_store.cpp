#include <avila/asn1/pem.hpp>
#include <avila/os/file_system.hpp>
#include <avila/pki/trust_store.hpp>

namespace avila::pki {

void TrustStore::add(Certificate certificate, AnchorOptions options) {
  if (find(certificate) != nullptr) return;
  by_subject_.emplace(certificate.subject().canonical(), anchors_.size());
  anchors_.push_back({std::move(certificate), options});
}

Result<std::size_t> TrustStore::add_pem(std::string_view pem, std::size_t* refused,
                                        AnchorOptions options) {
  AVILA_TRY(const std::vector<asn1::PemBlock> blocks, asn1::parse_pem(pem));
  std::size_t taken = 0, bad = 0;
  for (const asn1::PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE") continue;
    auto certificate = Certificate::parse(block.bytes);
    if (!certificate.has_value()) {
      ++bad;
      continue;
    }
    if (anchors_.size() >= kMaxAnchors)
      return Error(Errc::LimitExceeded, "more than kMaxAnchors trust anchors");
    add(std::move(*certificate), options);
    ++taken;
  }
  if (refused != nullptr) *refused = bad;
  if (taken + bad == 0) return Error(Errc::NotFound, "no PEM block \"CERTIFICATE\"");
  return taken;
}

Result<TrustStore> TrustStore::load(os::FileSystem& files, const std::string& path) {
  TrustStore store;
  AVILA_TRY(const os::FileInfo info, files.info(path));
  if (info.kind != os::FileKind::Directory) {
    AVILA_TRY(const std::string pem, files.read_text(path, kMaxBundleBytes));
    AVILA_TRY_VOID(store.add_pem(pem).context(path));
    return store;
  }
  AVILA_TRY(const std::vector<os::DirectoryEntry> entries, files.list(path));
  for (const os::DirectoryEntry& entry : entries) {
    if (!entry.name.ends_with(".pem") && !entry.name.ends_with(".crt") &&
        !entry.name.ends_with(".0"))
      continue;
    const std::string file = os::join(path, entry.name);
    const auto pem = files.read_text(file, kMaxBundleBytes);
    if (pem.has_value()) (void)store.add_pem(*pem);  // a folder may hold other things too
  }
  if (store.empty()) return Error(Errc::NotFound, path + " holds no certificate");
  return store;
}

Result<TrustStore> TrustStore::system(os::FileSystem& files) {
  static constexpr const char* kBundles[] = {
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, Red Hat
      "/etc/pki/tls/certs/ca-bundle.crt",                   // their older ones
      "/etc/ssl/ca-bundle.pem",                             // openSUSE
      "/etc/ssl/cert.pem",                                  // Alpine, FreeBSD, macOS
      "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD's package
      "/etc/ssl/certs",
  };
  for (const char* const path : kBundles) {
    auto store = load(files, path);
    if (store.has_value()) return store;
  }
  return Error(Errc::NotFound, "this machine has no bundle of trusted certificates",
               {.hint = "install ca-certificates, or name a bundle"});
}

std::vector<const TrustAnchor*> TrustStore::find(const Name& subject) const {
  std::vector<const TrustAnchor*> found;
  const auto [first, last] = by_subject_.equal_range(subject.canonical());
  for (auto at = first; at != last; ++at) found.push_back(&anchors_[at->second]);
  return found;
}

const TrustAnchor* TrustStore::find(const Certificate& certificate) const {
  const auto [first, last] = by_subject_.equal_range(certificate.subject().canonical());
  for (auto at = first; at != last; ++at)
    if (anchors_[at->second].certificate == certificate) return &anchors_[at->second];
  return nullptr;
}

}  // namespace avila::pki
