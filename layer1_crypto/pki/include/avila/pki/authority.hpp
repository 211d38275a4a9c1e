// A small certificate authority in a folder: one root, and everything it ever issued.
//
//   ca.crt    the root's certificate
//   ca.key    its key, mode 0600
//   index     what was issued and revoked: lines that are only ever added, each with a checksum,
//             synced before the certificate they tell of leaves
//   lock      held while the folder is open
#pragma once
#include <avila/pki/issue.hpp>
#include <avila/pki/ocsp.hpp>
#include <map>

namespace avila::os {
class Clock;
class Entropy;
class File;
class FileLock;
class FileSystem;
}  // namespace avila::os

namespace avila::pki {

/// What its services reach the world through; they outlive the authority.
struct AuthorityWorld {
  os::FileSystem& files;
  os::Clock& clock;
  os::Entropy& entropy;
};

class Authority {
 public:
  static constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{1} << 30;
  static constexpr std::size_t kMaxNames = 100;  ///< of one certificate
  /// Certificates begin this long before they are made, for clocks that are behind.
  static constexpr Duration kBackdated = minutes(5);

  struct RootOptions {
    crypto::KeyType key = crypto::KeyType::P256;
    std::size_t rsa_bits = 3072;
    Duration validity = days(3650);
  };
  /// Makes the folder and the root, "CN=<name>". Errors: AlreadyExists (the folder has one),
  /// InvalidArgument, those of the file system.
  static Result<Authority> create(AuthorityWorld world, std::string folder, std::string_view name,
                                  const RootOptions& options);
  /// Errors: NotFound, Busy (another process has it open), Corrupted (a line of the index that is
  /// not the last one is damaged), Malformed, those of the file system. A last line that was not
  /// written whole is cut off: nobody saw its certificate.
  static Result<Authority> open(AuthorityWorld world, std::string folder);

  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  const Certificate& certificate() const noexcept { return *root_; }

  enum class Use : std::uint8_t { Server, Client };
  struct IssueOptions {
    Duration validity = days(397);  ///< cut to the root's
    std::vector<std::string> crl_urls, ocsp_urls;
  };
  /// `hosts`: DNS names (a wildcard may lead) and addresses. Errors: InvalidArgument,
  /// LimitExceeded, those of the file system.
  Result<Certificate> issue_server(const crypto::PublicKey& key, std::span<const std::string> hosts,
                                   const IssueOptions& options);
  /// "CN=<name>"; a mail address becomes an alternative name too. Errors: as above.
  Result<Certificate> issue_client(const crypto::PublicKey& key, std::string_view name,
                                   const IssueOptions& options);
  /// Subject, alternative names and TLS purposes of a request, nothing else of it. Errors:
  /// Unauthenticated (its signature), InvalidArgument (a weak key, names that are none), as above.
  Result<Certificate> sign(const Csr& request, const IssueOptions& options);

  struct Record {
    std::vector<std::byte> certificate;  ///< DER
    std::optional<WallTime> revoked_at;
    CrlReason reason = CrlReason::Unspecified;
  };
  /// By serial number (two's complement).
  const std::map<std::string, Record, std::less<>>& records() const noexcept { return records_; }

  /// Errors: NotFound, AlreadyExists (revoked before), those of the file system.
  Result<void> revoke(ByteSpan serial, CrlReason reason);
  /// Everything revoked, numbered one higher than the last. Errors: those of the file system.
  Result<Crl> make_crl(Duration validity = days(7));
  RevocationStatus status(ByteSpan serial) const;
  /// Answers an OCSP request. Errors: those of signing.
  Result<std::vector<std::byte>> respond_ocsp(ByteSpan request) const;

 private:
  Authority(AuthorityWorld world, std::string folder);
  Result<void> load();
  Result<void> replay(std::string_view line);
  Result<void> append(std::string line);
  Result<Certificate> issue(CertificateBuilder builder, const crypto::PublicKey& key,
                            const IssueOptions& options);

  AuthorityWorld world_;
  std::string folder_;
  std::unique_ptr<os::FileLock> lock_;
  std::unique_ptr<os::File> index_;
  std::optional<Certificate> root_;
  std::optional<crypto::PrivateKey> key_;
  std::map<std::string, Record, std::less<>> records_;
  std::uint64_t crl_number_ = 0;
};

}  // namespace avila::pki
