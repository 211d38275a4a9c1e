#!/usr/bin/env python3
"""Writes src/unicode_tables.cpp from the Unicode Character Database (Unicode 15.0, UAX #44).

usage: generate_unicode.py UCD_FOLDER > src/unicode_tables.cpp
Reads UnicodeData.txt, CompositionExclusions.txt, CaseFolding.txt, GraphemeBreakProperty.txt and
emoji-data.txt of the folder. Every table is a two-stage trie: stage 1 gives the block of a code
point, stage 2 its value; equal blocks are stored once.
"""
import sys

LIMIT = 0x110000
GCB = ["Other", "CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend",
       "SpacingMark", "L", "V", "T", "LV", "LVT", "Extended_Pictographic"]


def rows(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                yield [field.strip() for field in line.split(";")]


def code_range(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def points(text):
    return [int(word, 16) for word in text.split()]


folder = sys.argv[1].rstrip("/") + "/"
ccc, canonical, compatible = {}, {}, {}
for fields in rows(folder + "UnicodeData.txt"):
    code = int(fields[0], 16)
    if fields[3] != "0":
        ccc[code] = int(fields[3])
    mapping = fields[5]
    if mapping.startswith("<"):
        compatible[code] = points(mapping.split(">")[1])
    elif mapping:
        canonical[code] = points(mapping)
exclusions = {int(f[0], 16) for f in rows(folder + "CompositionExclusions.txt")}


def expand(code, compat):
    mapping = canonical.get(code) or (compatible.get(code) if compat else None)
    if not mapping:
        return [code]
    return [out for part in mapping for out in expand(part, compat)]


def reorder(codes):
    out = []
    for code in codes:
        at = len(out)
        while ccc.get(code, 0) and at and ccc.get(out[at - 1], 0) > ccc[code]:
            at -= 1
        out.insert(at, code)
    return out


full = {c: reorder(expand(c, False)) for c in canonical}
full_compat = {c: reorder(expand(c, True)) for c in {*canonical, *compatible}}
# UAX #15 section 5.2: excluded are the listed ones, singletons and non-starter decompositions.
pairs = {}
for code, mapping in canonical.items():
    if len(mapping) == 2 and code not in exclusions and not ccc.get(code) and not ccc.get(mapping[0]):
        pairs[tuple(mapping)] = code
seconds = {second for _, second in pairs} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
composites = set(pairs.values())

NFC_BOUNDARY, NFC_YES, NFD_YES, NFKC_BOUNDARY, NFKC_YES, NFKD_YES = 1, 2, 4, 8, 16, 32


def flags(code):
    hangul = 0xAC00 <= code <= 0xD7A3
    out = 0
    for mapping, boundary, composed_yes, decomposed_yes in (
            (full, NFC_BOUNDARY, NFC_YES, NFD_YES),
            (full_compat, NFKC_BOUNDARY, NFKC_YES, NFKD_YES)):
        first = mapping.get(code, [code])[0]
        if not ccc.get(first) and first not in seconds:
            out |= boundary
        if code not in mapping and not hangul:
            out |= decomposed_yes
        compat_changes = mapping is full_compat and full_compat.get(code) != full.get(code)
        if code not in seconds and not compat_changes and (code not in mapping or code in composites):
            out |= composed_yes
    return out


class Pool:
    """Sequences of code points; a reference is offset * 32 + length, 0 for none."""

    def __init__(self):
        self.values, self.known = [0], {}

    def add(self, codes):
        key = tuple(codes)
        if key not in self.known:
            self.known[key] = len(self.values)
            self.values += codes
        assert len(codes) < 32
        return self.known[key] * 32 + len(codes)


def emit(kind, name, values, width):
    print(f"const {kind} {name}[] = {{")
    line = "   "
    for value in values:
        text = f" {value},"
        if len(line) + len(text) > width:
            print(line)
            line = "   "
        line += text
    print(line + "\n};")


def trie(kind, name, value_of, shift):
    size = 1 << shift
    last = max((code for code in range(LIMIT) if value_of(code) != value_of(LIMIT - 1)), default=0)
    stage1, stage2, known = [], [], {}
    for start in range(0, last + 1, size):
        block = tuple(value_of(code) for code in range(start, start + size))
        if block not in known:
            known[block] = len(known)
            stage2 += block
        stage1.append(known[block])
    stage1_kind = "std::uint8_t" if len(known) <= 256 else "std::uint16_t"
    assert stage1_kind == STAGE1[name], (name, len(known))
    print(f"const unsigned {name}Blocks = {len(stage1)};")
    emit(stage1_kind, name + "1", stage1, 100)
    emit(kind, name + "2", stage2, 100)


STAGE1 = {"kGrapheme": "std::uint8_t", "kNormal": "std::uint8_t", "kCanonical": "std::uint8_t",
          "kCompatible": "std::uint8_t", "kFold": "std::uint8_t", "kSimpleFold": "std::uint8_t"}

gcb = [0] * LIMIT
for fields in rows(folder + "GraphemeBreakProperty.txt"):
    for code in code_range(fields[0]):
        gcb[code] = GCB.index(fields[1])
for fields in rows(folder + "emoji-data.txt"):
    if fields[1] == "Extended_Pictographic":
        for code in code_range(fields[0]):
            assert gcb[code] == 0
            gcb[code] = GCB.index("Extended_Pictographic")

fold, simple = {}, {}
for fields in rows(folder + "CaseFolding.txt"):
    code, status, mapping = int(fields[0], 16), fields[1], points(fields[2])
    if status in "CF":
        fold[code] = mapping
    if status in "CS":
        simple[code] = mapping[0]

kinds = sorted({(ccc.get(c, 0), flags(c)) for c in range(LIMIT)})
index = {kind: i for i, kind in enumerate(kinds)}
normal = [index[(ccc.get(c, 0), flags(c))] for c in range(LIMIT)]
pool = Pool()
canonical_refs = {c: pool.add(v) for c, v in sorted(full.items())}
compatible_refs = {c: pool.add(v) for c, v in sorted(full_compat.items()) if v != full.get(c)}
fold_refs = {c: pool.add(v) for c, v in sorted(fold.items())}

print("// Generated by tools/generate_unicode.py from the Unicode Character Database, version 15.0.")
print("// Data of Unicode, Inc., under the Unicode licence (unicode.org/license.txt).")
print("// clang-format off")
print('#include "unicode_tables.hpp"\n')
print("namespace avila::text::detail {\n")
trie("std::uint8_t", "kGrapheme", lambda c: gcb[c], 7)
trie("std::uint8_t", "kNormal", lambda c: normal[c], 7)
trie("std::uint32_t", "kCanonical", lambda c: canonical_refs.get(c, 0), 5)
trie("std::uint32_t", "kCompatible", lambda c: compatible_refs.get(c, 0), 5)
trie("std::uint32_t", "kFold", lambda c: fold_refs.get(c, 0), 5)
trie("std::int32_t", "kSimpleFold", lambda c: simple.get(c, c) - c, 5)
print("const NormalKind kNormalKinds[] = {")
for kind in kinds:
    print(f"    {{{kind[0]}, {kind[1]}}},")
print("};")
emit("char32_t", "kSequences", pool.values, 100)
print(f"const unsigned kPairCount = {len(pairs)};")
print("const Pair kPairs[] = {")
for (first, second), code in sorted(pairs.items()):
    print(f"    {{{first}, {second}, {code}}},")
print("};\n")
print("}  // namespace avila::text::detail")
