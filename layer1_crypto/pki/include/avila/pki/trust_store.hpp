// The certificates that are trusted without further proof.
#pragma once
#include <avila/pki/certificate.hpp>
#include <unordered_map>

namespace avila::os {
class FileSystem;
}

namespace avila::pki {

/// How much of an anchor's certificate counts. RFC 5280 section 6.1.1 (d) takes its name and key
/// only; we take its dates and limits too unless told otherwise.
struct AnchorOptions {
  bool check_validity = true;
  /// Basic constraints, key usage, name constraints, policies and extended key usage.
  bool apply_constraints = true;
};

struct TrustAnchor {
  Certificate certificate;
  AnchorOptions options;
};

class TrustStore {
 public:
  static constexpr std::uint64_t kMaxBundleBytes = std::uint64_t{1} << 26;
  static constexpr std::size_t kMaxAnchors = 100'000;

  void add(Certificate certificate, AnchorOptions options = {});
  /// Every certificate of a PEM text; how many. Those that do not parse are passed over and
  /// counted in `refused`. Errors: Malformed (the PEM itself), NotFound (no certificate in it).
  Result<std::size_t> add_pem(std::string_view pem, std::size_t* refused = nullptr,
                              AnchorOptions options = {});
  /// A PEM bundle, or a folder of them. Errors: those of the file system, and of add_pem.
  static Result<TrustStore> load(os::FileSystem& files, const std::string& path);
  /// The machine's own: $SSL_CERT_FILE is for the caller; here the bundles of Debian, Fedora,
  /// Alpine, openSUSE, FreeBSD and macOS. Errors: NotFound.
  static Result<TrustStore> system(os::FileSystem& files);

  std::size_t size() const noexcept { return anchors_.size(); }
  bool empty() const noexcept { return anchors_.empty(); }
  const std::vector<TrustAnchor>& anchors() const noexcept { return anchors_; }
  /// The anchors of that subject; valid until the store changes.
  std::vector<const TrustAnchor*> find(const Name& subject) const;
  /// This very certificate, where it is one.
  const TrustAnchor* find(const Certificate& certificate) const;

 private:
  std::vector<TrustAnchor> anchors_;
  std::unordered_multimap<std::string, std::size_t> by_subject_;  // canonical name → index
};

}  // namespace avila::pki
