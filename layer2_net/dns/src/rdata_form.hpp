// What the data of each type is made of: one table drives reading, printing, parsing, comparing.
#pragma once
#include <avila/dns/types.hpp>
#include <cstdint>

namespace avila::dns::detail {

enum class Field : std::uint8_t {
  End,
  U8,
  U16,
  U32,
  U48,
  Period,      ///< 32 bits; text may have units
  Time,        ///< 32 bits, YYYYMMDDHHmmSS (RFC 4034 section 3.2)
  TypeCode,    ///< 16 bits, the name of a type
  Algorithm,   ///< 8 bits, a number or a mnemonic (RFC 4034 appendix A.1)
  CertType,    ///< 16 bits (RFC 4398 section 2.1)
  Rcode16,     ///< TSIG's error
  Name,        ///< may come compressed, and be sent so
  NameSeldom,  ///< may come compressed, is not sent so (RFC 3597 section 4)
  NamePlain,   ///< never compressed
  A,
  Aaaa,
  Text,      ///< one character-string
  TextOpt,   ///< one or none
  Tag,       ///< the same; letters and digits stand without quotes (RFC 8659 section 4.1.1)
  Texts,     ///< one or more, to the end
  RestText,  ///< bytes to the end as a quoted text
  Hex,       ///< to the end
  Base64,    ///< to the end
  Sized16,   ///< 16-bit length and that many bytes, base64 (TSIG)
  Salt,      ///< 8-bit length, hex, "-" for none
  Hash,      ///< 8-bit length, base32hex
  Bitmap,    ///< types, to the end
  SvcParams,
  Wks,
  Apl,
  Loc,
  Nsap,
  Eui48,
  Eui64,
  Node64,  ///< four groups of four hex digits (RFC 6742)
};

constexpr std::size_t kFieldsMax = 10;
struct Form {
  std::uint16_t type;
  bool lower_names;  ///< in the canonical form
  Field fields[kFieldsMax];
};

/// Null for types without a known form.
const Form* form_of(Type type) noexcept;

}  // namespace avila::dns::detail
