#include <gtest/gtest.h>
#include <avila/validate/brazil.hpp>
#include <avila/validate/formats.hpp>

namespace avila::validate {
namespace {

using Texts = std::initializer_list<std::string_view>;

template <class F>
void expect_all(F accepts, bool wanted, Texts texts) {
  for (const std::string_view text : texts) EXPECT_EQ(accepts(text), wanted) << text;
}

TEST(Email, Rfc5321Addresses) {
  const auto plain = [](std::string_view t) { return is_email(t); };
  const std::string local64(64, 'a');
  expect_all(plain, true,
             {"simple@example.com", "very.common@example.com", "x@example.com", "a+b@example.org",
              "name/surname@example.com", "mailhost!username@example.org", "user%x@example.org",
              "user-@example.org", "postmaster@sub.domain-x.co", "1@2.com", "_@xn--bcher-kva.ch",
              "#!$%&'*+-/=?^_`{}|~@example.org", local64 + "@example.com"});
  expect_all(plain, false,
             {"",
              "@",
              "a@",
              "@b.com",
              "abc.example.com",
              "a@b@c@example.com",
              "a..b@example.com",
              ".a@example.com",
              "a.@example.com",
              "a b@example.com",
              "a\"b(c)d@example.com",
              "a@example",
              "a@-example.com",
              "a@example-.com",
              "a@exam_ple.com",
              "a@example..com",
              "a@example.com.",
              "a@.example.com",
              "a@192.0.2.1",
              "a@[192.0.2.1]",
              "\"a b\"@example.com",
              "é@example.com",
              "a@b\n.com",
              local64 + "a@example.com"});
  const std::string longest = local64 + "@" + std::string(63, 'b') + "." + std::string(63, 'c') +
                              "." + std::string(57, 'd') + ".com";
  EXPECT_EQ(longest.size(), 254U);
  EXPECT_TRUE(is_email(longest));
  EXPECT_FALSE(is_email(longest + "m"));
}

TEST(Email, WhatOptionsAllow) {
  const EmailOptions quoted{.quoted = true};
  expect_all([&](std::string_view t) { return is_email(t, quoted); }, true,
             {"\"a b\"@example.com", "\"a@b\"@example.com", R"("a\"b\\"@example.com)",
              "\"\"@example.com"});
  expect_all([&](std::string_view t) { return is_email(t, quoted); }, false,
             {"\"a\"b\"@example.com", "\"a\\\"@example.com", "\"a\x01\"@example.com",
              "\"é\"@example.com"});
  const EmailOptions literal{.address_literal = true};
  EXPECT_TRUE(is_email("a@[192.0.2.1]", literal));
  EXPECT_TRUE(is_email("a@[IPv6:2001:db8::1]", literal));
  EXPECT_FALSE(is_email("a@[2001:db8::1]", literal));
  EXPECT_FALSE(is_email("a@[300.0.2.1]", literal));
  EXPECT_TRUE(is_email("root@localhost", {.require_dot = false}));
  const EmailOptions utf8{.smtputf8 = true};
  expect_all([&](std::string_view t) { return is_email(t, utf8); }, true,
             {"用户@例子.广告", "δοκιμή@παράδειγμα.δοκιμή", "joão@exemplo.com.br",
              "ana@pão-de-queijo.com.br"});
  expect_all([&](std::string_view t) { return is_email(t, utf8); }, false,
             {"a@é-.com", "a@é..com", "a@é com.br", "a\xFF@b.com", "a@ç_ã.com"});
}

TEST(Network, Ipv4) {
  expect_all(is_ipv4, true, {"0.0.0.0", "255.255.255.255", "192.0.2.1", "10.0.0.1"});
  expect_all(is_ipv4, false,
             {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "01.2.3.4", "1.2.3.",
              ".1.2.3", "1..2.3", "1.2.3.4 ", "0x1.2.3.4", "-1.2.3.4", "1234.1.1.1"});
}

// The forms of RFC 4291 section 2.2.
TEST(Network, Ipv6) {
  expect_all(
      is_ipv6, true,
      {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "2001:DB8:0:0:8:800:200C:417A",
       "2001:DB8::8:800:200C:417A", "FF01::101", "::1", "::", "::13.1.68.3", "::FFFF:129.144.52.38",
       "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::8", "0:0:0:0:0:0:13.1.68.3"});
  expect_all(is_ipv6, false,
             {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::",
              "1:", ":1", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "::1.2.3", "1.2.3.4",
              "fe80::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "::ffff:1.2.3.256"});
}

TEST(Network, Ipv6CanonicalFormOfRfc5952) {
  const std::pair<const char*, const char*> cases[] = {
      {"2001:0db8::0001", "2001:db8::1"},
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:DB8::ABCD", "2001:db8::abcd"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"::ffff:192.0.2.1", "::ffff:c000:201"}};
  for (const auto& [text, canonical] : cases) {
    const auto address = parse_ipv6(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(format_ipv6(*address), canonical);
    EXPECT_EQ(parse_ipv6(format_ipv6(*address)), address);
  }
}

TEST(Network, CidrAndHostnames) {
  expect_all([](std::string_view t) { return is_cidr(t); }, true,
             {"192.0.2.0/24", "0.0.0.0/0", "10.1.2.3/8", "2001:db8::/32", "::1/128"});
  expect_all([](std::string_view t) { return is_cidr(t); }, false,
             {"192.0.2.0", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/08", "192.0.2.0/", "/8",
              "::/129", "a/8", "1.2.3.4/8/8"});
  EXPECT_TRUE(is_cidr("10.0.0.0/8", true));
  EXPECT_FALSE(is_cidr("10.1.2.3/8", true));
  EXPECT_TRUE(is_cidr("2001:db8::/32", true));
  EXPECT_FALSE(is_cidr("2001:db8::1/127", true));
  expect_all(is_hostname, true,
             {"a", "example.com", "EXAMPLE.com.", "xn--bcher-kva.example", "3com.com", "a-b.c1",
              "localhost"});
  expect_all(is_hostname, false,
             {"", ".", "a..b", "-a", "a-", "a_b", "a b", "1.2.3.4", "example.123", "é.com", ".a"});
  EXPECT_TRUE(is_hostname(std::string(63, 'a')));
  EXPECT_FALSE(is_hostname(std::string(64, 'a')));
}

TEST(Network, Urls) {
  const auto web = [](std::string_view t) { return is_url(t); };
  expect_all(web, true,
             {"http://example.com", "https://example.com:8443/a/b?c=d&e=%20#f", "HTTP://a.b",
              "http://192.0.2.1/", "http://[2001:db8::1]:80/x", "https://localhost:3000",
              "https://a.b?x", "https://a.b#x"});
  expect_all(web, false,
             {"",
              "example.com",
              "http:/a.b",
              "http://",
              "ftp://a.b",
              "http://a b.com",
              "http://a.b/ x",
              "http://a.b/%2",
              "http://a.b/%zz",
              "http://-a.com",
              "http://a.b:0",
              "http://a.b:65536",
              "http://a.b:x",
              "http://[::1",
              "http://[1.2.3.4]/",
              "http://user@a.b/",
              "http://a.b/é",
              "http://a.b/<script>",
              "javascript://a.b",
              "http://a.b\n",
              "http://[::1]x"});
  const std::string_view ftp[] = {"ftp"};
  EXPECT_TRUE(is_url("ftp://a.b/c", ftp));
  EXPECT_FALSE(is_url("http://a.b/c", ftp));
  EXPECT_FALSE(is_url("http://a.b/" + std::string(2'048, 'x')));
}

TEST(TextForms, UuidsPhonesVersions) {
  EXPECT_TRUE(is_uuid("123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_TRUE(is_uuid("123e4567-e89b-12d3-a456-426614174000", 1));
  EXPECT_TRUE(is_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 7));  // RFC 9562 A.6
  EXPECT_FALSE(is_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 4));
  EXPECT_FALSE(is_uuid("017F22E2-79B0-7CC3-C8C4-DC0C0C07398F", 7));
  const auto any = [](std::string_view t) { return is_uuid(t); };
  expect_all(any, false,
             {"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400",
              "123e4567-e89b-12d3-a456-42661417400g", "{23e4567-e89b-12d3-a456-426614174000}"});
  expect_all(is_phone, true, {"+5511912345678", "+14155552671", "+442071838750"});
  expect_all(is_phone, false,
             {"", "+", "5511912345678", "+05511912345678", "+1234567890123456", "+12345",
              "+55 11 91234-5678"});
  // The examples that semver.org gives with its expression.
  expect_all(is_semver, true,
             {"0.0.4", "1.2.3", "10.20.30", "1.1.2-prerelease+meta", "1.1.2+meta", "1.0.0-alpha",
              "1.0.0-alpha.1", "1.0.0-alpha0.valid", "1.0.0-alpha.0valid", "1.0.0-rc.1+build.1",
              "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "2.0.0+build.1848",
              "1.2.3----RC-SNAPSHOT.12.9.1--.12+788", "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
              "99999999999999999999999.999999999999999999.99999999999999999", "1.0.0-0A.is.legal"});
  expect_all(is_semver, false,
             {"1",
              "1.2",
              "1.2.3-0123",
              "1.2.3-0123.0123",
              "1.1.2+.123",
              "+invalid",
              "-invalid",
              "alpha",
              "01.1.1",
              "1.01.1",
              "1.1.01",
              "1.2.3.DEV",
              "1.2-SNAPSHOT",
              "1.2.3-",
              "1.2.3+",
              "1.0.0-alpha_beta",
              "1.0.0-alpha..1",
              "-1.0.3-gamma+b7718",
              "1.2.31.2.3",
              "+justmeta",
              "9.8.7+meta+meta",
              "1.2.3+a_b"});
}

TEST(Dates, CalendarAndRfc3339) {
  expect_all(is_date, true, {"2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"});
  expect_all(is_date, false,
             {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-04-31", "2024-01-00",
              "2024-1-1", "24-01-01", "2024/01/01", "2024-01-01T", ""});
  expect_all(is_datetime, true,
             {"1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00", "1990-12-31T23:59:60Z",
              "1990-12-31T15:59:60-08:00", "1937-01-01T12:00:27.87+00:20", "2024-01-01t00:00:00z"});
  expect_all(is_datetime, false,
             {"1985-04-12", "1985-04-12T24:00:00Z", "1985-04-12T23:60:00Z", "1985-04-12T23:59:61Z",
              "1990-12-31T22:59:60Z", "1985-04-12T23:20:50", "1985-04-12T23:20:50.Z",
              "1985-04-12T23:20:50+24:00", "1985-04-12T23:20:50+0100", "1985-04-12 23:20:50Z"});
  expect_all(is_date_br, true, {"29/02/2024", "31/12/1999"});
  expect_all(is_date_br, false, {"29/02/2023", "12/31/1999", "1/1/2000", "2024-01-01", ""});
}

TEST(Money, Cards) {
  const std::pair<const char*, CardBrand> cards[] = {
      {"4111111111111111", CardBrand::Visa},       {"4222222222222", CardBrand::Visa},
      {"5555555555554444", CardBrand::Mastercard}, {"2223003122003222", CardBrand::Mastercard},
      {"378282246310005", CardBrand::Amex},        {"6011111111111117", CardBrand::Discover},
      {"30569309025904", CardBrand::Diners},       {"38520000023237", CardBrand::Diners},
      {"3530111333300000", CardBrand::Jcb},        {"6200000000000005", CardBrand::UnionPay},
      {"6362970000457013", CardBrand::Elo},        {"6062826786276634", CardBrand::Hipercard},
      {"6759649826438453", CardBrand::Maestro}};
  for (const auto& [number, brand] : cards) {
    EXPECT_TRUE(is_card(number)) << number;
    EXPECT_EQ(card_brand(number), brand) << number;
    std::string wrong = number;
    wrong.back() = wrong.back() == '9' ? '0' : static_cast<char>(wrong.back() + 1);
    EXPECT_FALSE(is_card(wrong)) << wrong;
  }
  EXPECT_TRUE(is_card("4111 1111 1111 1111"));
  EXPECT_TRUE(is_card("4111-1111-1111-1111"));
  expect_all(is_card, false,
             {"", "4111", "4111  1111 1111 1111", " 4111111111111111", "4111111111111111 ",
              "411111111111111a", "41111111111111112222", "37828224631000", "49927398716"});
  EXPECT_TRUE(passes_luhn("49927398716"));
  EXPECT_FALSE(passes_luhn("49927398717"));
  EXPECT_FALSE(passes_luhn("0"));
  EXPECT_EQ(mask_card("4111 1111 1111 1111"), "************1111");
  EXPECT_EQ(mask_card("4111 1111 1111 1112"), "");
  EXPECT_EQ(to_string(CardBrand::Amex), "American Express");
}

TEST(Money, Ibans) {
  expect_all(is_iban, true,
             {"GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432", "DE89370400440532013000",
              "FR1420041010050500013M02606", "BR1800360305000010009795493C1", "NO9386011117947",
              "MT84MALT011000012345MTLCAST001S", "SA0380000000608010167519"});
  expect_all(is_iban, false,
             {"", "GB82WEST12345698765433", "GB82 WEST 1234 5698 7654 3", "XX82WEST12345698765432",
              "gb82west12345698765432", "GB82  WEST12345698765432", " GB82WEST12345698765432",
              "GB82WEST12345698765432 ", "DE8937040044053201300", "GB"});
}

TEST(Brazil, CpfAndCnpj) {
  expect_all(is_cpf, true, {"529.982.247-25", "52998224725", "111.444.777-35", "12345678909"});
  expect_all(is_cpf, false,
             {"", "529.982.247-24", "529.982.247-35", "11111111111", "000.000.000-00", "5299822472",
              "529982247255", "529.982.24725", "529 982 247 25", "a2998224725"});
  // With letters: the example of the Receita Federal's technical note.
  expect_all(is_cnpj, true,
             {"11.222.333/0001-81", "11222333000181", "11444777000161", "12.ABC.345/01DE-35",
              "12ABC34501DE35", "00.000.000/0001-91"});
  expect_all(is_cnpj, false,
             {"", "11.222.333/0001-82", "11.222.333/0001-91", "00000000000000", "12ABC34501DE36",
              "12abc34501de35", "12ABC34501DEA5", "11222333/0001-81", "112223330001811"});
  EXPECT_EQ(format_cpf("52998224725"), "529.982.247-25");
  EXPECT_EQ(format_cpf("52998224724"), "");
  EXPECT_EQ(mask_cpf("52998224725"), "***.982.247-**");
  EXPECT_EQ(format_cnpj("12ABC34501DE35"), "12.ABC.345/01DE-35");
  EXPECT_EQ(format_cnpj("x"), "");
}

TEST(Brazil, CepAndPhones) {
  expect_all(is_cep, true, {"01310-100", "01310100", "99999-999"});
  expect_all(is_cep, false, {"", "0131010", "01310-10", "0131-0100", "00000-000", "a1310100"});
  EXPECT_EQ(format_cep("01310100"), "01310-100");
  expect_all(is_phone_br, true,
             {"11912345678", "(11) 91234-5678", "(11)91234-5678", "+55 11 91234-5678",
              "+5511912345678", "+55 (21) 3123-4567", "1131234567", "11 91234-5678"});
  expect_all(
      is_phone_br, false,
      {"", "912345678", "(10) 91234-5678", "(23) 91234-5678", "11812345678", "1191234567",
       "(11) 1234-5678", "+1 11 91234-5678", "(11 91234-5678", "11  91234-5678", "119123456789"});
  EXPECT_EQ(format_phone_br("+5511912345678"), "(11) 91234-5678");
  EXPECT_EQ(format_phone_br("2131234567"), "(21) 3123-4567");
  EXPECT_EQ(format_phone_br("1"), "");
  int codes = 0;
  for (int code = -5; code < 200; ++code) codes += is_ddd(code) ? 1 : 0;
  EXPECT_EQ(codes, 67);
}

}  // namespace
}  // namespace avila::validate
