#pragma once

namespace avila::numeric {
class BigUint;
class BigInt;
class Rational;
class BigDecimal;
struct Context;
struct Evaluation;
}  // namespace avila::numeric
