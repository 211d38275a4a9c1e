// Generated code against DynamicMessage: the same bytes in, the same bytes out.
#include <gtest/gtest.h>
#include <pthread.h>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/generator.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/protobuf/wkt/struct.pb.hpp>
#include <avila/text/encoding.hpp>

#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "awkward.pb.hpp"
#include "bundle.pb.hpp"
#include "everything.pb.hpp"
#include "old.pb.hpp"

namespace {

using avila::as_bytes;
using avila::Errc;
using avila::protobuf::DynamicMessage;
using avila::protobuf::kDepthMax;
namespace protobuf = avila::protobuf;
using t::gen::All;
using t2::gen::Old;

/// Both read the bytes, or neither, and write the same.
template <class M>
void agree(const std::string& bytes) {
  const auto made = M::parse(as_bytes(bytes));
  const auto dynamic = DynamicMessage::parse(M::descriptor(), as_bytes(bytes));
  ASSERT_EQ(made.has_value(), dynamic.has_value())
      << avila::text::hex_encode(bytes) << ' '
      << (made.has_value() ? dynamic.error().to_string() : made.error().to_string());
  if (!made.has_value()) {
    EXPECT_EQ(made.error().code(), dynamic.error().code());
    return;
  }
  const std::string out = made->serialize().value();
  EXPECT_EQ(avila::text::hex_encode(out), avila::text::hex_encode(dynamic->serialize().value()));
  const auto again = M::parse(as_bytes(out));  // the same up to NaN, which is no equal of itself
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->serialize().value(), out);
}

All sample() {
  All all;
  all.i32 = -5;
  all.u64 = UINT64_MAX;
  all.s64 = INT64_MIN;
  all.sf32 = -1;
  all.flt = 1.5F;
  all.dbl = -0.0;
  all.flag = true;
  all.text = "olá";
  all.data = std::string("\0\xFF", 2);
  all.color = t::gen::Color::BLUE;
  all.nested.emplace().child.emplace().id = 7;
  all.nested->tags = {"a", ""};
  all.maybe_int = 0;
  all.ints = {1, -1, 300};
  all.loose = {-1, 1};
  all.texts = {"x", "y"};
  all.messages.resize(2);
  all.colors = {t::gen::Color::RED, static_cast<t::gen::Color>(99)};
  all.counts = {{"b", 2}, {"a", 1}};
  all.by_id[-3].id = 1;
  all.by_flag[true] = "t";
  all.choice.emplace<2>(5);
  all.time.emplace().seconds = 1;
  all.value.emplace().kind.emplace<3>("v");
  all.list.emplace().values.emplace_back().kind.emplace<6>()->values.emplace_back();
  all.doubles = {1.5, std::numeric_limits<double>::infinity()};
  return all;
}

TEST(Generated, RoundTripsAndAgreesWithDynamicMessages) {
  const All all = sample();
  const std::string bytes = all.serialize().value();
  const auto again = All::parse(as_bytes(bytes));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, all);
  agree<All>(bytes);
  All copy = all;
  copy.nested->child->id = 8;
  EXPECT_FALSE(copy == all);
  EXPECT_EQ(again->choice_case(), All::choice_Case::choice_number);
  EXPECT_EQ(to_string(t::gen::Color::CRIMSON), "RED");
  EXPECT_EQ(to_string(static_cast<t::gen::Color>(5)), "");
}

TEST(Generated, AgreesOnTruncatedAndDamagedBytes) {
  const std::string bytes = sample().serialize().value();
  for (std::size_t size = 0; size < bytes.size(); ++size) agree<All>(bytes.substr(0, size));
  std::mt19937 random(7);
  for (int i = 0; i < 3'000; ++i) {
    std::string damaged = bytes;
    for (unsigned n = random() % 4 + 1; n > 0; --n)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    agree<All>(damaged);
    agree<Old>("\x08\x01" + damaged);
  }
}

TEST(Generated, MergesAsTheEncodingSays) {
  for (const char* hex :
       {"08010802", "8a010508011a01618a010512001a0162", "e2010161e80105", "f201020801f201021200",
        "ca01050a01621002ca01050a01621003", "ca0100", "a00101a201020203", "aa01020102",
        "0802e012070a0161", "7201ff", "ca01030a01ff", "fa0200fa02020a00", "e2010161f20100e2010162",
        "fa0205090000000000", "b901", "fa020c0000000000000000000000"})
    agree<All>(avila::text::hex_decode(hex).value());
  for (const char* hex :
       {"", "0801", "0801430805131a017114131444", "0801c23e020801",
        "08011809200120092a010752050a0161100152050a01621007", "0801220101220109",
        "0801a2060178ab060802ac06", "08014308054c", "080144", "08011201ff", "0801520510051007"})
    agree<Old>(avila::text::hex_decode(hex).value());
}

TEST(Generated, PackedFieldsMayComeInManyPieces) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += "\xa2\x01\x01\x05";
  bytes += avila::text::hex_decode("a2010f8001ffffffffffffffffff01ffff7f").value();
  const auto all = All::parse(as_bytes(bytes));
  ASSERT_TRUE(all.has_value()) << all.error().to_string();
  ASSERT_EQ(all->ints.size(), 200'003U);
  EXPECT_EQ(all->ints[199'999], 5);
  EXPECT_EQ(all->ints[200'000], 128);
  EXPECT_EQ(all->ints[200'001], -1);
  EXPECT_EQ(all->ints[200'002], 0x1F'FFFF);
  EXPECT_TRUE(All::parse(as_bytes(bytes.substr(0, bytes.size() - 1))).error().is(Errc::Malformed));
}

TEST(Generated, Proto2DefaultsAndRequired) {
  Old old;
  EXPECT_EQ(old.name_or_default(), "a\"b\n");
  EXPECT_EQ(old.kind_or_default(), t2::gen::Closed::TWO);
  EXPECT_EQ(old.ratio_or_default(), -1.5e10);
  EXPECT_EQ(old.raw_or_default(), "\001\377z");
  EXPECT_EQ(old.infinite_or_default(), std::numeric_limits<float>::infinity());
  EXPECT_EQ(old.big_or_default(), UINT64_MAX);
  EXPECT_TRUE(old.serialize().error().is(Errc::PreconditionFailed));
  EXPECT_EQ(old.missing_required(), "id");
  EXPECT_TRUE(Old::parse({}, {.allow_partial = true}).has_value());
  old.id = 0;
  old.group.emplace().inner.resize(1);
  EXPECT_EQ(avila::text::hex_encode(old.serialize().value()), "080043131444");
}

TEST(Generated, AwkwardNamesAndCircles) {
  namespace awkward = class_::std_;
  awkward::Tree tree;
  awkward::Tree::Node& root = tree.root.emplace();
  root.children.resize(2);
  root.children[0].link.emplace<1>()->root.emplace();
  root.by_name["x"].spare.emplace();
  const awkward::Tree copy = tree;
  EXPECT_EQ(copy, tree);
  agree<awkward::Tree>(tree.serialize().value());
  EXPECT_EQ(*awkward::Tree::parse(as_bytes(tree.serialize().value())), tree);
  awkward::Words words;
  words.int_ = 1;
  words.parse_ = "p";
  words.this_ = true;
  words.enum_ = awkward::namespace_::double_;
  words.oneof.emplace<2>().typename_ = 5;
  words.far = -1;
  agree<awkward::Words>(words.serialize().value());
  EXPECT_EQ(awkward::delete_::new_, "/class.std.delete/new");
  EXPECT_TRUE(awkward::delete_::newServerStreaming);
  EXPECT_TRUE(awkward::delete_::BothClientStreaming);
  EXPECT_TRUE((std::is_same_v<awkward::delete_::BothRequest, awkward::Tree::Node>));
  EXPECT_EQ(awkward::delete_::descriptor().methods.size(), 2U);
  EXPECT_EQ(awkward::Echo::Echo_, "/class.std.Echo/Echo") << "no member is called as its class";
  EXPECT_EQ(awkward::Echo::descriptor_, "/class.std.Echo/descriptor");
  EXPECT_EQ(awkward::Echo::descriptor().methods.size(), 2U);
  EXPECT_TRUE((std::is_same_v<awkward::Echo::EchoResponse, awkward::Outer_merge>));
}

// Vectors that grow would copy messages otherwise, and all that those hold.
TEST(Generated, MessagesMoveWithoutCopies) {
  namespace awkward = class_::std_;
  static_assert(std::is_nothrow_move_constructible_v<All>);
  static_assert(std::is_nothrow_move_constructible_v<Old>);
  static_assert(std::is_nothrow_move_constructible_v<awkward::Tree::Node>);
  static_assert(std::is_nothrow_move_constructible_v<protobuf::wkt::Value>);
  awkward::Tree::Node node, empty;
  node.link.emplace<1>()->root.emplace().link.emplace<1>()->root.emplace();
  empty.link.emplace<1>();
  const awkward::Tree::Node moved = std::move(node);
  agree<awkward::Tree::Node>(moved.serialize().value());
  EXPECT_EQ(node.link, empty.link) << "a message that was moved from is an empty one";
  EXPECT_FALSE(moved.link == empty.link);
  EXPECT_EQ(avila::text::hex_encode(node.serialize().value()), "2200");
  std::get<1>(node.link)->root.emplace();
  EXPECT_EQ(avila::text::hex_encode(node.serialize().value()), "22020a00");
}

TEST(Generated, LimitsTheDepthBothWays) {
  t::gen::All::Nested deep;
  for (unsigned i = 0; i < kDepthMax; ++i) {
    All::Nested outer;
    outer.child = std::move(deep);
    deep = std::move(outer);
  }
  const std::string bytes = deep.serialize().value();
  EXPECT_TRUE(All::Nested::parse(as_bytes(bytes)).has_value());
  All::Nested deeper;
  deeper.child = std::move(deep);
  EXPECT_TRUE(deeper.serialize().error().is(Errc::LimitExceeded));
  std::string wrapped;
  protobuf::Writer(wrapped).bytes(2, bytes);
  EXPECT_TRUE(All::Nested::parse(as_bytes(wrapped)).error().is(Errc::LimitExceeded));
}

TEST(Generated, SpeaksJson) {
  const auto all = protobuf::from_json<All>(R"({"i32":5,"counts":{"a":1},"color":"RED"})");
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->i32, 5);
  EXPECT_EQ(all->color, t::gen::Color::RED);
  EXPECT_EQ(protobuf::to_json(*all).value(), R"({"i32":5,"color":"RED","counts":{"a":1}})");
  EXPECT_FALSE(protobuf::from_json<All>("{").has_value());
  EXPECT_NE(protobuf::generated_pool().find_message("t.gen.All"), nullptr);
}

TEST(Generated, WellKnownCodeIsUpToDate) {
  int found = 0;
  for (const std::string_view name : protobuf::well_known_protos()) {
    const auto* file = protobuf::DescriptorPool::well_known().find_file(name);
    for (const auto& made : protobuf::generate_cpp(*file)) {
      const std::string folder = std::string(AVILA_SOURCE_DIR) + "/layer2_net/protobuf/";
      const std::string path = made.name.ends_with(".hpp")
                                   ? folder + "include/" + made.name
                                   : folder + "src/wkt/" + made.name.substr(19);
      std::ifstream in(path, std::ios::binary);
      if (!in.is_open()) continue;
      ++found;
      EXPECT_TRUE(made.content == std::string(std::istreambuf_iterator<char>(in), {})) << path;
    }
  }
  EXPECT_EQ(found, 14) << "any, duration, empty, field_mask, struct, timestamp, wrappers";
}

// The build makes these of the files that avila-protoc knows: PROTOS google/protobuf/….proto.
TEST(Generated, OtherWellKnownFilesAreMadeWhereTheyAreNamed) {
  t::bundle::Bundle bundle;
  const std::string file = All::descriptor().file->serialize();
  auto descriptor = protobuf::wkt::FileDescriptorProto::parse(as_bytes(file));
  ASSERT_TRUE(descriptor.has_value());
  EXPECT_EQ(descriptor->message_type[0].name, "All");
  EXPECT_EQ(descriptor->serialize().value(), file);
  bundle.files.push_back(std::move(*descriptor));
  bundle.api.emplace().source_context.emplace().file_name = "a.proto";
  agree<t::bundle::Bundle>(bundle.serialize().value());
  const auto& options = t::bundle::Bundle::descriptor().fields[0].options;
  EXPECT_EQ(options.substr(options.size() - 5), " them");
}

void* generate_on(void* file) {
  return protobuf::generate_cpp(*static_cast<protobuf::FileDescriptor*>(file)).size() == 2
             ? file
             : nullptr;
}

// Every message holds the next one; the stack is a small one.
TEST(Generated, ChainsOfMessagesMayBeLong) {
  std::string text = "syntax='proto3'; message M5000 {}";
  for (int i = 0; i < 5'000; ++i)
    text += "message M" + std::to_string(i) + "{M" + std::to_string(i + 1) + " m=1;}";
  protobuf::DescriptorPool pool;
  const auto file = pool.add_text("chain.proto", text);
  ASSERT_TRUE(file.has_value()) << file.error().to_string();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread{};
  void* made = nullptr;
  ASSERT_EQ(pthread_create(&thread, &attributes, generate_on,
                           const_cast<protobuf::FileDescriptor*>(*file)),
            0);
  ASSERT_EQ(pthread_join(thread, &made), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_NE(made, nullptr);
}

}  // namespace
