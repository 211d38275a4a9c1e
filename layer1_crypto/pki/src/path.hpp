// What the parts of path validation share.
#pragma once
#include <avila/pki/verify.hpp>
#include <string>

namespace avila::pki::detail {

/// An error of one certificate of a path.
Error chain_error(ChainError code, std::size_t index, const Certificate& certificate,
                  std::string_view what);

/// A path with its anchor, and the answer to who may say what on it.
struct Path {
  std::vector<Certificate> certificates;  ///< leaf first, anchor last
  AnchorOptions anchor;

  bool is_anchor(std::size_t index) const noexcept { return index + 1 == certificates.size(); }
  /// Whether what this certificate says of itself and of those below counts.
  bool counts(std::size_t index) const noexcept {
    return !is_anchor(index) || anchor.apply_constraints;
  }
};

/// Names and subtrees compared for one certificate and one set of constraints, at most.
inline constexpr std::size_t kMaxNameComparisons = 1 << 20, kMaxUriComparisons = 1 << 22;

/// RFC 5280 section 4.2.1.10 over the whole path.
Result<void> check_name_constraints(const Path& path);
/// Section 6.1's policies, as a graph (RFC 9618), so that its size stays linear. The policies that
/// the path is valid for.
Result<std::vector<asn1::Oid>> check_policies(const Path& path, const VerifyOptions& options);
/// What a Profile asks beyond validation.
Result<void> check_profile(const Path& path, const VerifyOptions& options);
/// Everything but signatures and revocation.
Result<std::vector<asn1::Oid>> check_path(const Path& path, const VerifyOptions& options);

/// Whether a key is one that we verify with. Errors: WeakKey, UnsupportedAlgorithm.
Result<void> check_key(const Certificate& certificate, std::size_t index,
                       const VerifyOptions& options);
/// Whether the time is inside the certificate's.
bool is_current(const Certificate& certificate, WallTime time) noexcept;

/// Who may sign revocation lists.
class CrlSigners {
 public:
  virtual ~CrlSigners() = default;
  /// Certificates of that subject.
  virtual std::vector<Certificate> named(const Name& subject) = 0;
  /// Whether one of them is to be believed.
  virtual bool trusts(const Certificate& signer) = 0;
  /// Whether there is room for one more signature check.
  virtual bool spend() = 0;
};
RevocationStatus crl_status(const Certificate& certificate, std::span<const Crl> crls,
                            const CrlCheck& check, CrlSigners& signers);

}  // namespace avila::pki::detail
