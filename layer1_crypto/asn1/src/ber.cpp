#include <avila/asn1/ber.hpp>

#include <avila/asn1/writer.hpp>

#include "header.hpp"
#include "strings.hpp"

namespace avila::asn1 {
namespace {

bool is_string(Tag tag) {
  const Tag primitive{tag.tag_class, false, tag.number};
  return tag.tag_class == Class::Universal &&
         (tag.number == 3 || tag.number == 4 || detail::is_string_tag(primitive));
}

/// One pass over nested elements: `at` moves over the input, the DER goes to a Writer.
struct Converter {
  ByteSpan input;
  std::size_t at = 0;

  Error malformed(const char* what) const { return Error(Errc::Malformed, what, {.offset = at}); }

  Result<detail::Header> header(std::size_t end) {
    auto header = detail::read_header(input.subspan(at, end - at), true);
    if (!header.has_value())
      return Error(Errc::Malformed, header.error().message(),
                   {.offset = at + header.error().offset()});
    at += header->size;
    return *header;
  }

  /// What is inside an element that ends at `end`, or at its end of contents. `each` reads one.
  template <class Each>
  Result<void> inside(const detail::Header& outer, std::size_t limit, Each&& each) {
    const std::size_t end = outer.indefinite ? limit : at + static_cast<std::size_t>(outer.length);
    for (;;) {
      if (outer.indefinite) {
        if (end - at < 2) return malformed("no end of contents");
        if (input[at] == std::byte{0} && input[at + 1] == std::byte{0}) {
          at += 2;
          return {};
        }
      } else if (at == end) {
        return {};
      }
      AVILA_TRY_VOID(each(end));
    }
  }

  /// The pieces of a string in one; a BIT STRING's unused bits only in its last piece.
  Result<void> pieces(const detail::Header& outer, std::size_t limit, std::size_t depth,
                      std::vector<std::byte>& to) {
    if (depth > kMaxDepth) return Error(Errc::LimitExceeded, "nested too deeply");
    if (!outer.tag.constructed) {
      const ByteSpan content = input.subspan(at, static_cast<std::size_t>(outer.length));
      at += content.size();
      const bool bits = outer.tag.number == 3;
      if (bits) {
        if (content.empty()) return malformed("a BIT STRING without bytes");
        if (to.empty()) to.push_back(std::byte{0});
        if (to[0] != std::byte{0}) return malformed("unused bits within a BIT STRING");
        to[0] = content[0];
      }
      to.insert(to.end(), content.begin() + (bits ? 1 : 0), content.end());
      return {};
    }
    return inside(outer, limit, [&](std::size_t end) -> Result<void> {
      AVILA_TRY(const detail::Header piece, header(end));
      if (piece.tag.tag_class != Class::Universal || piece.tag.number != outer.tag.number)
        // Pieces of character strings may be OCTET STRINGs (X.690 §8.23.6).
        if (outer.tag.number <= 4 || piece.tag.number != 4)
          return malformed("a piece of another type within a string");
      return pieces(piece, end, depth + 1, to);
    });
  }

  Result<void> element(std::size_t limit, std::size_t depth, Writer& out) {
    if (depth > kMaxDepth) return Error(Errc::LimitExceeded, "nested too deeply");
    AVILA_TRY(const detail::Header outer, header(limit));
    if (outer.tag == universal(0)) return malformed("an end of contents where none belongs");
    if (is_string(outer.tag)) {
      std::vector<std::byte> content;
      AVILA_TRY_VOID(pieces(outer, limit, depth, content));
      if (outer.tag.number == 3) {
        if (content.empty()) content.push_back(std::byte{0});
        const auto unused = static_cast<unsigned>(content[0]);
        if (unused > 7 || (unused != 0 && content.size() == 1))
          return malformed("a BIT STRING with too many unused bits");
        out.bit_string(ByteSpan(content).subspan(1), unused);
      } else {
        out.primitive(universal(outer.tag.number), content);
      }
      return {};
    }
    if (outer.tag.constructed) {
      Result<void> done;
      out.constructed(outer.tag, [&](Writer& writer) {
        done =
            inside(outer, limit, [&](std::size_t end) { return element(end, depth + 1, writer); });
      });
      return done;
    }
    ByteSpan content = input.subspan(at, static_cast<std::size_t>(outer.length));
    at += content.size();
    if (outer.tag == tags::kBoolean) {
      if (content.size() != 1) return malformed("a BOOLEAN is one byte");
      out.boolean(content[0] != std::byte{0});
      return {};
    }
    if (outer.tag == tags::kInteger || outer.tag == tags::kEnumerated) {
      while (content.size() > 1) {
        const bool high = (static_cast<unsigned>(content[1]) & 0x80) != 0;
        if (content[0] != (high ? std::byte{0xFF} : std::byte{0})) break;
        content = content.subspan(1);
      }
    }
    out.primitive(outer.tag, content);
    return {};
  }
};

}  // namespace

Result<std::vector<std::byte>> ber_to_der(ByteSpan bytes) {
  Converter converter{bytes};
  Writer out;
  AVILA_TRY_VOID(converter.element(bytes.size(), 0, out));
  if (converter.at != bytes.size()) return converter.malformed("bytes behind the element");
  return out.take();
}

}  // namespace avila::asn1
