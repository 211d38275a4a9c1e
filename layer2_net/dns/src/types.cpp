#include <avila/dns/types.hpp>
#include <avila/text/number.hpp>

namespace avila::dns {
namespace {

struct Named {
  std::uint16_t value;
  std::string_view name;
};

// IANA, "Resource Record (RR) TYPEs".
constexpr Named kTypes[] = {
    {1, "A"},           {2, "NS"},      {3, "MD"},        {4, "MF"},         {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},      {8, "MG"},        {9, "MR"},         {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},    {13, "HINFO"},    {14, "MINFO"},     {15, "MX"},
    {16, "TXT"},        {17, "RP"},     {18, "AFSDB"},    {19, "X25"},       {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},   {23, "NSAP-PTR"}, {24, "SIG"},       {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},   {28, "AAAA"},     {29, "LOC"},       {30, "NXT"},
    {33, "SRV"},        {35, "NAPTR"},  {36, "KX"},       {37, "CERT"},      {39, "DNAME"},
    {41, "OPT"},        {42, "APL"},    {43, "DS"},       {44, "SSHFP"},     {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},   {48, "DNSKEY"},   {49, "DHCID"},     {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},   {53, "SMIMEA"},   {55, "HIP"},       {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"}, {59, "CDS"},      {60, "CDNSKEY"},   {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"}, {64, "SVCB"},     {65, "HTTPS"},     {66, "DSYNC"},
    {99, "SPF"},        {104, "NID"},   {105, "L32"},     {106, "L64"},      {107, "LP"},
    {108, "EUI48"},     {109, "EUI64"}, {249, "TKEY"},    {250, "TSIG"},     {251, "IXFR"},
    {252, "AXFR"},      {253, "MAILB"}, {254, "MAILA"},   {255, "ANY"},      {256, "URI"},
    {257, "CAA"},       {258, "AVC"},   {259, "DOA"},     {260, "AMTRELAY"}, {261, "RESINFO"},
    {32768, "TA"},      {32769, "DLV"},
};
constexpr Named kClasses[] = {{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr Named kOpcodes[] = {{0, "QUERY"},  {1, "IQUERY"}, {2, "STATUS"},
                              {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"}};
constexpr Named kRcodes[] = {{0, "NOERROR"}, {1, "FORMERR"},   {2, "SERVFAIL"},  {3, "NXDOMAIN"},
                             {4, "NOTIMP"},  {5, "REFUSED"},   {6, "YXDOMAIN"},  {7, "YXRRSET"},
                             {8, "NXRRSET"}, {9, "NOTAUTH"},   {10, "NOTZONE"},  {16, "BADVERS"},
                             {17, "BADKEY"}, {18, "BADTIME"},  {19, "BADMODE"},  {20, "BADNAME"},
                             {21, "BADALG"}, {22, "BADTRUNC"}, {23, "BADCOOKIE"}};
// RFC 8914 section 4.
constexpr Named kEdes[] = {{0, "Other Error"},
                           {1, "Unsupported DNSKEY Algorithm"},
                           {2, "Unsupported DS Digest Type"},
                           {3, "Stale Answer"},
                           {4, "Forged Answer"},
                           {5, "DNSSEC Indeterminate"},
                           {6, "DNSSEC Bogus"},
                           {7, "Signature Expired"},
                           {8, "Signature Not Yet Valid"},
                           {9, "DNSKEY Missing"},
                           {10, "RRSIGs Missing"},
                           {11, "No Zone Key Bit Set"},
                           {12, "NSEC Missing"},
                           {13, "Cached Error"},
                           {14, "Not Ready"},
                           {15, "Blocked"},
                           {16, "Censored"},
                           {17, "Filtered"},
                           {18, "Prohibited"},
                           {19, "Stale NXDOMAIN Answer"},
                           {20, "Not Authoritative"},
                           {21, "Not Supported"},
                           {22, "No Reachable Authority"},
                           {23, "Network Error"},
                           {24, "Invalid Data"},
                           {25, "Signature Expired before Valid"},
                           {26, "Too Early"},
                           {27, "Unsupported NSEC3 Iterations Value"}};

template <std::size_t N>
std::string_view find_name(const Named (&table)[N], std::uint16_t value) noexcept {
  for (const Named& entry : table)
    if (entry.value == value) return entry.name;
  return {};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
    if (upper(a[i]) != upper(b[i])) return false;
  }
  return true;
}

template <class T, std::size_t N>
Result<T> parse_named(const Named (&table)[N], std::string_view prefix, std::string_view text) {
  for (const Named& entry : table)
    if (equal_ignoring_case(entry.name, text)) return static_cast<T>(entry.value);
  if (text.size() > prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix)) {
    const auto value = text::parse_uint(text.substr(prefix.size()));
    if (value.has_value() && *value <= 0xffff) return static_cast<T>(*value);
  }
  return Error(Errc::Malformed, "no " + std::string(prefix == "TYPE" ? "type" : "class") + " '" +
                                    std::string(text.substr(0, 40)) + '\'');
}

template <std::size_t N>
std::string name_or_number(const Named (&table)[N], std::string_view prefix, std::uint16_t value) {
  const std::string_view name = find_name(table, value);
  return name.empty() ? std::string(prefix) + std::to_string(value) : std::string(name);
}

}  // namespace

std::string to_string(Type type) {
  return name_or_number(kTypes, "TYPE", static_cast<std::uint16_t>(type));
}
std::string to_string(Class value) {
  return name_or_number(kClasses, "CLASS", static_cast<std::uint16_t>(value));
}
std::string to_string(Opcode opcode) {
  return name_or_number(kOpcodes, "OPCODE", static_cast<std::uint16_t>(opcode));
}
std::string to_string(Rcode rcode) {
  return name_or_number(kRcodes, "RCODE", static_cast<std::uint16_t>(rcode));
}
std::string_view to_string(Ede code) noexcept {
  return find_name(kEdes, static_cast<std::uint16_t>(code));
}
Result<Type> parse_type(std::string_view text) { return parse_named<Type>(kTypes, "TYPE", text); }
Result<Class> parse_class(std::string_view text) {
  return parse_named<Class>(kClasses, "CLASS", text);
}

bool is_meta_type(Type type) noexcept {
  const auto value = static_cast<std::uint16_t>(type);
  return value == 0 || type == Type::OPT || (value >= 128 && value <= 255);
}

}  // namespace avila::dns
