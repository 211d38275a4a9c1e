// DynamicMessage: a message of a type that is known at run time only.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/protobuf/descriptor.hpp>
#include <avila/protobuf/value.hpp>
#include <avila/protobuf/wire.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace avila::protobuf {

/// Deep copies. The pool that made its type must outlive it. Fields given to a call must be of the
/// message's type, or extensions of it (asserted).
class DynamicMessage {
 public:
  explicit DynamicMessage(const MessageDescriptor& type) noexcept : type_(&type) {}

  const MessageDescriptor& type() const noexcept { return *type_; }

  /// Malformed, LimitExceeded; PreconditionFailed for a proto2 `required` field that is missing.
  static Result<DynamicMessage> parse(const MessageDescriptor& type, ByteSpan bytes,
                                      const ParseOptions& options = {});
  /// Fields of `bytes` replace (scalars), are merged into (messages) or follow (repeated) ours. On
  /// an error the message holds what was read before it.
  Result<void> merge(ByteSpan bytes, const ParseOptions& options = {});
  /// Fields in number order, maps in key order: the same message gives the same bytes.
  Result<std::string> serialize() const;
  void write_to(BackwardWriter& out) const;
  /// Reads up to the end of the reader's current message.
  bool read_from(Reader& in);

  /// Set; for fields without presence, not zero; for lists and maps, not empty.
  bool has(const FieldDescriptor& field) const noexcept;
  void clear(const FieldDescriptor& field) noexcept;
  void clear() noexcept;

  /// A singular field's value; unset, its default (for a message, an empty one).
  Value get(const FieldDescriptor& field) const;
  /// Null where the field is unset. Valid until the field changes.
  const Value* find(const FieldDescriptor& field) const noexcept;
  const List& list(const FieldDescriptor& field) const noexcept;
  const Map& map(const FieldDescriptor& field) const noexcept;
  /// A message field; null where it is unset.
  const DynamicMessage* message(const FieldDescriptor& field) const noexcept;

  /// InvalidArgument where the value's alternative or message type is not the field's. Clears the
  /// other fields of a oneof.
  Result<void> set(const FieldDescriptor& field, Value value);
  Result<void> add(const FieldDescriptor& field, Value value);  ///< to a list
  Result<void> insert(const FieldDescriptor& field, MapKey key, Value value);
  /// Sets the message field where it is not set.
  DynamicMessage& mutable_message(const FieldDescriptor& field);
  DynamicMessage& add_message(const FieldDescriptor& field);
  /// To change in place; values put in must be of the field's alternative.
  List& mutable_list(const FieldDescriptor& field);
  Map& mutable_map(const FieldDescriptor& field);

  /// The same by the field's name: Errc::NotFound where there is none.
  Result<void> set(std::string_view field_name, Value value);
  Result<void> add(std::string_view field_name, Value value);
  Value get(std::string_view field_name) const;  ///< monostate where there is no such field

  /// The field of a oneof that is set; null for none.
  const FieldDescriptor* which(const OneofDescriptor& oneof) const noexcept;
  /// Fields that are set, in number order, extensions among them.
  std::vector<const FieldDescriptor*> set_fields() const;

  /// Tags and values as they came in.
  const std::string& unknown_fields() const noexcept { return unknown_; }
  std::string& unknown_fields() noexcept { return unknown_; }

  /// The path of a proto2 `required` field that is missing; empty where all are there.
  std::string missing_required() const;

  friend bool operator==(const DynamicMessage& a, const DynamicMessage& b) noexcept;

 private:
  using Slot = std::variant<std::monostate, Value, List, Map>;
  struct Extension {
    const FieldDescriptor* field;
    Slot slot;
    bool operator==(const Extension& other) const noexcept = default;
  };
  const Slot* slot(const FieldDescriptor& field) const noexcept;
  Slot& mutable_slot(const FieldDescriptor& field);
  Value& mutable_value(const FieldDescriptor& field);  // made where it is not, oneofs heeded
  bool read_field(Reader& in, const FieldDescriptor& field, std::uint32_t tag);
  bool read_packed(Reader& in, const FieldDescriptor& field);
  bool read_map_entry(Reader& in, const FieldDescriptor& field);

  const MessageDescriptor* type_;
  std::vector<Slot> slots_;  // by FieldDescriptor::index; empty until one is set
  std::map<std::uint32_t, Extension> extensions_;
  std::string unknown_;
};

/// An empty value of a field's alternative: zero, "", an empty message.
Value zero_value(const FieldDescriptor& field);
/// The value is of the field's alternative (and message type).
bool fits(const FieldDescriptor& field, const Value& value) noexcept;

}  // namespace avila::protobuf
