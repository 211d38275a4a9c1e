#include <avila/asn1/writer.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>

#include "make.hpp"

namespace {

using namespace pki_test;

Name parsed(std::string_view text) { return Name::from_string(text).value(); }

/// One attribute CN of any string type.
Name of_type(asn1::Tag tag, std::string_view content) {
  asn1::Writer writer;
  writer.sequence([&](asn1::Writer& rdns) {
    rdns.set_of([&](asn1::Writer& set) {
      set.sequence([&](asn1::Writer& attribute) {
        attribute.oid("2.5.4.3").primitive(tag, as_bytes(content));
      });
    });
  });
  return Name::parse(writer.bytes()).value();
}

// RFC 4514 §4: the examples.
TEST(Name, PrintsAndReadsRfc4514) {
  for (const char* text :
       {"UID=jsmith,DC=example,DC=net", "OU=Sales+CN=J.  Smith,DC=example,DC=net",
        "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
        "CN=Before\\0DAfter,DC=example,DC=net", "CN=\\ both \\ ,C=BR"}) {
    const Name name = parsed(text);
    EXPECT_TRUE(parsed(name.to_string()) == name) << text;
  }
  EXPECT_EQ(parsed("CN=Ana,O=Avila,C=BR").to_string(), "CN=Ana,O=Avila,C=BR");
  EXPECT_EQ(parsed("1.2.3.4=x").to_string(), "1.2.3.4=x");
  EXPECT_EQ(parsed("CN=Before\\0DAfter").to_string(), "CN=Before\\0DAfter");
  EXPECT_EQ(Name().to_string(), "");
  EXPECT_EQ(parsed("CN=Ana,O=Avila,C=BR").attributes().front().value, "BR");
  EXPECT_EQ(parsed("CN=Ana,O=Avila").find("2.5.4.10"), "Avila");
}

TEST(Name, RefusesBadText) {
  for (const char* text : {"CN", "=x", "CN=a,", "CN=a+", "CN=\"a", "CN=\"a\"b", "CN=\\", "CN=\\4",
                           "CN=\\zz", "XX=1", "CN=a;b", "CN=\\ff", "CN=#04", "1.=x"})
    EXPECT_TRUE(Name::from_string(text).error().is(Errc::Malformed)) << text;
}

// RFC 5280 §7.1: strings of any type, case and white space apart.
TEST(Name, ComparesAsStringprepSays) {
  EXPECT_TRUE(parsed("CN=Ana  Maria") == parsed("CN= ana maria "));
  EXPECT_TRUE(parsed("CN=\\ ana maria\\ ") == parsed("CN=ANA MARIA"));
  EXPECT_FALSE(parsed("CN=Ana Maria") == parsed("CN=AnaMaria"));
  EXPECT_FALSE(parsed("CN=Ana") == parsed("O=Ana"));
  EXPECT_TRUE(parsed("CN=a+O=b") == parsed("O=b+CN=a"));
  EXPECT_FALSE(parsed("CN=a,O=b") == parsed("O=b,CN=a"));
  EXPECT_FALSE(parsed("CN=a,O=b") == parsed("CN=a+O=b"));
  EXPECT_TRUE(of_type(asn1::tags::kUtf8String,
                      "\xC3\x89"
                      "cole") == of_type(asn1::tags::kUtf8String,
                                         "e\xCC\x81"
                                         "cole"));  // decomposed
  EXPECT_TRUE(of_type(asn1::tags::kUtf8String,
                      "Stra\xC3\x9F"
                      "e") == of_type(asn1::tags::kPrintableString, "STRASSE"));
  EXPECT_TRUE(of_type(asn1::tags::kBmpString, std::string_view("\0A\0b", 4)) ==
              of_type(asn1::tags::kPrintableString, "aB"));
  EXPECT_TRUE(of_type(asn1::tags::kTeletexString, "\xE9") ==
              of_type(asn1::tags::kUtf8String, "\xC3\x89"));
  EXPECT_FALSE(of_type(asn1::tags::kUtf8String, std::string_view("a\0", 2)) ==
               of_type(asn1::tags::kUtf8String, "a"));
  EXPECT_FALSE(of_type(asn1::tags::kOctetString, "a") == of_type(asn1::tags::kUtf8String, "a"));
}

TEST(Name, KnowsWhatIsBelow) {
  const Name base = parsed("O=Avila,C=BR");
  EXPECT_TRUE(parsed("CN=x,O=AVILA,C=br").is_within(base));
  EXPECT_TRUE(base.is_within(base));
  EXPECT_TRUE(base.is_within(Name()));
  EXPECT_FALSE(base.is_within(parsed("CN=x,O=Avila,C=BR")));
  EXPECT_FALSE(parsed("CN=x,O=Avila2,C=BR").is_within(base));
}

TEST(Name, RefusesDamage) {
  const auto bad = [](std::string_view hex) {
    return Name::parse(as_bytes(text::hex_decode(hex).value())).error().is(Errc::Malformed);
  };
  EXPECT_TRUE(
      bad("3002"
          "3100"));  // no attribute
  EXPECT_TRUE(
      bad("300b"
          "3109"
          "3007"
          "0603550403"
          "1300"
          "05"));  // cut
  EXPECT_TRUE(
      bad("300d"
          "310b"
          "3009"
          "0603550403"
          "130240"
          "40"));  // @ in a PrintableString
  EXPECT_TRUE(
      bad("300d"
          "310b"
          "3009"
          "0603550403"
          "0c02ffff"));
  EXPECT_TRUE(
      bad("3000"
          "00"));
  const Name name = parsed("CN=Ana,O=Avila+OU=x,C=BR");
  for (std::size_t cut = 0; cut < name.der().size(); ++cut)
    EXPECT_FALSE(Name::parse(name.der().first(cut)).has_value()) << cut;
}

TEST(Name, IsMadeOfAttributes) {
  constexpr asn1::Oid kCountry = "2.5.4.6", kCommonName = "2.5.4.3";
  const std::pair<asn1::Oid, std::string> good[] = {{kCountry, "BR"}, {kCommonName, "Jo\xC3\xA3o"}};
  EXPECT_EQ(Name::of(good)->to_string(), "CN=Jo\xC3\xA3o,C=BR");
  const std::pair<asn1::Oid, std::string> country[] = {{kCountry, "BRA"}};
  EXPECT_TRUE(Name::of(country).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(Name::common("").error().is(Errc::InvalidArgument));
  EXPECT_TRUE(Name::common("\xFF").error().is(Errc::InvalidArgument));
}

TEST(GeneralName, RoundTrips) {
  const GeneralName names[] = {GeneralName::dns("a.example"),
                               GeneralName::email("ana@a.example"),
                               GeneralName::uri("https://a.example/"),
                               GeneralName::directory_name(parsed("CN=Ana")),
                               GeneralName::ip("192.0.2.1").value(),
                               GeneralName::ip("2001:db8::1").value(),
                               {GeneralNameType::RegisteredId, "1.2.3", {}}};
  const char* const texts[] = {
      "DNS:a.example", "email:ana@a.example", "URI:https://a.example/", "DirName:CN=Ana",
      "IP:192.0.2.1",  "IP:2001:db8::1",      "Registered ID:1.2.3"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    asn1::Writer writer;
    write_general_name(writer, names[i]);
    asn1::Reader reader(writer.bytes());
    const auto again = parse_general_name(reader);
    ASSERT_TRUE(again.has_value()) << texts[i];
    EXPECT_TRUE(*again == names[i]);
    EXPECT_EQ(again->to_string(), texts[i]);
  }
  EXPECT_TRUE(GeneralName::ip("192.0.2").error().is(Errc::InvalidArgument));
}

TEST(GeneralName, RefusesDamage) {
  for (const char* hex : {"8201ff", "8703010203",
                          "8200"
                          "00",
                          "0400", "a203616263",
                          "8101"
                          "80",
                          "a40430020500",
                          "8801"
                          "80",
                          "a003060101"}) {
    const auto bytes = text::hex_decode(hex).value();
    asn1::Reader reader(as_bytes(bytes));
    const auto name = parse_general_name(reader);
    EXPECT_TRUE(!name.has_value() || !reader.finish().has_value()) << hex;
  }
}

}  // namespace
