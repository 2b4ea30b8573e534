#!/usr/bin/env python3
"""attacker.py BAG MONTH IDENTITIES [KEYFILE]: somebody with a bag of files (archives, alerts, reports, what Redis held) and
no key looks for own devices of a past month. IDENTITIES has a device a line, as the attacker might list them all: an
address, or a MAC; the first one is the attacker's own, known to have been there. Whatever stands in the bag is tried as a
key, 32 bytes at each place, as it is and as hexadecimal digits, against the attacker's own device; a key that fits is used
on all. With KEYFILE that key is tried as well: it shows that the attack works.
Prints "pseudonyms N", "addresses written N", "community ids N", "keys tried N", "keys that fit N", "devices named N"."""
import base64
import hashlib
import hmac
import ipaddress
import pathlib
import re
import sys

PSEUDONYM = re.compile(rb'(?<![a-z2-7])[a-z2-7]{24}(?![a-z2-7])')
ADDRESS = re.compile(rb'(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])')
MAC = re.compile(rb'(?<![0-9a-f:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])')
PACKED = re.compile(rb'\x00{10}\xff\xff(.{4})|\x01\x00{9}(.{6})|\x44(\x0a.{3})', re.DOTALL)
HEX = re.compile(rb'[0-9a-fA-F]{64,}')
BLOCK = 1024  # of a large file only both ends are tried as keys


def identity_of(line):
	"""Its bytes, as they go into a pseudonym, and the kind of identity."""
	if re.fullmatch(r'(?:[0-9a-f]{2}:){5}[0-9a-f]{2}', line):
		return b'/self', b'\x01' + bytes(9) + bytes.fromhex(line.replace(':', ''))
	address = ipaddress.ip_address(line)
	packed = address.packed if address.version == 6 else bytes(10) + b'\xff\xff' + address.packed
	return b'/addr', packed


def pseudonym_of(key, month, identity):
	kind, packed = identity
	digest = hmac.digest(key, month + kind + packed, 'sha256')
	return base64.b32encode(digest[:15]).lower()


def keys_in(content):
	pieces = [content] if len(content) <= 2 * BLOCK else [content[:BLOCK], content[-BLOCK:]]
	pieces += [bytes.fromhex(found[:len(found) // 2 * 2].decode()) for found in HEX.findall(content)]
	for piece in pieces:
		for at in range(len(piece) - 31):
			yield piece[at:at + 32]


bag, month = pathlib.Path(sys.argv[1]), sys.argv[2].encode()
lines = open(sys.argv[3]).read().split()
identities = [identity_of(line) for line in lines]
contents = [path.read_bytes() for path in bag.rglob('*') if path.is_file()]
pseudonyms = {found for content in contents for found in PSEUDONYM.findall(content)}

# An own device as it is written: in text, and in the bytes of an address or a MAC.
in_text = {found for content in contents for form in (ADDRESS, MAC) for found in form.findall(content)}
in_bytes = {b''.join(found) for content in contents for found in PACKED.findall(content)}
written = [line for line, (kind, packed) in zip(lines, identities) if line.encode() in in_text or packed[-4:] in in_bytes or
	packed[-6:] in in_bytes]
community = sum(len(re.findall(rb'\b1:[A-Za-z0-9+/]{27}=', content)) for content in contents)

keys = {key for content in contents for key in keys_in(content)}
guesses = [b'', bytes(32), month, b'borderflow', b'pseudonym', b'secret', b'password']
keys |= {guess for guess in guesses} | {hashlib.sha256(guess).digest() for guess in guesses}
if len(sys.argv) > 4:
	keys.add(bytes.fromhex(open(sys.argv[4]).read().strip()))
fitting = [key for key in keys if pseudonym_of(key, month, identities[0]) in pseudonyms]
named = {line for key in fitting for line, identity in zip(lines, identities) if pseudonym_of(key, month, identity) in pseudonyms}
for name, number in [('pseudonyms', len(pseudonyms)), ('addresses written', len(set(written))), ('community ids', community),
		('keys tried', len(keys)), ('keys that fit', len(fitting)), ('devices named', len(named))]:
	print(f'{name} {number}')
