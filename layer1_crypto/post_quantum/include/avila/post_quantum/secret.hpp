// The secret types by the names of this library.
#pragma once
#include <avila/primitives/secret.hpp>

namespace avila::post_quantum {

using avila::Secret;
using avila::SecretArray;

}  // namespace avila::post_quantum
