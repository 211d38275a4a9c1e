#include <gtest/gtest.h>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/text/encoding.hpp>

#include <limits>

#include "schemas.hpp"

namespace avila::protobuf {
namespace {

class Dynamic : public testing::Test {
 protected:
  void SetUp() override {
    must_add(pool_, "all.proto", kEverything);
    must_add(pool_, "old.proto", kProto2);
    all_ = pool_.find_message("t.All");
    old_ = pool_.find_message("t2.Old");
    ASSERT_TRUE(all_ != nullptr && old_ != nullptr);
  }
  DynamicMessage make() const { return DynamicMessage(*all_); }
  const FieldDescriptor& field(std::string_view name) const { return *all_->find_field(name); }
  const FieldDescriptor& old_field(std::string_view name) const { return *old_->find_field(name); }
  static std::string hex(const DynamicMessage& message) {
    return text::hex_encode(message.serialize().value());
  }
  Result<DynamicMessage> read(const MessageDescriptor* type, std::string_view digits) {
    const std::string bytes = text::hex_decode(digits).value();
    auto message = DynamicMessage::parse(*type, as_bytes(bytes));
    return message;
  }
  DescriptorPool pool_;
  const MessageDescriptor* all_ = nullptr;
  const MessageDescriptor* old_ = nullptr;
};

TEST_F(Dynamic, WritesAndReadsEveryScalar) {
  DynamicMessage m = make();
  const auto check = [&](std::string_view name, Value value) {
    SCOPED_TRACE(std::string(name));
    EXPECT_TRUE(m.set(name, value).has_value());
    const auto again = DynamicMessage::parse(*all_, as_bytes(m.serialize().value()));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->get(name), value);
    EXPECT_EQ(*again, m);
  };
  check("i32", std::int32_t{INT32_MIN});
  check("i64", std::int64_t{INT64_MIN});
  check("u32", std::uint32_t{UINT32_MAX});
  check("u64", std::uint64_t{UINT64_MAX});
  check("s32", std::int32_t{INT32_MIN});
  check("s64", std::int64_t{INT64_MAX});
  check("f32", std::uint32_t{7});
  check("f64", std::uint64_t{1} << 63);
  check("sf32", std::int32_t{-7});
  check("sf64", std::int64_t{-7});
  check("flt", 1.5F);
  check("dbl", -0.0);
  check("flag", true);
  check("text", std::string("olá"));
  check("data", std::string("\0\xFF", 2));
  check("color", std::int32_t{12345});  // open enum
}

TEST_F(Dynamic, ZeroIsUnsetUnlessThereIsPresence) {
  DynamicMessage m = make();
  ASSERT_TRUE(m.set("i32", std::int32_t{0}).has_value());
  ASSERT_TRUE(m.set("text", std::string()).has_value());
  EXPECT_FALSE(m.has(field("i32")));
  EXPECT_EQ(hex(m), "");
  ASSERT_TRUE(m.set("maybe_int", std::int32_t{0}).has_value());
  EXPECT_TRUE(m.has(field("maybe_int")));
  EXPECT_EQ(hex(m), "900100");
  ASSERT_TRUE(m.set("choice_text", std::string()).has_value());
  EXPECT_EQ(hex(m), "900100e20100");
}

TEST_F(Dynamic, ReadsPackedAndLoose) {
  const auto packed = read(all_, "a20103010203");
  const auto loose = read(all_, "a00101a00102a00103");
  const auto mixed = read(all_, "a00101a201020203");
  ASSERT_TRUE(packed.has_value() && loose.has_value() && mixed.has_value());
  EXPECT_EQ(*packed, *loose);
  EXPECT_EQ(*packed, *mixed);
  EXPECT_EQ(hex(*loose), "a20103010203");
  EXPECT_EQ(hex(*read(all_, "aa01020102")), "a80101a80102");  // loose by its option
  EXPECT_FALSE(read(all_, "a2010180").has_value());
  EXPECT_FALSE(read(all_, "a20103").has_value());
}

TEST_F(Dynamic, LastOneWinsAndMessagesMerge) {
  EXPECT_EQ(hex(*read(all_, "08010802")), "0802");
  // nested {id: 1, tags: a} then {child {}, tags: b}
  const auto merged = read(all_,
                           "8a010508011a0161"
                           "8a010512001a0162");
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(hex(*merged), "8a010a080112001a01611a0162");
}

TEST_F(Dynamic, OneofsHoldOne) {
  const auto m = read(all_, "e2010161e80105");
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(m->which(all_->oneofs[0])->name, "choice_number");
  EXPECT_FALSE(m->has(field("choice_text")));
  const auto merged = read(all_, "f201020801f201021200");
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(hex(*merged), "f2010408011200");
  DynamicMessage made = make();
  ASSERT_TRUE(made.set("choice_text", std::string("x")).has_value());
  made.mutable_message(field("choice_message"));
  EXPECT_FALSE(made.has(field("choice_text")));
  EXPECT_EQ(made.which(all_->oneofs[0])->name, "choice_message");
}

TEST_F(Dynamic, MapsAreInKeyOrderAndLastOneWins) {
  const auto map = read(all_,
                        "ca01050a01621002"
                        "ca01050a01611001"
                        "ca01050a01621003");
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(hex(*map), "ca01050a01611001ca01050a01621003");
  // Key or value left out: their defaults. Unknown parts of an entry go.
  EXPECT_EQ(hex(*read(all_, "ca0100")), "ca01040a001000");
  EXPECT_EQ(hex(*read(all_, "ca01021801")), "ca01040a001000");
  EXPECT_EQ(hex(*read(all_, "d201020807")), "d2010408071200");
  DynamicMessage made = make();
  ASSERT_TRUE(made.insert(field("by_flag"), true, std::string("x")).has_value());
  ASSERT_TRUE(made.insert(field("by_flag"), false, std::string("y")).has_value());
  EXPECT_EQ(hex(made),
            "da010508001201"
            "79"
            "da01050801120178");
  EXPECT_FALSE(made.insert(field("by_flag"), std::string("z"), std::string()).has_value());
}

TEST_F(Dynamic, KeepsUnknownFields) {
  // 300: varint, and field 1 with another wire type than its own.
  const auto m = read(all_, "0802e012070a0161");
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(hex(*m), "0802e012070a0161");
  const std::string bytes = text::hex_decode("0802e01207").value();
  const auto without =
      DynamicMessage::parse(*all_, as_bytes(bytes), {.keep_unknown_fields = false});
  EXPECT_EQ(hex(*without), "0802");
}

TEST_F(Dynamic, ChecksUtf8OfProto3Strings) {
  EXPECT_FALSE(read(all_, "7201ff").has_value());
  EXPECT_FALSE(read(all_, "b20101ff").has_value());
  EXPECT_TRUE(read(all_, "7a01ff").has_value());         // bytes
  EXPECT_FALSE(read(all_, "ca01030a01ff").has_value());  // a map's key
  EXPECT_TRUE(read(old_, "08011201ff").has_value());     // proto2
  DynamicMessage m = make();
  ASSERT_TRUE(m.set("text", std::string("\xC0")).has_value());
  EXPECT_TRUE(m.serialize().error().is(Errc::Malformed));
}

TEST_F(Dynamic, Proto2GroupsRequiredAndClosedEnums) {
  EXPECT_TRUE(read(old_, "").error().is(Errc::PreconditionFailed));
  EXPECT_NE(read(old_, "").error().to_string().find("required field id"), std::string::npos);
  // group = 8 {x: 5, Inner = 2 {s: "q"} {}}
  const auto m = read(old_, "0801430805131a017114131444");
  ASSERT_TRUE(m.has_value()) << m.error().to_string();
  EXPECT_EQ(hex(*m), "0801430805131a017114131444");
  // The extension `more` = 1000 holds Olds without their id.
  const auto more = read(old_, "0801c23e00");
  ASSERT_FALSE(more.has_value());
  EXPECT_NE(more.error().to_string().find("more[0].id"), std::string::npos);
  // Closed enums: unknown numbers are unknown fields, packed or not, and within maps.
  const auto closed = read(old_,
                           "08011809"
                           "20012009"
                           "2a0107"
                           "52050a01611001"
                           "52050a01621007");
  ASSERT_TRUE(closed.has_value());
  EXPECT_FALSE(closed->has(old_field("kind")));
  EXPECT_EQ(closed->list(old_field("kinds")).size(), 1U);
  EXPECT_EQ(closed->map(old_field("map")).size(), 1U);
  EXPECT_EQ(hex(*closed),
            "080120012a010752050a01611001"
            "1809"
            "2009"
            "52050a01621007");
  EXPECT_EQ(std::get<std::int32_t>(closed->get("kind")), 2);  // its default
  const auto packed = read(old_, "0801220101220109");
  EXPECT_EQ(hex(*packed), "080120012009");
}

TEST_F(Dynamic, Extensions) {
  const FieldDescriptor& added = *pool_.find_extension("t2.added");
  const FieldDescriptor& extra = *pool_.find_extension("t2.extra");
  DynamicMessage m(*old_);
  ASSERT_TRUE(m.set("id", std::int32_t{1}).has_value());
  ASSERT_TRUE(m.set(added, std::string("x")).has_value());
  ASSERT_TRUE(m.mutable_message(extra).set("y", std::int32_t{2}).has_value());
  EXPECT_EQ(hex(m),
            "0801a20601"
            "78"
            "ab060802ac06");
  const auto again = read(old_, hex(m));
  EXPECT_EQ(*again, m);
  EXPECT_TRUE(again->has(added));
  EXPECT_EQ(again->set_fields().size(), 3U);
  m.clear(added);
  EXPECT_FALSE(m.has(added));
}

TEST_F(Dynamic, RefusesValuesOfOtherTypes) {
  DynamicMessage m = make();
  EXPECT_TRUE(m.set("i32", std::int64_t{1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(m.set("nothing", 1).error().is(Errc::NotFound));
  EXPECT_TRUE(m.set("ints", std::int32_t{1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(m.add("i32", std::int32_t{1}).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(m.set("nested", MessageBox(*all_)).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(
      m.add("counts", MessageBox(*field("counts").message_type)).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(m.add("ints", std::int32_t{1}).has_value());
}

TEST_F(Dynamic, LimitsDepthAndSize) {
  std::string bytes;
  for (int i = 0; i < 99; ++i) {
    std::string outer;
    Writer(outer).bytes(2, bytes);
    bytes = outer;
  }
  std::string root;
  Writer(root).bytes(17, bytes);
  const auto deep = DynamicMessage::parse(*all_, as_bytes(root));
  ASSERT_TRUE(deep.has_value()) << deep.error().to_string();
  EXPECT_EQ(deep->serialize().value(), root);
  std::string deeper;
  Writer(deeper).bytes(2, bytes);
  root.clear();
  Writer(root).bytes(17, deeper);
  EXPECT_TRUE(DynamicMessage::parse(*all_, as_bytes(root)).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(DynamicMessage::parse(*all_, as_bytes(root), {.depth_max = 101}).has_value());
  EXPECT_TRUE(DynamicMessage::parse(*all_, as_bytes(root), {.size_max = 10})
                  .error()
                  .is(Errc::LimitExceeded));
}

TEST_F(Dynamic, RefusesEveryTruncation) {
  DynamicMessage m = make();
  ASSERT_TRUE(m.set("text", std::string("abc")).has_value());
  ASSERT_TRUE(m.set("dbl", 1.0).has_value());
  ASSERT_TRUE(m.add("ints", std::int32_t{300}).has_value());
  ASSERT_TRUE(m.insert(field("counts"), std::string("k"), std::int32_t{1}).has_value());
  ASSERT_TRUE(m.mutable_message(field("nested")).set("id", std::int32_t{5}).has_value());
  const std::string bytes = m.serialize().value();
  std::size_t whole = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    if (DynamicMessage::parse(*all_, as_bytes(std::string_view(bytes).substr(0, size)))) ++whole;
  EXPECT_EQ(whole, 5U);  // only the cuts between its five fields
}

}  // namespace
}  // namespace avila::protobuf
