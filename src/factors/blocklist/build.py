#!/usr/bin/env python3
"""Writes common.bin, the list of passwords that nobody may choose.

    build.py common-passwords.txt.gz frequency_lists.rs common.bin

Two public lists go in, both compiled from passwords that were stolen and published:
  * `django/contrib/auth/common-passwords.txt.gz` of Django 5.2 (BSD-3-Clause), 20,000 entries;
  * `src/frequency_lists.rs` of the crate zxcvbn 3.1.1 (MIT), its `PASSWORDS`, 30,000 entries.
Most of those are shorter than any password we take, so what attackers make of them goes in as well: words
doubled, words with digits, years and signs behind them, pairs, keyboard walks, runs and repeats.

common.bin: 65,536 bytes, the number of entries whose SHA-256 begins with each 16-bit prefix; then the next
24 bits of each entry, sorted. The same input always gives the same file.
"""

import gzip
import hashlib
import re
import sys
from itertools import product

SHORTEST, LONGEST = 12, 24
YEARS = [str(year) for year in range(1940, 2036)]
RUNS = ["123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "0123456789"]
RUNS += ["321", "4321", "54321", "654321", "987654321", "111", "1111", "11111", "111111", "000", "0000", "000000"]
RUNS += ["007", "69", "666", "777", "7777", "777777", "999", "1212", "121212", "123123", "123321", "1q2w3e", "1q2w3e4r"]
RUNS += ["abc", "abcd", "abc123", "qwe", "qwerty", "asdf", "xyz", "aaa"]
SIGNS = ["!", "!!", "!!!", "@", "#", "$", "?", ".", "*", "!@#", "!@#$"]
HOUSE = """admin administrator root user guest test tester testing demo login secret secrets private default temp
temporary welcome letmein changeme changeit newpassword mypassword thepassword passphrase password passwort passwd
hospital clinic clinical doctor doctors patient patients nurse nurses nursing health healthy healthcare medical
medicine medic telemedicine telehealth pharmacy surgery emergency ambulance therapy dentist physician appointment
vouchsafe company office computer internet windows microsoft google facebook samsung iphone android monday friday
january february march april june july august september october november december spring summer autumn winter
christmas birthday family mother father daughter children sunshine princess football baseball basketball liverpool
arsenal chelsea barcelona manchester juventus superman batman starwars pokemon iloveyou iloveu loveyou forever
whatever trustno1 dragon monkey shadow master killer hunter freedom jordan michael michelle jessica ashley qwerty
qwertyuiop azerty qwertz asdfgh asdfghjkl zxcvbn zxcvbnm 1qaz2wsx qazwsx qweasd qweasdzxc 1q2w3e 1q2w3e4r""".split()
ROWS = ["`1234567890-=", "~!@#$%^&*()_+", "1234567890", "0123456789", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"]
ROWS += ["qwertzuiop", "azertyuiop", "qsdfghjklm", "wxcvbn", "yxcvbnm", "abcdefghijklmnopqrstuvwxyz"]
COLUMNS = ["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"]


def long_enough(words):
    return (word for word in words if SHORTEST <= len(word) <= LONGEST)


def leet(word):
    """The substitutions people make, one at a time and all together."""
    swaps = [("a", "@"), ("o", "0"), ("e", "3"), ("i", "1"), ("s", "$"), ("s", "5"), ("a", "4"), ("i", "!")]
    out = {word.replace(a, b) for a, b in swaps}
    out |= {word.replace(a, b).replace(c, d) for (a, b), (c, d) in product(swaps, swaps)}
    out.add(word.replace("a", "@").replace("o", "0").replace("e", "3").replace("i", "1").replace("s", "$"))
    return sorted(out - {word})


def endings(word, tails):
    return (word + tail for tail in tails)


def repeated(unit):
    """`unit` over and over, cut at every length we take."""
    return ((unit * LONGEST)[:length] for length in range(SHORTEST, LONGEST + 1))


def windows(text):
    for start in range(len(text)):
        for length in range(SHORTEST, LONGEST + 1):
            if start + length <= len(text):
                yield text[start : start + length]
                yield text[start : start + length][::-1]


def walks():
    for a, b, c in product(ROWS, ROWS, ROWS + [""]):
        yield a + b + c
        yield (a + b + c)[::-1]
        yield a + b[::-1] + c
    for start in range(len(COLUMNS)):
        down = "".join(COLUMNS[start:] + COLUMNS[:start])
        up = "".join(column[::-1] for column in COLUMNS[start:] + COLUMNS[:start])
        snake = "".join(c if n % 2 else c[::-1] for n, c in enumerate(COLUMNS[start:] + COLUMNS[:start]))
        for text in (down, up, snake):
            yield from windows(text)
    for a, b in product(ROWS, ROWS):
        # Two rows side by side: q1w2e3r4…, 1q2w3e4r…
        yield from windows("".join(x + y for x, y in zip(a, b)))
    for row in ROWS:
        yield from windows(row * 3)
        yield from windows(row + row[::-1])
        for length in range(3, 13):
            yield from repeated(row[:length])
            yield from repeated(row[:length][::-1])
        for length, other in product(range(3, len(row) + 1), ROWS):
            yield row[:length] + other[:length]


def main(django, zxcvbn, target):
    ranked = gzip.open(django, "rt", encoding="utf-8").read().split()
    passwords = re.search(r'PASSWORDS: &\'?\w* ?str = "((?:[^"\\]|\\.)*)"', open(zxcvbn, encoding="utf-8").read())
    second = passwords.group(1).replace('\\"', '"').replace("\\\\", "\\").split(",")
    words = [w for w in ranked if re.fullmatch("[a-z]{4,}", w.lower())]
    top = list(dict.fromkeys(HOUSE + words))
    years_signs = [y + s for y in YEARS[40:] for s in SIGNS[:5]]
    run_signs = [r + s for r in RUNS[:6] for s in SIGNS]
    runs = RUNS + [s + r for r in RUNS[:6] for s in SIGNS + ["-", "_", " ", "/"]]
    separated = [s + y for s in "-_ .@#!" for y in YEARS[40:]]

    out = set(ranked) | set(second)
    out |= set(long_enough(walks()))
    for word in ranked + second[:12_000]:
        out |= {word * n for n in (2, 3) if SHORTEST <= len(word * n) <= LONGEST}
    for word in top[:600]:
        out |= set(long_enough(endings(word, RUNS + YEARS)))
        out |= set(long_enough(run + word for run in RUNS[:8]))
    for word in top[:150]:
        out |= set(long_enough(endings(word, years_signs + run_signs + runs + separated)))
    for word in HOUSE:
        for other in leet(word):
            out |= set(long_enough(endings(other, RUNS[:8] + SIGNS + YEARS[70:])))
            out |= set(long_enough([other + other, other + word, other + "!123", other + "!1234", other + "@123", other + "#123"]))
    for a, b in product(top[:150], repeat=2):
        out |= set(long_enough([a + b]))
    for char in map(chr, range(32, 127)):
        out |= set(repeated(char))
    for number in range(10_000):
        out |= {f"{number:04}" * n for n in (3, 4)}
        if number < 1000:
            out |= set(repeated(f"{number:03}"))
        if number < 100:
            out |= set(repeated(f"{number:02}"))
    for year in YEARS:
        out |= set(repeated(year))

    folded = {word.lower().encode() for word in out if word.isascii()}
    entries = sorted({hashlib.sha256(word).digest()[:5] for word in folded})
    counts = bytearray(65_536)
    for entry in entries:
        counts[int.from_bytes(entry[:2])] += 1
    with open(target, "wb") as file:
        file.write(counts + b"".join(entry[2:] for entry in entries))
    print(f"{len(entries)} entries, {len(counts) + 3 * len(entries)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
