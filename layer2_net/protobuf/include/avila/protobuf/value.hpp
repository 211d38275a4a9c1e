// What the fields of a DynamicMessage hold.
#pragma once
#include <avila/protobuf/fwd.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace avila::protobuf {

/// One owner of a DynamicMessage; copying copies the message. Never null but after a move.
class MessageBox {
 public:
  explicit MessageBox(const MessageDescriptor& type);  ///< empty
  explicit MessageBox(DynamicMessage message);
  MessageBox(const MessageBox& other);
  MessageBox(MessageBox&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  MessageBox& operator=(MessageBox other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~MessageBox();

  DynamicMessage& operator*() const noexcept { return *message_; }
  DynamicMessage* operator->() const noexcept { return message_; }
  friend bool operator==(const MessageBox& a, const MessageBox& b) noexcept;

 private:
  DynamicMessage* message_;
};

/// One value. The alternative is the field's: int32, sint32, sfixed32 and enums are std::int32_t
/// and so on; string and bytes are std::string; messages and groups are MessageBox.
using Value = std::variant<std::monostate, bool, std::int32_t, std::int64_t, std::uint32_t,
                           std::uint64_t, float, double, std::string, MessageBox>;
using List = std::vector<Value>;
using MapKey =
    std::variant<bool, std::int32_t, std::int64_t, std::uint32_t, std::uint64_t, std::string>;
/// In key order, and so is what is made of it.
using Map = std::map<MapKey, Value>;

}  // namespace avila::protobuf
