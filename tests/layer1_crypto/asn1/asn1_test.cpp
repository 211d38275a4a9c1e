#include <gtest/gtest.h>
#include <avila/asn1/ber.hpp>
#include <avila/asn1/pem.hpp>
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/text/encoding.hpp>

#include <functional>
#include <random>

namespace avila::asn1 {
namespace {

std::string from_hex(std::string_view hex) { return text::hex_decode(hex).value(); }
std::string hex_of(ByteSpan bytes) { return text::hex_encode(bytes); }

/// Reads one value from hexadecimal DER and demands that nothing follows.
template <class Read>
auto read(std::string_view hex, Read&& read_value) {
  const std::string bytes = from_hex(hex);
  Reader reader(as_bytes(bytes));
  auto value = read_value(reader);
  if (value.has_value() && !reader.empty()) ADD_FAILURE() << hex << ": bytes left";
  return value;
}

// X.690 §8.3 and §10, §11: the same value has one encoding.
TEST(Reader, Integers) {
  const auto int64 = [](Reader& r) { return r.int64(); };
  const std::pair<const char*, std::int64_t> good[] = {{"020100", 0},
                                                       {"02017f", 127},
                                                       {"02020080", 128},
                                                       {"020180", -128},
                                                       {"0202ff7f", -129},
                                                       {"02087fffffffffffffff", INT64_MAX},
                                                       {"02088000000000000000", INT64_MIN}};
  for (const auto& [hex, value] : good) {
    EXPECT_EQ(*read(hex, int64), value) << hex;
    Writer writer;
    EXPECT_EQ(hex_of(writer.int64(value).bytes()), hex);
  }
  for (const char* bad : {"0200", "0202007f", "0202ff80", "0203", "02020001", "030100", "820100"})
    EXPECT_TRUE(read(bad, int64).error().is(Errc::Malformed)) << bad;
  EXPECT_TRUE(read("0209008000000000000000", int64).error().is(Errc::OutOfRange));
  const auto uint64 = [](Reader& r) { return r.uint64(); };
  EXPECT_EQ(*read("0209008000000000000000", uint64), 1ULL << 63);
  EXPECT_TRUE(read("020180", uint64).error().is(Errc::Malformed));
  const auto magnitude = [](Reader& r) { return r.unsigned_integer(); };
  EXPECT_EQ(read("020100", magnitude)->size(), 0U);
  Writer writer;
  const std::string zeros = from_hex("0000ff01");
  EXPECT_EQ(hex_of(writer.unsigned_integer(as_bytes(zeros)).bytes()), "020300ff01");
  EXPECT_EQ(hex_of(Writer().unsigned_integer({}).bytes()), "020100");
}

TEST(Reader, BooleansNullsAndBits) {
  const auto boolean = [](Reader& r) { return r.boolean(); };
  EXPECT_TRUE(*read("0101ff", boolean));
  EXPECT_FALSE(*read("010100", boolean));
  for (const char* bad : {"010101", "0100", "01020000"})
    EXPECT_FALSE(read(bad, boolean).has_value()) << bad;
  const auto null = [](Reader& r) { return r.null(); };
  EXPECT_TRUE(read("0500", null).has_value());
  EXPECT_FALSE(read("050100", null).has_value());
  const auto bits = [](Reader& r) -> Result<std::string> {
    AVILA_TRY(const BitString value, r.bit_string());
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) text += value.bit(i) ? '1' : '0';
    return text;
  };
  EXPECT_EQ(*read("0304066e5dc0", bits), "011011100101110111");  // the example of X.690 §8.6.4.2
  EXPECT_EQ(*read("030100", bits), "");
  for (const char* bad : {"0300", "030101", "03020881", "03020101", "0304066e5de0"})
    EXPECT_FALSE(read(bad, bits).has_value()) << bad;
  EXPECT_EQ(hex_of(Writer().named_bits(0b110'0000).bytes()), "03020106");
  EXPECT_EQ(hex_of(Writer().named_bits(0).bytes()), "030100");
  EXPECT_EQ(hex_of(Writer().named_bits(1 << 8).bytes()), "0303070080");
}

TEST(Reader, Headers) {
  const auto any = [](Reader& r) { return r.next(); };
  EXPECT_EQ(read("9f8101"
                 "00",
                 any)
                ->tag,
            context_primitive(129));
  EXPECT_EQ(read("bf1f00", any)->tag, context(31));
  for (const char* bad : {"9f1e00",            // fits the short form
                          "9f800100",          // zeros before
                          "9fffffffffff7f00",  // too large
                          "9f", "9f81", "30", "3080", "30800000", "3081", "30817f", "308100",
                          "30820080", "3001", "3089010000000000000000", "3084ffffffff"})
    EXPECT_TRUE(read(bad, any).error().is(Errc::Malformed)) << bad;
  std::string longer = from_hex("0482012c") + std::string(300, 'x');
  Reader reader(as_bytes(longer));
  EXPECT_EQ(reader.octet_string()->size(), 300U);
  Writer writer;
  EXPECT_EQ(as_text(writer.octet_string(as_bytes(std::string(300, 'x'))).bytes()), longer);
  EXPECT_EQ(hex_of(Writer().primitive(context_primitive(129), {}).bytes()), "9f810100");
}

TEST(Reader, OptionalElementsAndOffsets) {
  const std::string bytes = from_hex(
      "300a"
      "a003020101"
      "0203010203");
  Reader reader(as_bytes(bytes));
  auto inside = reader.sequence().value();
  EXPECT_FALSE(inside.optional_enter(context(1))->has_value());
  EXPECT_TRUE(inside.at(context(0)));
  auto version = inside.optional_enter(context(0)).value();
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(*version->int64(), 1);
  EXPECT_TRUE(version->finish().has_value());
  const auto wrong = inside.octet_string();
  EXPECT_EQ(wrong.error().offset(), 7U);
  EXPECT_NE(wrong.error().message().find("OCTET STRING"), std::string_view::npos);
  Reader again(as_bytes(bytes));
  EXPECT_EQ(again.finish().error().offset(), 0U);
}

TEST(Oids, TextAndBytes) {
  const std::pair<const char*, const char*> known[] = {
      {"1.2.840.113549.1.1.11", "2a864886f70d01010b"},
      {"2.5.4.3", "550403"},
      {"1.3.101.112", "2b6570"},
      {"2.999.3", "883703"},
      {"0.0", "00"},
      {"2.16.840.1.101.3.4.2.1", "608648016503040201"},
      {"2.25.329800735698586629295641978511506172918", "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776"}};
  for (const auto& [dotted, hex] : known) {
    const auto oid = Oid::parse(dotted);
    ASSERT_TRUE(oid.has_value()) << dotted << oid.error().to_string();
    EXPECT_EQ(hex_of(oid->content()), hex);
    EXPECT_EQ(Oid::from_der(as_bytes(from_hex(hex)))->to_string(), dotted);
  }
  constexpr Oid compiled = "1.2.840.113549.1.1.11";
  EXPECT_EQ(compiled, *Oid::parse("1.2.840.113549.1.1.11"));
  EXPECT_LT(Oid("1.2.3"), Oid("1.2.4"));
  for (const char* bad : {"", "1", "3.1", "1.40", "1.", ".1", "1..2", "1.02", "1.-2", "1.+2", "a.b",
                          "1.2 ", "2.340282366920938463463374607431768211456"})
    EXPECT_FALSE(Oid::parse(bad).has_value()) << bad;
  for (const char* bad : {"", "80", "8001", "2a80", "2a8001"})
    EXPECT_FALSE(Oid::from_der(as_bytes(from_hex(bad))).has_value()) << bad;
  EXPECT_TRUE(Oid::from_der(as_bytes(std::string(64, 1))).error().is(Errc::LimitExceeded));
  EXPECT_FALSE(Oid::from_der(as_bytes("\x2a" + std::string(19, '\xff') + "\x01")).has_value());
}

TEST(Strings, BecomeUtf8) {
  const auto text = [](Reader& r) { return r.text(); };
  EXPECT_EQ(*read("0c04c3a36f21", text), "\u00e3o!");
  EXPECT_EQ(*read("1403e36f21", text), "\u00e3o!");
  EXPECT_EQ(*read("1e0400e3006f", text), "\u00e3o");
  EXPECT_EQ(*read("1c040001f600", text), "\U0001F600");
  EXPECT_EQ(*read("1303412042", text), "A B");
  EXPECT_EQ(*read("1203312032", text), "1 2");
  for (const char* bad : {"0c01e3", "130140", "160180", "1a017f", "120141", "1e0100", "1e02d800",
                          "1c0400110000", "040141"})
    EXPECT_TRUE(read(bad, text).error().is(Errc::Malformed)) << bad;
  EXPECT_TRUE(is_printable("Test CA 1/2 (x)"));
  EXPECT_FALSE(is_printable("a@b"));
  EXPECT_TRUE(is_ia5("a@b"));
}

TEST(Times, AreThoseOfRfc5280) {
  const auto time = [](std::string_view tag, std::string_view text) {
    const std::string bytes = from_hex(tag) + static_cast<char>(text.size()) + std::string(text);
    Reader reader(as_bytes(bytes));
    return reader.time();
  };
  EXPECT_EQ(time("17", "700101000000Z")->ns, 0);
  EXPECT_EQ(time("17", "491231235959Z")->ns, 2'524'607'999'000'000'000);
  EXPECT_LT(time("17", "500101000000Z")->ns, 0);
  EXPECT_EQ(time("18", "20260131120000Z")->ns, 1'769'860'800'000'000'000);
  EXPECT_EQ(time("18", "99991231235959Z")->ns, INT64_MAX);
  for (const char* bad : {"7001010000Z", "700101000000", "700101000000+0000", "701301000000Z",
                          "700230000000Z", "700101240000Z", "700101006000Z", "70010100000xZ"})
    EXPECT_TRUE(time("17", bad).error().is(Errc::Malformed)) << bad;
  for (const char* bad : {"20260131120000.5Z", "20260131120000", "202601311200Z"})
    EXPECT_TRUE(time("18", bad).error().is(Errc::Malformed)) << bad;
  EXPECT_TRUE(time("18", "15000101000000Z").error().is(Errc::OutOfRange));
  EXPECT_EQ(as_text(Writer().time({1'769'860'800'000'000'000}).bytes()).substr(2), "260131120000Z");
  EXPECT_EQ(as_text(Writer().time({2'524'608'000'000'000'000}).bytes()).substr(2),
            "20500101000000Z");
  EXPECT_EQ(as_text(Writer().time({INT64_MAX}).bytes()).substr(2), "99991231235959Z");
}

TEST(Der, TreesAreChecked) {
  const auto valid = [](std::string_view hex) {
    return validate_der(as_bytes(from_hex(hex))).has_value();
  };
  EXPECT_TRUE(
      valid("3009"
            "0101ff"
            "a004"
            "3102"
            "0500"));
  EXPECT_TRUE(
      valid("3106"
            "020101"
            "020102"));
  for (const char* bad : {"3106"
                          "020102"
                          "020101",  // SET out of order
                          "3003"
                          "010101",  // true is 255
                          "2403"
                          "040161",  // a string in pieces
                          "1000",    // a primitive SEQUENCE
                          "3002"
                          "0000",    // end of contents
                          "300000",  // bytes behind
                          "3004"
                          "0c02"
                          "c328"})  // bad UTF-8
    EXPECT_FALSE(valid(bad)) << bad;
  std::string deep;
  for (int i = 0; i < 70; ++i)
    deep = as_text(Writer().primitive(tags::kSequence, as_bytes(deep)).bytes());
  EXPECT_TRUE(validate_der(as_bytes(deep)).error().is(Errc::LimitExceeded));
}

TEST(Der, SetsAreSorted) {
  Writer writer;
  writer.set_of([](Writer& w) { w.int64(300).int64(2).int64(1).octet_string(as_bytes("a")); });
  EXPECT_EQ(hex_of(writer.bytes()),
            "310d"
            "020101"
            "020102"
            "0202012c"
            "040161");
  EXPECT_TRUE(validate_der(writer.bytes()).has_value());
}

TEST(Ber, BecomesDer) {
  const auto der = [](std::string_view hex) {
    const auto result = ber_to_der(as_bytes(from_hex(hex)));
    return result.has_value() ? hex_of(*result) : "error";
  };
  EXPECT_EQ(der("3080"
                "020101"
                "0000"),
            "3003020101");
  EXPECT_EQ(der("3080"
                "3080"
                "0500"
                "0000"
                "0000"),
            "300430020500");
  EXPECT_EQ(der("2480"
                "040161"
                "2403"
                "040162"
                "0000"),
            "04026162");
  EXPECT_EQ(der("2380"
                "030200"
                "0a"
                "0303044"
                "1f0"
                "0000"),
            "0304040a41f0");
  EXPECT_EQ(der("2380"
                "03020"
                "40a"
                "0303004"
                "1f0"
                "0000"),
            "error")
      << "unused bits within";
  EXPECT_EQ(der("2c80"
                "0c0161"
                "040162"
                "0000"),
            "0c026162");
  EXPECT_EQ(der("30840000000"
                "3"
                "010101"),
            "30030101ff");
  EXPECT_EQ(der("02030000"
                "80"),
            "02020080");
  EXPECT_EQ(der("a080"
                "020101"
                "0000"),
            "a003020101");
  for (const char* bad : {"3080", "308000", "3080020101", "0480", "30800000ff", "0000",
                          "24800201010000", "2300ff", "30038101"})
    EXPECT_EQ(der(bad), "error") << bad;
  EXPECT_EQ(der("2300"), "030100");
  std::string deep, ends;
  for (int i = 0; i < 100'000; ++i) deep += "\x30\x80", ends += std::string(2, '\0');
  EXPECT_TRUE(ber_to_der(as_bytes(deep + ends)).error().is(Errc::LimitExceeded));
}

// DER is BER: random trees come back as they are.
TEST(Ber, LeavesDerAlone) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const std::function<void(Writer&, int)> tree = [&](Writer& w, int depth) {
      for (auto n = random() % 4; n != 0; --n) {
        switch (random() % (depth < 6 ? 7 : 5)) {
          case 0: w.int64(static_cast<std::int64_t>(random() >> random() % 64)); break;
          case 1: w.boolean(random() % 2 == 0); break;
          case 2: w.octet_string(as_bytes(std::string(random() % 300, 'o'))); break;
          case 3: w.bit_string(as_bytes("ab"), static_cast<unsigned>(random() % 8)); break;
          case 4: w.oid("2.5.29.15"); break;
          case 5: w.sequence([&](Writer& inner) { tree(inner, depth + 1); }); break;
          default:
            w.constructed(context(static_cast<std::uint32_t>(random() % 100)),
                          [&](Writer& inner) { tree(inner, depth + 1); });
        }
      }
    };
    Writer writer;
    writer.sequence([&](Writer& w) { tree(w, 0); });
    ASSERT_TRUE(validate_der(writer.bytes()).has_value()) << hex_of(writer.bytes());
    ASSERT_EQ(hex_of(*ber_to_der(writer.bytes())), hex_of(writer.bytes()));
  }
}

TEST(Pem, BlocksWithTextAround) {
  const std::string bytes(100, 'x');
  const std::string one = to_pem("CERTIFICATE", as_bytes(bytes));
  EXPECT_EQ(one.find('\n', 28) - 28, 64U);
  const std::string text =
      "Subject: someone\r\n" + one + "\njunk\n" + to_pem("EC PRIVATE KEY", as_bytes("k"));
  const auto blocks = parse_pem(text);
  ASSERT_TRUE(blocks.has_value());
  ASSERT_EQ(blocks->size(), 2U);
  EXPECT_EQ((*blocks)[0].label, "CERTIFICATE");
  EXPECT_EQ(as_text((*blocks)[0].bytes), bytes);
  EXPECT_EQ(as_text(find_pem(text, "EC PRIVATE KEY")->bytes), "k");
  const auto none = find_pem(text, "X");
  EXPECT_TRUE(none.error().is(Errc::NotFound));
  EXPECT_NE(none.error().message().find("EC PRIVATE KEY"), std::string_view::npos);
  EXPECT_EQ(parse_pem("")->size(), 0U);
}

TEST(Pem, HeadersOfOldEncryptedKeys) {
  const auto block = find_pem(
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,\n "
      "00FF\n\nYWJj\n"
      "-----END RSA PRIVATE KEY-----\n",
      "RSA PRIVATE KEY");
  ASSERT_TRUE(block.has_value()) << block.error().to_string();
  ASSERT_EQ(block->headers.size(), 2U);
  EXPECT_EQ(block->headers[1].second, "AES-128-CBC,00FF");
  EXPECT_EQ(as_text(block->bytes), "abc");
}

TEST(Pem, DamageIsReported) {
  for (const char* bad :
       {"-----BEGIN A-----\nYWJj\n", "-----BEGIN A-----\nYWJj\n-----END B-----\n",
        "-----BEGIN A-----\nYW Jj!\n-----END A-----\n", "-----BEGIN A-----\nYWJ\n-----END A-----\n",
        "-----BEGIN A-----\n-----BEGIN B-----\n-----END B-----\n"})
    EXPECT_TRUE(parse_pem(bad).error().is(Errc::Malformed)) << bad;
}

}  // namespace
}  // namespace avila::asn1
