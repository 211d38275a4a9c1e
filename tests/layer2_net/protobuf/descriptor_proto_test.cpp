#include <gtest/gtest.h>
#include <avila/protobuf/descriptor_proto.hpp>
#include <avila/protobuf/wire.hpp>

namespace avila::protobuf {
namespace {

FileDescriptorProto sample() {
  FileDescriptorProto file;
  file.name = "a.proto";
  file.package = "p";
  file.syntax = "proto3";
  file.dependency = {"b.proto"};
  file.public_dependency = {0};
  DescriptorProto message;
  message.name = "M";
  FieldDescriptorProto field;
  field.name = "f";
  field.number = 1;
  field.type = FieldType::Int32;
  field.options.emplace().bytes = "\x10\x01";  // packed
  UninterpretedOption option;
  option.name = {{"pkg.custom", true}, {"part", false}};
  option.negative_int_value = -3;
  field.options->uninterpreted.push_back(option);
  message.field.push_back(field);
  message.reserved_range.push_back({5, 9, {}});
  message.extension_range.push_back({100, 200, OptionsProto{}, {}});
  file.message_type.push_back(message);
  ServiceDescriptorProto service;
  service.name = "S";
  MethodDescriptorProto method;
  method.name = "Get";
  method.input_type = method.output_type = ".p.M";
  method.server_streaming = true;
  service.method.push_back(method);
  file.service.push_back(service);
  return file;
}

TEST(DescriptorProto, SurvivesItsBinaryForm) {
  const std::string bytes = sample().serialize();
  const auto file = FileDescriptorProto::parse(as_bytes(bytes));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->serialize(), bytes);
  ASSERT_EQ(file->message_type.size(), 1U);
  const auto& field = file->message_type[0].field.at(0);
  EXPECT_EQ(field.options->bytes, "\x10\x01");
  EXPECT_EQ(field.options->uninterpreted.at(0).name.at(0).name, "pkg.custom");
  EXPECT_EQ(field.options->uninterpreted[0].negative_int_value, -3);
  EXPECT_TRUE(file->service.at(0).method.at(0).server_streaming);
  EXPECT_EQ(file->message_type[0].extension_range.at(0).end, 200);
}

TEST(DescriptorProto, KeepsWhatItDoesNotKnow) {
  std::string bytes = sample().serialize();
  Writer(bytes).message(9, [](Writer& w) { w.bytes(1, "source info"); });
  const auto file = FileDescriptorProto::parse(as_bytes(bytes));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->serialize(), bytes);
}

TEST(DescriptorProto, RefusesEveryTruncationOrReadsLess) {
  const std::string bytes = sample().serialize();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto file = FileDescriptorProto::parse(as_bytes(std::string_view(bytes).substr(0, size)));
    if (file.has_value()) {
      EXPECT_LE(file->serialize().size(), size + 8);
    }
  }
}

TEST(DescriptorProto, ReadsSets) {
  FileDescriptorSet set;
  set.file = {sample(), sample()};
  const auto again = FileDescriptorSet::parse(as_bytes(set.serialize()));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->file.size(), 2U);
  EXPECT_FALSE(FileDescriptorSet::parse(as_bytes(std::string_view("\x0A\x05\x01"))).has_value());
}

}  // namespace
}  // namespace avila::protobuf
