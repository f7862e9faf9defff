#!/usr/bin/env python3
"""What a screen dump shows, as far as a script can tell (PNG of eight-bit RGB or RGBA).

usage: picture.py colours FILE | changed FILE FILE    (how many colours; how many pixels in a thousand differ)
"""
import struct
import sys
import zlib


def rows(data):
    """Undoes PNG's filters (PNG specification, 9.2), row by row."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and kind in (2, 6), "an eight-bit RGB or RGBA image"
    step, at, packed = (3 if kind == 2 else 4), 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    raw, above = zlib.decompress(packed), bytearray(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        how, row = raw[start], bytearray(raw[start + 1 : start + 1 + width * step])
        for x in range(len(row)):
            left = row[x - step] if x >= step else 0
            corner = above[x - step] if x >= step else 0
            if how == 1:
                row[x] = (row[x] + left) & 255
            elif how == 2:
                row[x] = (row[x] + above[x]) & 255
            elif how == 3:
                row[x] = (row[x] + (left + above[x]) // 2) & 255
            elif how == 4:
                guess = left + above[x] - corner
                nearest = min((abs(guess - left), 0, left), (abs(guess - above[x]), 1, above[x]), (abs(guess - corner), 2, corner))
                row[x] = (row[x] + nearest[2]) & 255
        above = row
        yield row, step


def pixels(name):
    with open(name, "rb") as image:
        return [bytes(row[x : x + 3]) for row, step in rows(image.read()) for x in range(0, len(row), step)]


def main():
    match sys.argv[1:]:
        case ["colours", name]:
            print(len(set(pixels(name))))
        case ["changed", before, after]:
            before, after = pixels(before), pixels(after)
            assert len(before) == len(after), "pictures of one size"
            print(1000 * sum(one != other for one, other in zip(before, after)) // len(before))
        case _:
            sys.exit(__doc__)


main()
