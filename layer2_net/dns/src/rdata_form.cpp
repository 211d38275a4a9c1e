#include "rdata_form.hpp"

namespace avila::dns::detail {
namespace {

using enum Field;

// Sorted by type. Lower-case names: RFC 4034 section 6.2, without NSEC (RFC 6840 section 5.1).
constexpr Form kForms[] = {
    {1, false, {A}},
    {2, true, {Name}},
    {3, true, {Name}},
    {4, true, {Name}},
    {5, true, {Name}},
    {6, true, {Name, Name, U32, Period, Period, Period, Period}},
    {7, true, {Name}},
    {8, true, {Name}},
    {9, true, {Name}},
    {11, false, {A, Wks}},
    {12, true, {Name}},
    {13, false, {Text, Text}},
    {14, true, {Name, Name}},
    {15, true, {U16, Name}},
    {16, false, {Texts}},
    {17, true, {NameSeldom, NameSeldom}},
    {18, true, {U16, NameSeldom}},
    {19, false, {Text}},
    {20, false, {Text, TextOpt}},
    {21, true, {U16, NameSeldom}},
    {22, false, {Nsap}},
    {23, false, {Text}},
    {24, true, {TypeCode, Algorithm, U8, U32, Time, Time, U16, NameSeldom, Base64}},
    {25, false, {U16, U8, Algorithm, Base64}},
    {26, true, {U16, NameSeldom, NameSeldom}},
    {27, false, {Text, Text, Text}},
    {28, false, {Aaaa}},
    {29, false, {Loc}},
    {33, true, {U16, U16, U16, NameSeldom}},
    {35, true, {U16, U16, Text, Text, Text, NameSeldom}},
    {36, true, {U16, NamePlain}},
    {37, false, {CertType, U16, Algorithm, Base64}},
    {39, true, {NamePlain}},
    {42, false, {Apl}},
    {43, false, {U16, Algorithm, U8, Hex}},
    {44, false, {U8, U8, Hex}},
    {46, true, {TypeCode, Algorithm, U8, U32, Time, Time, U16, NamePlain, Base64}},
    {47, false, {NamePlain, Bitmap}},
    {48, false, {U16, U8, Algorithm, Base64}},
    {49, false, {Base64}},
    {50, false, {U8, U8, U16, Salt, Hash, Bitmap}},
    {51, false, {U8, U8, U16, Salt}},
    {52, false, {U8, U8, U8, Hex}},
    {53, false, {U8, U8, U8, Hex}},
    {56, false, {Texts}},
    {57, false, {U16, U8, Algorithm, Base64}},
    {58, false, {NamePlain, NamePlain}},
    {59, false, {U16, Algorithm, U8, Hex}},
    {60, false, {U16, U8, Algorithm, Base64}},
    {61, false, {Base64}},
    {62, false, {U32, U16, Bitmap}},
    {63, false, {U32, U8, U8, Hex}},
    {64, false, {U16, NamePlain, SvcParams}},
    {65, false, {U16, NamePlain, SvcParams}},
    {66, false, {TypeCode, U8, U16, NamePlain}},
    {99, false, {Texts}},
    {104, false, {U16, Node64}},
    {105, false, {U16, A}},
    {106, false, {U16, Node64}},
    {107, false, {U16, NamePlain}},
    {108, false, {Eui48}},
    {109, false, {Eui64}},
    {250, false, {NamePlain, U48, U16, Sized16, U16, Rcode16, Sized16}},
    {256, false, {U16, U16, RestText}},
    {257, false, {U8, Tag, RestText}},
    {258, false, {Texts}},
    {261, false, {Texts}},
    {32768, false, {U16, Algorithm, U8, Hex}},
    {32769, false, {U16, Algorithm, U8, Hex}},
};

}  // namespace

const Form* form_of(Type type) noexcept {
  const auto value = static_cast<std::uint16_t>(type);
  for (const Form& form : kForms) {
    if (form.type == value) return &form;
    if (form.type > value) break;
  }
  return nullptr;
}

}  // namespace avila::dns::detail
