// Constants of RFC 7932 that encoder and decoder share.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace avila::compress::detail::brotli {

struct LengthCode {
  std::uint32_t base;
  std::uint8_t extra;
};
// Section 5.
inline constexpr std::array<LengthCode, 24> kInsertCodes = {
    {{0, 0},   {1, 0},   {2, 0},   {3, 0},   {4, 0},     {5, 0},     {6, 1},     {8, 1},
     {10, 2},  {14, 2},  {18, 3},  {26, 3},  {34, 4},    {50, 4},    {66, 5},    {98, 5},
     {130, 6}, {194, 7}, {322, 8}, {578, 9}, {1090, 10}, {2114, 12}, {6210, 14}, {22594, 24}}};
inline constexpr std::array<LengthCode, 24> kCopyCodes = {
    {{2, 0},  {3, 0},   {4, 0},   {5, 0},   {6, 0},   {7, 0},   {8, 0},     {9, 0},
     {10, 1}, {12, 1},  {14, 2},  {18, 2},  {22, 3},  {30, 3},  {38, 4},    {54, 4},
     {70, 5}, {102, 5}, {134, 6}, {198, 7}, {326, 8}, {582, 9}, {1094, 10}, {2118, 24}}};
// Section 6.
inline constexpr std::array<LengthCode, 26> kBlockCountCodes = {
    {{1, 2},     {5, 2},     {9, 2},     {13, 2},    {17, 3},    {25, 3},  {33, 3},
     {41, 3},    {49, 4},    {65, 4},    {81, 4},    {97, 4},    {113, 5}, {145, 5},
     {177, 5},   {209, 5},   {241, 6},   {305, 6},   {369, 7},   {497, 8}, {753, 9},
     {1265, 10}, {2289, 11}, {4337, 12}, {8433, 13}, {16625, 24}}};
// Which insert and copy codes a cell of 64 commands has: section 5.
inline constexpr std::array<std::uint8_t, 11> kCellInsert = {0, 0, 0, 0, 8, 8, 0, 16, 8, 16, 16};
inline constexpr std::array<std::uint8_t, 11> kCellCopy = {0, 8, 0, 8, 0, 8, 16, 0, 16, 8, 16};
inline constexpr unsigned kCommands = 704, kImplicitCommands = 128;
constexpr LengthCode insert_of(unsigned command) noexcept {
  return kInsertCodes[kCellInsert[command >> 6] + (command >> 3 & 7)];
}
constexpr LengthCode copy_of(unsigned command) noexcept {
  return kCopyCodes[kCellCopy[command >> 6] + (command & 7)];
}
// Section 4: the distances below 16 are one of the last four, the last first, or near it.
inline constexpr std::uint8_t kRecentWhich[16] = {0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
inline constexpr std::int8_t kRecentPlus[16] = {0,  0, 0,  0, -1, 1, -2, 2,
                                                -3, 3, -1, 1, -2, 2, -3, 3};
// Section 3.5.
inline constexpr std::array<std::uint8_t, 18> kCodeLengthOrder = {1, 2, 3, 4,  0,  5,  17, 6,  16,
                                                                  7, 8, 9, 10, 11, 12, 13, 14, 15};

// Section 7.1: the tables of the literal contexts.
inline constexpr auto kContextUtf8Last = [] {
  std::array<std::uint8_t, 256> table{};
  constexpr std::uint8_t kPrintable[96] = {
      8,  12, 16, 12, 12, 20, 12, 16, 24, 28, 12, 12, 32, 12, 36, 12, 44, 44, 44, 44,
      44, 44, 44, 44, 44, 44, 32, 32, 24, 40, 28, 12, 12, 48, 52, 52, 52, 48, 52, 52,
      52, 48, 52, 52, 52, 52, 52, 48, 52, 52, 52, 52, 52, 48, 52, 52, 52, 52, 52, 24,
      12, 28, 12, 12, 12, 56, 60, 60, 60, 56, 60, 60, 60, 56, 60, 60, 60, 60, 60, 56,
      60, 60, 60, 60, 60, 56, 60, 60, 60, 60, 60, 24, 12, 28, 12, 0};
  table[9] = table[10] = table[13] = 4;
  for (unsigned i = 0; i < 96; ++i) table[32 + i] = kPrintable[i];
  for (unsigned i = 128; i < 256; ++i)
    table[i] = static_cast<std::uint8_t>((i < 192 ? 0 : 2) + (i & 1));
  return table;
}();
inline constexpr auto kContextUtf8Before = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned i = 33; i < 127; ++i)
    table[i] = (i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z') ? 2 : i >= 'a' && i <= 'z' ? 3 : 1;
  for (unsigned i = 224; i < 256; ++i) table[i] = 2;
  return table;
}();
inline constexpr auto kContextSigned = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned i = 1; i < 256; ++i)
    table[i] = i < 16 ? 1 : i < 64 ? 2 : i < 128 ? 3 : i < 192 ? 4 : i < 240 ? 5 : i < 255 ? 6 : 7;
  return table;
}();
// By the mode of the literals: what the last byte and the one before add to the context.
inline constexpr auto kContextLast = [] {
  std::array<std::array<std::uint8_t, 256>, 4> tables{};
  for (unsigned i = 0; i < 256; ++i) {
    tables[0][i] = static_cast<std::uint8_t>(i & 63);
    tables[1][i] = static_cast<std::uint8_t>(i >> 2);
    tables[2][i] = kContextUtf8Last[i];
    tables[3][i] = static_cast<std::uint8_t>(kContextSigned[i] << 3);
  }
  return tables;
}();
inline constexpr auto kContextBefore = [] {
  std::array<std::array<std::uint8_t, 256>, 4> tables{};
  tables[2] = kContextUtf8Before;
  tables[3] = kContextSigned;
  return tables;
}();

}  // namespace avila::compress::detail::brotli
