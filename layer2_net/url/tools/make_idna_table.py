#!/usr/bin/env python3
"""Makes src/idna_table.cpp from files of the Unicode Character Database.

usage: make_idna_table.py UCD_FOLDER > src/idna_table.cpp
The folder holds UnicodeData.txt, CaseFolding.txt and extracted/DerivedJoiningType.txt.

UTS #46 publishes its mapping as IdnaMappingTable.txt; it follows from the UCD by the rules of its
section 6: a code point maps to NFKC_Casefold of itself, the default ignorable ones to nothing, and
what IDNA has no use for is disallowed. Those rules are applied here to UnicodeData.txt and
CaseFolding.txt. Mappings are given decomposed: the algorithm normalises to NFC afterwards.
"""
import sys

folder = sys.argv[1]
data = {}          # code point -> (general category, combining class, bidi class, decomposition)
previous = None
for line in open(f"{folder}/UnicodeData.txt"):
    field = line.rstrip("\n").split(";")
    if len(field) < 6:
        continue
    code = int(field[0], 16)
    value = (field[2], int(field[3]), field[4], field[5])
    if field[1].endswith("Last>") and previous is not None:
        for each in range(previous + 1, code):
            data[each] = value
    data[code] = value
    previous = code
# Names may be cut from the file: these are its First…Last ranges.
for first, last in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x17000, 0x187F7),
                    (0x18D00, 0x18D08), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D),
                    (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x30000, 0x3134A), (0x31350, 0x323AF)):
    for each in range(first, last + 1):
        data.setdefault(each, data[first])

fold = {}
for line in open(f"{folder}/CaseFolding.txt"):
    field = [part.strip() for part in line.split("#")[0].split(";")]
    if len(field) >= 3 and field[1] in "CF":
        fold[int(field[0], 16)] = [int(x, 16) for x in field[2].split()]

IGNORED = {0xAD, 0x34F, 0x180B, 0x180C, 0x180D, 0x180F, 0x200B, 0x2060, 0x2064, 0xFEFF}
# Fillers and vowels without a sound: default ignorable.
IGNORED |= {0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5, 0x2061, 0x2062, 0x2063}
IGNORED |= set(range(0x206A, 0x2070))
IGNORED |= set(range(0xFE00, 0xFE10)) | set(range(0xE0100, 0xE01F0)) | set(range(0x1BCA0, 0x1BCA4))
DEVIATIONS = {0xDF, 0x3C2, 0x200C, 0x200D}         # valid in non-transitional processing
# Replacement and description characters.
DISALLOWED = {0xFFFC, 0xFFFD, 0x2065} | set(range(0x2FF0, 0x3000))
FULL_STOPS = {0x3002, 0xFF0E, 0xFF61}              # that end a label; no other mapping gives one


def expand(code, use_fold=True):
    """Case folding and compatibility decomposition until nothing changes."""
    out = [code]
    while True:
        step = []
        for each in out:
            if use_fold and each in fold and each not in DEVIATIONS:
                step += [0xDF] if each == 0x1E9E else fold[each]
                continue
            decomposition = data[each][3] if each in data else ""
            if decomposition:
                step += [int(x, 16) for x in decomposition.split() if not x.startswith("<")]
            else:
                step.append(each)
        if step == out:
            return out
        out = step


def only_canonical(code):
    """True where NFC alone takes care of the code point."""
    seen = [code]
    while seen:
        each = seen.pop()
        if each in fold and each not in DEVIATIONS:
            return False
        decomposition = data[each][3] if each in data else ""
        if decomposition.startswith("<"):
            return False
        seen += [int(x, 16) for x in decomposition.split()]
    return True


mappings = {}
status = {}
for code in range(0x110000):
    if code < 0x80:
        status[code] = "V"
        if 0x41 <= code <= 0x5A:
            mappings[code] = [code + 32]
    elif code in IGNORED:
        status[code] = "I"
    elif code in DEVIATIONS:
        status[code] = "V"
    elif code == 0x3002:
        mappings[code] = [0x2E]
        status[code] = "V"
    elif code in DISALLOWED or code not in data:
        status[code] = "D"
    elif data[code][0] in ("Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp"):
        status[code] = "D"
    elif 0xAC00 <= code <= 0xD7A3 or only_canonical(code):
        status[code] = "V"
    else:
        mapped = [0x2E if each == 0x3002 else each for each in expand(code)]
        mapped = [each for each in mapped if each not in IGNORED]
        if (0x2E in mapped and code not in FULL_STOPS) or any(each >= 0x80 and (each not in data or each in DISALLOWED) for each in mapped):
            status[code] = "D"
        else:
            status[code] = "V"
            mappings[code] = mapped


def ranges(value_of):
    out = []
    for code in range(0x110000):
        value = value_of(code)
        if not out or out[-1][1] != value:
            out.append((code, value))
    return out


def category(code):
    if 0xAC00 <= code <= 0xD7A3:
        return "Lo"
    return data[code][0] if code in data else "Cn"


BIDI = {"L": 1, "R": 2, "AL": 3, "AN": 4, "EN": 5, "ES": 6, "CS": 7, "ET": 8, "ON": 9, "BN": 10,
        "NSM": 11}


def properties(code):
    flags = 0
    if category(code) in ("Mn", "Mc", "Me"):
        flags |= 16
    if code in data and data[code][1] == 9:
        flags |= 32
    if status[code] == "D":
        flags |= 64
    if status[code] == "I":
        flags |= 128
    return flags | BIDI.get(data[code][2] if code in data else "L", 0)


def rows(values, width):
    text = ""
    line = "    "
    for value in values:
        if len(line) + len(value) + 2 > width:
            text += line.rstrip() + "\n"
            line = "    "
        line += value + ", "
    return text + line.rstrip() + "\n"


print("// Made by tools/make_idna_table.py from the Unicode Character Database 15.0.0; see there.")
print('#include "idna_table.hpp"\n\nnamespace avila::url::detail {\n')
table = ranges(properties)
print("// clang-format off")
print(f"const PropertyRange kPropertyRanges[] = {{")
print(rows([f"{{0x{code:x}, {value}}}" for code, value in table], 100) + "};")
print(f"const std::size_t kPropertyRangeCount = {len(table)};\n")

# Runs of code points whose mappings are equally far away share a row.
pool = []
entries = []
for code in sorted(mappings):
    to = mappings[code]
    if len(to) == 1:
        delta = to[0] - code
        if entries and entries[-1][3] is not None and entries[-1][3] == delta and \
                entries[-1][1] == code - 1:
            entries[-1][1] = code
            continue
        entries.append([code, code, None, delta])
    else:
        key = tuple(to)
        at = -1
        for start in range(len(pool) - len(key) + 1) if len(key) > 0 and len(pool) < 6000 else []:
            if tuple(pool[start:start + len(key)]) == key:
                at = start
                break
        if at < 0:
            at = len(pool)
            pool += to
        entries.append([code, code, (at, len(to)), None])
print("const MappingRange kMappingRanges[] = {")
out = []
for first, last, place, delta in entries:
    if place is None:
        out.append(f"{{0x{first:x}, 0x{last:x}, {delta}, 0}}")
    else:
        out.append(f"{{0x{first:x}, 0x{last:x}, {place[0]}, {place[1]}}}")
print(rows(out, 100) + "};")
print(f"const std::size_t kMappingRangeCount = {len(entries)};\n")
print("const char32_t kMappingPool[] = {")
print(rows([f"0x{value:x}" for value in pool], 100) + "};")

# RFC 5892 appendix A.1 asks for joining types; those that matter, U and C do not.
joining = []
for line in open(f"{folder}/extracted/DerivedJoiningType.txt"):
    field = [part.strip() for part in line.split("#")[0].split(";")]
    if len(field) == 2 and field[1] in "TDLR":
        first, _, last = field[0].partition("..")
        joining.append([int(first, 16), int(last or first, 16), field[1]])
joining.sort()
merged = []
for first, last, kind in joining:
    if merged and merged[-1][1] == first - 1 and merged[-1][2] == kind:
        merged[-1][1] = last
    else:
        merged.append([first, last, kind])
print("const JoiningRange kJoiningRanges[] = {")
print(rows([f"{{0x{first:x}, 0x{last:x}, '{kind}'}}" for first, last, kind in merged], 100) + "};")
print(f"const std::size_t kJoiningRangeCount = {len(merged)};")
print("// clang-format on\n\n}  // namespace avila::url::detail")
