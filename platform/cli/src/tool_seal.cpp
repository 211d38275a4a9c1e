// `avl tool seal|open`: the ciphertext and, behind it, the tag.
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/aead/seal.hpp>

#include "tool_secret.hpp"

namespace avila::cli {
namespace {

constexpr std::string_view kAlgorithms =
    "aes-128-gcm aes-256-gcm aes-128-gcm-siv aes-256-gcm-siv chacha20-poly1305 xchacha20-poly1305";

struct Job {
  bool seal;
  SecretBytes key, nonce;
  std::string aad;
  std::string input;
};

template <class Key>
Result<SecretBytes> run_with(const Key& key, const Job& job) {
  const typename Key::NonceType nonce(ByteSpan(job.nonce.span()).first<Key::kNonceSize>());
  const ByteSpan input = as_bytes(job.input);
  if (job.seal) {
    SecretBytes out(input.size() + aead::kTagSize);
    AVILA_TRY_VOID(aead::seal(key, nonce, as_bytes(job.aad), input, out.span()));
    return out;
  }
  if (input.size() < aead::kTagSize)
    return Error(Errc::Malformed, "the input is shorter than a tag");
  SecretBytes out(input.size() - aead::kTagSize);
  AVILA_TRY_VOID(aead::open(key, nonce, as_bytes(job.aad), input, out.span()));
  return out;
}

Result<SecretBytes> run_algorithm(std::string_view algorithm, const Job& job) {
  if (algorithm == "chacha20-poly1305")
    return run_with(aead::ChaCha20Poly1305(ByteSpan(job.key.span()).first<32>()), job);
  if (algorithm == "xchacha20-poly1305")
    return run_with(aead::XChaCha20Poly1305(ByteSpan(job.key.span()).first<32>()), job);
  if (algorithm.ends_with("siv")) {
    AVILA_TRY(const auto key, aead::AesGcmSiv::create(job.key.span()));
    return run_with(key, job);
  }
  AVILA_TRY(const auto key, aead::AesGcm::create(job.key.span()));
  return run_with(key, job);
}

Result<int> run(const Arguments& arguments, bool seal) {
  for (const char* option : {"--alg", "--key", "--nonce"})
    if (!arguments.has(option))
      return wrong_usage(Error(Errc::InvalidArgument, std::string(option) + " is needed"));
  const std::string algorithm = arguments.get("--alg");
  if ((' ' + std::string(kAlgorithms) + ' ').find(' ' + algorithm + ' ') == std::string::npos)
    return wrong_usage(Error(Errc::InvalidArgument, "no algorithm '" + algorithm + '\'')
                           .with_hint("one of: " + std::string(kAlgorithms)));
  auto key = hex_option(arguments, "--key");
  auto nonce = hex_option(arguments, "--nonce");
  if (!key.has_value()) return wrong_usage(key.error());
  if (!nonce.has_value()) return wrong_usage(nonce.error());
  const std::size_t key_size = algorithm.starts_with("aes-128") ? 16 : 32;
  const std::size_t nonce_size = algorithm.starts_with('x') ? 24 : 12;
  if (key->size() != key_size || nonce->size() != nonce_size)
    return wrong_usage(
        Error(Errc::InvalidArgument, algorithm + " takes a key of " + std::to_string(key_size) +
                                         " bytes and a nonce of " + std::to_string(nonce_size)));
  Job job{seal, std::move(*key), std::move(*nonce), arguments.get("--aad"), {}};
  AVILA_TRY(job.input, read_input(arguments.operand(0)));
  auto out = run_algorithm(algorithm, job);
  wipe_memory(job.input.data(), job.input.size());
  AVILA_TRY(const SecretBytes bytes, std::move(out));
  AVILA_TRY_VOID(write_result(arguments, bytes.span(), true));
  return kDone;
}

}  // namespace

Result<int> tool_seal(const Arguments& arguments) { return run(arguments, true); }
Result<int> tool_open(const Arguments& arguments) { return run(arguments, false); }

}  // namespace avila::cli
