// The primality test of key generation, which is not public, on Wycheproof's numbers.
#include "rsa_prime.hpp"

#include <gtest/gtest.h>

#include <avila/json/document.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/crypto_cases.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::CryptoBytes;
using avila_test::CryptoFields;

TEST(RsaPrime, AgreesWithWycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/PrimalityTest");
  avila_test::for_each_crypto_case(
      "wycheproof", [](const std::string& algorithm) { return algorithm == "PrimalityTest"; },
      [&](const std::string&, const CryptoFields&, const CryptoFields& test,
          const std::string& where) {
        CryptoBytes value = test.bytes("value");
        // "acceptable" is NegativeOfPrime: RSA has no negative numbers. Even ones and those below 3
        // are never asked for.
        const bool negative = !value.empty() && (value[0] & std::byte{0x80}) != std::byte{0};
        while (!value.empty() && value[0] == std::byte{0}) value.erase(value.begin());
        const bool two = value == CryptoBytes{std::byte{2}};
        if (negative || value.empty() || (value.back() & std::byte{1}) == std::byte{0} ||
            value == CryptoBytes{std::byte{1}})
          return report.check(test.text("result") != "valid" || two, where);
        crypto::detail::Limbs limbs(crypto::detail::limbs_of_bytes(value.size()));
        crypto::detail::load_bytes(limbs, value);
        const auto prime = crypto::detail::is_probable_prime(limbs, 64, os::system_entropy());
        report.check(prime.value() == (test.text("result") == "valid"), where);
      });
  report.finish();
}

}  // namespace
