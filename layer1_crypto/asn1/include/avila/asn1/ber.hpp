// BER that others write (CMS, PKCS#12, LDAP), turned into DER once, at the door.
#pragma once
#include <avila/asn1/tag.hpp>
#include <vector>

namespace avila::asn1 {

/// One BER element as DER: lengths definite and shortest, strings in one piece, true as 0xFF,
/// integers without bytes too many. The order of sets is left as it is: a SET OF is not told from a
/// SET by its tag. Errors: Malformed with the offset; LimitExceeded below kMaxDepth. Bytes behind
/// the element are refused.
Result<std::vector<std::byte>> ber_to_der(ByteSpan bytes);

}  // namespace avila::asn1
