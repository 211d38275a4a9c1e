// The test that primes of RSA pass.
#pragma once
#include <avila/error/result.hpp>

#include "limbs.hpp"

namespace avila::os {
class Entropy;
}

namespace avila::crypto::detail {

/// Miller-Rabin (FIPS 186-5 appendix B.3.1) with random bases: an odd candidate from 3 on, its
/// highest limb not zero. The twos in candidate - 1 show in the time: two bits, on average.
/// A composite that somebody chose passes with a probability of 4^-rounds at most; a random one
/// hardly ever.
Result<bool> is_probable_prime(const Limbs& candidate, int rounds, os::Entropy& entropy);

}  // namespace avila::crypto::detail
