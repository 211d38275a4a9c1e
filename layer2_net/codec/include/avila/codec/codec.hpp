// What a codec is: bytes of a stream to items and back. A decoder takes bytes off the front of a
// buffer that grows at its end; it never sees where the network cut the stream.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <concepts>
#include <optional>

namespace avila::codec {

/// decode(): the next item, nothing while it is not whole, an error when it never will be. It
/// consumes what it has understood. decode_eof(): the same once no more bytes will come: the rest
/// of the items one by one, then nothing; bytes that make no item are Errc::Malformed.
template <class D>
concept Decoder = requires(D& decoder, buffer::BytesMut& in) {
  typename D::Item;
  { decoder.decode(in) } -> std::same_as<Result<std::optional<typename D::Item>>>;
  { decoder.decode_eof(in) } -> std::same_as<Result<std::optional<typename D::Item>>>;
};

/// encode() appends the item; on an error it appends nothing.
template <class E, class Item>
concept Encoder = requires(E& encoder, const Item& item, buffer::BytesMut& out) {
  { encoder.encode(item, out) } -> std::same_as<Result<void>>;
};

}  // namespace avila::codec
