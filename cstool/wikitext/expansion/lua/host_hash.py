"""Hash values for mw.hash. Strings of Lua are bytes."""

import hashlib
import zlib
from collections.abc import Callable, Mapping

from cstool.wikitext.expansion.lua.lua_values import Callback, LuaFaultError, text_of, unknown

# Those of PHP 8, in its order.
ALGORITHMS = [
    "md2",
    "md4",
    "md5",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512/224",
    "sha512/256",
    "sha512",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "ripemd128",
    "ripemd160",
    "ripemd256",
    "ripemd320",
    "whirlpool",
    "tiger128,3",
    "tiger160,3",
    "tiger192,3",
    "tiger128,4",
    "tiger160,4",
    "tiger192,4",
    "snefru",
    "snefru256",
    "gost",
    "gost-crypto",
    "adler32",
    "crc32",
    "crc32b",
    "crc32c",
    "fnv132",
    "fnv1a32",
    "fnv164",
    "fnv1a64",
    "joaat",
    "murmur3a",
    "murmur3c",
    "murmur3f",
    "xxh32",
    "xxh64",
    "xxh3",
    "xxh128",
    "haval128,3",
    "haval160,3",
    "haval192,3",
    "haval224,3",
    "haval256,3",
    "haval128,4",
    "haval160,4",
    "haval192,4",
    "haval224,4",
    "haval256,4",
    "haval128,5",
    "haval160,5",
    "haval192,5",
    "haval224,5",
    "haval256,5",
]

# Bytes that functions of ours may hash, which are slow.
_LONGEST = 4096
_SLOW = frozenset({"fnv132", "fnv1a32", "fnv164", "fnv1a64", "joaat"})
# Parameters of Fowler, Noll and Vo's hashes: start and prime, by the number of bits.
_FNV = {32: (0x811C9DC5, 0x01000193), 64: (0xCBF29CE484222325, 0x100000001B3)}


def _fnv(value: bytes, bits: int, *, multiply_first: bool) -> str:
    state, prime = _FNV[bits]
    for byte in value:
        if multiply_first:
            state = state * prime % 2**bits ^ byte
        else:
            state = (state ^ byte) * prime % 2**bits
    return f"{state:0{bits // 4}x}"


def _joaat(value: bytes) -> str:
    state = 0
    for byte in value:
        state = (state + byte) * 0x401 % 2**32
        state ^= state >> 6
    state = state * 9 % 2**32
    state = (state ^ state >> 11) * 0x8001 % 2**32
    return f"{state:08x}"


_COMPUTE: Mapping[str, Callable[[bytes], str]] = {
    "md5": lambda value: hashlib.md5(value, usedforsecurity=False).hexdigest(),
    "sha1": lambda value: hashlib.sha1(value, usedforsecurity=False).hexdigest(),
    "sha224": lambda value: hashlib.sha224(value).hexdigest(),
    "sha256": lambda value: hashlib.sha256(value).hexdigest(),
    "sha384": lambda value: hashlib.sha384(value).hexdigest(),
    "sha512": lambda value: hashlib.sha512(value).hexdigest(),
    "sha3-224": lambda value: hashlib.sha3_224(value).hexdigest(),
    "sha3-256": lambda value: hashlib.sha3_256(value).hexdigest(),
    "sha3-384": lambda value: hashlib.sha3_384(value).hexdigest(),
    "sha3-512": lambda value: hashlib.sha3_512(value).hexdigest(),
    "adler32": lambda value: f"{zlib.adler32(value):08x}",
    "crc32b": lambda value: f"{zlib.crc32(value):08x}",
    "fnv132": lambda value: _fnv(value, 32, multiply_first=True),
    "fnv1a32": lambda value: _fnv(value, 32, multiply_first=False),
    "fnv164": lambda value: _fnv(value, 64, multiply_first=True),
    "fnv1a64": lambda value: _fnv(value, 64, multiply_first=False),
    "joaat": _joaat,
}


def hash_value(algorithm: str, value: bytes) -> str | None:
    """Return a hash value in hexadecimal digits, None if it cannot be computed here.

    Raises ValueError if PHP has no such algorithm.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"Unknown hashing algorithm: {algorithm}")
    if algorithm in _SLOW and len(value) > _LONGEST:
        return None
    compute = _COMPUTE.get(algorithm)
    return compute(value) if compute else None


def _algorithms() -> str:
    return " ".join(ALGORITHMS)


def _hash(algorithm: bytes, value: bytes) -> str:
    try:
        found = hash_value(text_of(algorithm), value)
    except ValueError as fault:
        raise LuaFaultError(str(fault)) from None
    if found is None:
        raise unknown("mw.hash.hashValue")
    return found


HASH_HOST: Mapping[str, Callback] = {"algorithms": _algorithms, "hash": _hash}
