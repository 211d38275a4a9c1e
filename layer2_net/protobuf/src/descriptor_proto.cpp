// Field numbers are those of google/protobuf/descriptor.proto.
#include <avila/protobuf/descriptor_proto.hpp>
#include <avila/protobuf/wire.hpp>

namespace avila::protobuf {

std::string_view to_string(FieldType type) noexcept {
  constexpr std::string_view kNames[] = {"?",        "double",   "float",   "int64",  "uint64",
                                         "int32",    "fixed64",  "fixed32", "bool",   "string",
                                         "group",    "message",  "bytes",   "uint32", "enum",
                                         "sfixed32", "sfixed64", "sint32",  "sint64"};
  const auto at = static_cast<std::size_t>(type);
  return kNames[at <= 18 ? at : 0];
}

namespace {

constexpr std::uint32_t kUninterpretedOption = 999;

// --- writing ---

void write(Writer& out, const UninterpretedOption& option) {
  for (const auto& part : option.name)
    out.message(2, [&](Writer& w) {
      w.bytes(1, part.name);
      w.boolean(2, part.is_extension);
    });
  if (option.identifier_value) out.bytes(3, *option.identifier_value);
  if (option.positive_int_value) out.uint64(4, *option.positive_int_value);
  if (option.negative_int_value) out.int64(5, *option.negative_int_value);
  if (option.double_value) out.double_(6, *option.double_value);
  if (option.string_value) out.bytes(7, *option.string_value);
  if (option.aggregate_value) out.bytes(8, *option.aggregate_value);
}

void write(Writer& out, const OptionsProto& options) {
  out.out() += options.bytes;
  for (const auto& option : options.uninterpreted)
    out.message(kUninterpretedOption, [&](Writer& w) { write(w, option); });
}

void write_options(Writer& out, std::uint32_t field, const MaybeOptions& options) {
  if (options) out.message(field, [&](Writer& w) { write(w, *options); });
}

void write(Writer& out, const FieldDescriptorProto& field) {
  out.bytes(1, field.name);
  if (!field.extendee.empty()) out.bytes(2, field.extendee);
  out.int32(3, field.number);
  out.int32(4, static_cast<std::int32_t>(field.label));
  if (field.type) out.int32(5, static_cast<std::int32_t>(*field.type));
  if (!field.type_name.empty()) out.bytes(6, field.type_name);
  if (field.default_value) out.bytes(7, *field.default_value);
  write_options(out, 8, field.options);
  if (field.oneof_index) out.int32(9, *field.oneof_index);
  if (field.json_name) out.bytes(10, *field.json_name);
  if (field.proto3_optional) out.boolean(17, true);
  out.out() += field.unknown_fields;
}

void write(Writer& out, const OneofDescriptorProto& oneof) {
  out.bytes(1, oneof.name);
  write_options(out, 2, oneof.options);
  out.out() += oneof.unknown_fields;
}

void write(Writer& out, const EnumValueDescriptorProto& value) {
  out.bytes(1, value.name);
  out.int32(2, value.number);
  write_options(out, 3, value.options);
  out.out() += value.unknown_fields;
}

void write(Writer& out, const EnumDescriptorProto& type) {
  out.bytes(1, type.name);
  for (const auto& value : type.value) out.message(2, [&](Writer& w) { write(w, value); });
  write_options(out, 3, type.options);
  for (const auto& range : type.reserved_range)
    out.message(4, [&](Writer& w) {
      w.int32(1, range.start);
      w.int32(2, range.end);
    });
  for (const auto& name : type.reserved_name) out.bytes(5, name);
  out.out() += type.unknown_fields;
}

void write(Writer& out, const DescriptorProto& type) {
  out.bytes(1, type.name);
  for (const auto& field : type.field) out.message(2, [&](Writer& w) { write(w, field); });
  for (const auto& nested : type.nested_type) out.message(3, [&](Writer& w) { write(w, nested); });
  for (const auto& nested : type.enum_type) out.message(4, [&](Writer& w) { write(w, nested); });
  for (const auto& range : type.extension_range)
    out.message(5, [&](Writer& w) {
      w.int32(1, range.start);
      w.int32(2, range.end);
      write_options(w, 3, range.options);
    });
  for (const auto& field : type.extension) out.message(6, [&](Writer& w) { write(w, field); });
  write_options(out, 7, type.options);
  for (const auto& oneof : type.oneof_decl) out.message(8, [&](Writer& w) { write(w, oneof); });
  for (const auto& range : type.reserved_range)
    out.message(9, [&](Writer& w) {
      w.int32(1, range.start);
      w.int32(2, range.end);
    });
  for (const auto& name : type.reserved_name) out.bytes(10, name);
  out.out() += type.unknown_fields;
}

void write(Writer& out, const MethodDescriptorProto& method) {
  out.bytes(1, method.name);
  out.bytes(2, method.input_type);
  out.bytes(3, method.output_type);
  write_options(out, 4, method.options);
  if (method.client_streaming) out.boolean(5, true);
  if (method.server_streaming) out.boolean(6, true);
  out.out() += method.unknown_fields;
}

void write(Writer& out, const ServiceDescriptorProto& service) {
  out.bytes(1, service.name);
  for (const auto& method : service.method) out.message(2, [&](Writer& w) { write(w, method); });
  write_options(out, 3, service.options);
  out.out() += service.unknown_fields;
}

void write(Writer& out, const FileDescriptorProto& file) {
  out.bytes(1, file.name);
  if (!file.package.empty()) out.bytes(2, file.package);
  for (const auto& name : file.dependency) out.bytes(3, name);
  for (const auto& type : file.message_type) out.message(4, [&](Writer& w) { write(w, type); });
  for (const auto& type : file.enum_type) out.message(5, [&](Writer& w) { write(w, type); });
  for (const auto& type : file.service) out.message(6, [&](Writer& w) { write(w, type); });
  for (const auto& field : file.extension) out.message(7, [&](Writer& w) { write(w, field); });
  write_options(out, 8, file.options);
  for (const auto index : file.public_dependency) out.int32(10, index);
  for (const auto index : file.weak_dependency) out.int32(11, index);
  if (!file.syntax.empty()) out.bytes(12, file.syntax);
  out.out() += file.unknown_fields;
}

// --- reading ---

constexpr std::uint32_t text_tag(std::uint32_t field) {
  return make_tag(field, WireType::LengthDelimited);
}
constexpr std::uint32_t varint_tag(std::uint32_t field) {
  return make_tag(field, WireType::Varint);
}

bool text(Reader& in, std::optional<std::string>& value) { return in.bytes(value.emplace()); }

bool read(Reader& in, UninterpretedOption::NamePart& part) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == text_tag(1)     ? in.text(part.name)
                    : tag == varint_tag(2) ? in.boolean(part.is_extension)
                                           : in.skip(tag);
    if (!ok) return false;
  }
  return !in.failed();
}

template <class T>
bool nested(Reader& in, T& value);

bool read(Reader& in, UninterpretedOption& option) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(2): ok = nested(in, option.name.emplace_back()); break;
      case text_tag(3): ok = text(in, option.identifier_value); break;
      case varint_tag(4): ok = in.uint64(option.positive_int_value.emplace()); break;
      case varint_tag(5): ok = in.int64(option.negative_int_value.emplace()); break;
      case make_tag(6, WireType::Fixed64): ok = in.double_(option.double_value.emplace()); break;
      case text_tag(7): ok = text(in, option.string_value); break;
      case text_tag(8): ok = text(in, option.aggregate_value); break;
      default: ok = in.skip(tag);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, OptionsProto& options) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == text_tag(kUninterpretedOption)
                        ? nested(in, options.uninterpreted.emplace_back())
                        : in.unknown(tag, options.bytes);
    if (!ok) return false;
  }
  return !in.failed();
}

bool read_options(Reader& in, MaybeOptions& options) {
  if (!options) options.emplace();
  return nested(in, *options);
}

template <class Range>
bool read_range(Reader& in, Range& range) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    if (tag == varint_tag(1)) {
      ok = in.int32(range.start);
    } else if (tag == varint_tag(2)) {
      ok = in.int32(range.end);
    } else {
      if constexpr (requires { range.options; }) {
        ok = tag == text_tag(3) ? read_options(in, range.options) : in.skip(tag);
      } else {
        ok = in.skip(tag);
      }
    }
    if (!ok) return false;
  }
  return !in.failed();
}
bool read(Reader& in, DescriptorProto::ExtensionRange& range) { return read_range(in, range); }
bool read(Reader& in, DescriptorProto::ReservedRange& range) { return read_range(in, range); }
bool read(Reader& in, EnumDescriptorProto::ReservedRange& range) { return read_range(in, range); }

/// Values that the enum does not have stay away, as with any closed enum.
template <class E>
bool enumeration(Reader& in, E& value, int last) {
  std::int32_t number = 0;
  if (!in.int32(number)) return false;
  if (number >= 1 && number <= last) value = static_cast<E>(number);
  return true;
}

bool read(Reader& in, FieldDescriptorProto& field) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(1): ok = in.text(field.name); break;
      case text_tag(2): ok = in.text(field.extendee); break;
      case varint_tag(3): ok = in.int32(field.number); break;
      case varint_tag(4): ok = enumeration(in, field.label, 3); break;
      case varint_tag(5): {
        FieldType type{};
        ok = enumeration(in, type, 18);
        if (type != FieldType{}) field.type = type;
        break;
      }
      case text_tag(6): ok = in.text(field.type_name); break;
      case text_tag(7): ok = text(in, field.default_value); break;
      case text_tag(8): ok = read_options(in, field.options); break;
      case varint_tag(9): ok = in.int32(field.oneof_index.emplace()); break;
      case text_tag(10): ok = text(in, field.json_name); break;
      case varint_tag(17): ok = in.boolean(field.proto3_optional); break;
      default: ok = in.unknown(tag, field.unknown_fields);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, OneofDescriptorProto& oneof) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == text_tag(1)   ? in.text(oneof.name)
                    : tag == text_tag(2) ? read_options(in, oneof.options)
                                         : in.unknown(tag, oneof.unknown_fields);
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, EnumValueDescriptorProto& value) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == text_tag(1)     ? in.text(value.name)
                    : tag == varint_tag(2) ? in.int32(value.number)
                    : tag == text_tag(3)   ? read_options(in, value.options)
                                           : in.unknown(tag, value.unknown_fields);
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, EnumDescriptorProto& type) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(1): ok = in.text(type.name); break;
      case text_tag(2): ok = nested(in, type.value.emplace_back()); break;
      case text_tag(3): ok = read_options(in, type.options); break;
      case text_tag(4): ok = nested(in, type.reserved_range.emplace_back()); break;
      case text_tag(5): ok = in.bytes(type.reserved_name.emplace_back()); break;
      default: ok = in.unknown(tag, type.unknown_fields);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, DescriptorProto& type) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(1): ok = in.text(type.name); break;
      case text_tag(2): ok = nested(in, type.field.emplace_back()); break;
      case text_tag(3): ok = nested(in, type.nested_type.emplace_back()); break;
      case text_tag(4): ok = nested(in, type.enum_type.emplace_back()); break;
      case text_tag(5): ok = nested(in, type.extension_range.emplace_back()); break;
      case text_tag(6): ok = nested(in, type.extension.emplace_back()); break;
      case text_tag(7): ok = read_options(in, type.options); break;
      case text_tag(8): ok = nested(in, type.oneof_decl.emplace_back()); break;
      case text_tag(9): ok = nested(in, type.reserved_range.emplace_back()); break;
      case text_tag(10): ok = in.bytes(type.reserved_name.emplace_back()); break;
      default: ok = in.unknown(tag, type.unknown_fields);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, MethodDescriptorProto& method) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(1): ok = in.text(method.name); break;
      case text_tag(2): ok = in.text(method.input_type); break;
      case text_tag(3): ok = in.text(method.output_type); break;
      case text_tag(4): ok = read_options(in, method.options); break;
      case varint_tag(5): ok = in.boolean(method.client_streaming); break;
      case varint_tag(6): ok = in.boolean(method.server_streaming); break;
      default: ok = in.unknown(tag, method.unknown_fields);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

bool read(Reader& in, ServiceDescriptorProto& service) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == text_tag(1)   ? in.text(service.name)
                    : tag == text_tag(2) ? nested(in, service.method.emplace_back())
                    : tag == text_tag(3) ? read_options(in, service.options)
                                         : in.unknown(tag, service.unknown_fields);
    if (!ok) return false;
  }
  return !in.failed();
}

bool packed_int32s(Reader& in, std::vector<std::int32_t>& values) {
  return in.packed([&](Reader& r) { return r.int32(values.emplace_back()); });
}

bool read(Reader& in, FileDescriptorProto& file) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    bool ok = true;
    switch (tag) {
      case text_tag(1): ok = in.text(file.name); break;
      case text_tag(2): ok = in.text(file.package); break;
      case text_tag(3): ok = in.text(file.dependency.emplace_back()); break;
      case text_tag(4): ok = nested(in, file.message_type.emplace_back()); break;
      case text_tag(5): ok = nested(in, file.enum_type.emplace_back()); break;
      case text_tag(6): ok = nested(in, file.service.emplace_back()); break;
      case text_tag(7): ok = nested(in, file.extension.emplace_back()); break;
      case text_tag(8): ok = read_options(in, file.options); break;
      case varint_tag(10): ok = in.int32(file.public_dependency.emplace_back()); break;
      case varint_tag(11): ok = in.int32(file.weak_dependency.emplace_back()); break;
      case text_tag(10): ok = packed_int32s(in, file.public_dependency); break;
      case text_tag(11): ok = packed_int32s(in, file.weak_dependency); break;
      case text_tag(12): ok = in.text(file.syntax); break;
      default: ok = in.unknown(tag, file.unknown_fields);
    }
    if (!ok) return false;
  }
  return !in.failed();
}

template <class T>
bool nested(Reader& in, T& value) {
  return in.nested([&](Reader& r) { return read(r, value); });
}

}  // namespace

Result<FileDescriptorProto> FileDescriptorProto::parse(ByteSpan bytes) {
  FileDescriptorProto file;
  Reader in(bytes);
  if (!read(in, file)) return in.error().context("FileDescriptorProto");
  return file;
}

std::string FileDescriptorProto::serialize() const {
  std::string bytes;
  Writer out(bytes);
  write(out, *this);
  return bytes;
}

Result<FileDescriptorSet> FileDescriptorSet::parse(ByteSpan bytes) {
  FileDescriptorSet set;
  Reader in(bytes);
  for (std::uint32_t tag = 0; in.next(tag);)
    if (!(tag == text_tag(1) ? nested(in, set.file.emplace_back()) : in.skip(tag))) break;
  if (in.failed()) return in.error().context("FileDescriptorSet");
  return set;
}

std::string FileDescriptorSet::serialize() const {
  std::string bytes;
  Writer out(bytes);
  for (const auto& one : file) out.message(1, [&](Writer& w) { write(w, one); });
  return bytes;
}

}  // namespace avila::protobuf
