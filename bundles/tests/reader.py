"""A second reader of bundles, written from docs/bundle-format.md alone.

usage: reader.py BUNDLE KEY.pub

It shares no line with the Rust reader: Python's standard library, and the
`minisign` and `zstd` programs. `b3sum` checks the chunks where it is installed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

BLOCK = 128 * 1024
FRAME = 8 * 1024 * 1024
CHUNK = 4 * 1024 * 1024
START = bytes.fromhex("28b52ffdc038")


def refuse(why):
    sys.exit(f"refused: {why}")


def stored_position(plain):
    """Where plain byte `plain` of a stored frame lies, from the frame's start."""
    return 14 + 3 * (plain // BLOCK + 1) + plain


def stored_length(size):
    return 14 + 3 * max(1, -(-size // BLOCK)) + size


def read_stored(file, start, begin, end):
    """Plain bytes `begin` to `end` of the stored frame at `start` of the file."""
    out = bytearray()
    while begin < end:
        stop = min(end, (begin // BLOCK + 1) * BLOCK)
        file.seek(start + stored_position(begin))
        out += file.read(stop - begin)
        begin = stop
    return bytes(out)


def read_header(file):
    head = file.read(14)
    if head[:6] != START:
        refuse("not a bundle")
    size = int.from_bytes(head[6:], "little")
    if size > 64 * 1024 * 1024:
        refuse("the header is too large")
    for at in range(0, size, BLOCK):
        here = min(BLOCK, size - at)
        last = 1 if at + here == size else 0
        file.seek(stored_position(at) - 3)
        if file.read(3) != (here << 3 | last).to_bytes(3, "little"):
            refuse("the header's frame is not laid out as it must be")
    return size, read_stored(file, 0, 0, size)


def header_files(plain):
    """Name and content of each entry of the header, in order."""
    at = 0
    while at < len(plain):
        name = plain[at : at + 100].rstrip(b"\0").decode()
        size = int(plain[at + 124 : at + 135], 8)
        yield name, plain[at + 512 : at + 512 + size]
        at += 512 + -(-size // 512) * 512


def check_signatures(files, key):
    """Every signature of this key must fit, and there must be one."""
    with open(key) as file:
        trusted = file.read().split()[-1]
    good = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("bottari.json", "minisig")]
        for name, content in files:
            if name == "bottari.json":
                with open(paths[0], "wb") as file:
                    file.write(content)
            elif name.startswith("bottari.sigs/"):
                with open(paths[1], "wb") as file:
                    file.write(content)
                command = ["minisign", "-V", "-H", "-q", "-P", trusted, "-m", paths[0], "-x", paths[1]]
                good += subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    if good == 0:
        refuse("no signature of this key fits")


def check_chunks(file, start, manifest):
    if not shutil.which("b3sum"):
        print("chunks: not checked, b3sum is not installed")
        return
    for number, expected in enumerate(manifest["chunks"]):
        file.seek(start + number * CHUNK)
        chunk = file.read(min(CHUNK, manifest["payload-size"] - number * CHUNK))
        found = subprocess.run(["b3sum", "--no-names"], input=chunk, capture_output=True)
        if found.stdout.decode().strip() != expected:
            refuse(f"chunk {number} is damaged")
    print(f"chunks: {len(manifest['chunks'])} right")


def prefix_length(blob):
    """Bytes of the tar entry in front of the content: more with a pax record."""
    algorithm, digits = blob["digest"].split(":")
    long_name = len(f"blobs/{algorithm}/{digits}") > 100
    return 1536 if long_name or blob["size"] >= 8 * 1024**3 else 512


def read_blob(file, start, blob):
    prefix, size, at = prefix_length(blob), blob["size"], start + blob["offset"]
    if blob["encoding"] == "stored":
        return read_stored(file, at, prefix, prefix + size)
    plain = b""
    for length in blob["frames"]:
        file.seek(at)
        frame = file.read(length)
        plain += subprocess.run(["zstd", "-dcq"], input=frame, capture_output=True, check=True).stdout
        at += length
    return plain[prefix : prefix + size]


def main(bundle, key):
    with open(bundle, "rb") as file:
        size, plain = read_header(file)
        files = list(header_files(plain))
        check_signatures(files, key)
        manifest = json.loads(files[0][1])
        if manifest["format"] != "bottari.bundle/v1":
            refuse(f"{manifest['opens-with']} opens it")
        start = stored_length(size)
        if manifest["header-size"] != size or os.path.getsize(bundle) != start + manifest["payload-size"]:
            refuse("the file does not have the length that was signed")
        check_chunks(file, start, manifest)
        for blob in manifest["blobs"]:
            algorithm, digits = blob["digest"].split(":")
            if hashlib.new(algorithm, read_blob(file, start, blob)).hexdigest() != digits:
                refuse(f"blob {blob['digest']} has other bytes")
            print(f"{blob['encoding']} {blob['digest']} {blob['size']}")
        for name in manifest["names"]:
            print(f"{name['kind']} {name['name']} {name['digest']}")


main(*sys.argv[1:])
