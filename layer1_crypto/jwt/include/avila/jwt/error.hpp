// Why a token was refused, for programs. What is no token at all is Errc::Malformed, what is too
// large Errc::LimitExceeded.
#pragma once
#include <avila/error/error.hpp>

namespace avila::jwt {

/// Invalid is the one error for every signature, tag, padding or key that is not right: which of
/// them it was is nobody's business. NoKey: no key of the set is for this token (it names another,
/// or none fits its algorithm): time to fetch the set again. NotAllowed: the algorithm is not on
/// the list of the call, or not known here. Critical: "crit" names what is not understood.
AVILA_ERROR_ENUM(TokenError, Unauthenticated, Invalid, NoKey, NotAllowed, Critical)

/// A claim of a token whose signature is right: missing, of the wrong type, or not accepted.
AVILA_ERROR_ENUM(ClaimError, Unauthenticated, Missing, WrongType, Expired, NotYetValid,
                 IssuedInFuture, TooOld, WrongIssuer, WrongSubject, WrongAudience, WrongTokenType)

}  // namespace avila::jwt
