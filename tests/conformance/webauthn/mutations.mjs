// What can be wrong with a ceremony. Each entry makes one case from chance; `pick` chooses among what the case may start from.
import { b64, cbor, join, Pairs, Raw } from './bytes.mjs';
import { ALGORITHMS, clientData, credential, login, register, signed } from './authenticator.mjs';

const flip = (bytes, random) => {
  const out = Buffer.from(bytes);
  out[random.below(out.length)] ^= 1 << random.below(8);
  return out;
};
const cut = (bytes, random) => Buffer.from(bytes).subarray(0, random.below(bytes.length));
const type = (n) => (challenge) => clientData(n, challenge);
const jsonOf = (kind, challenge) => clientData(kind, challenge).toString();
/** ECDSA's r and s out of their DER, and into it again with a say in how. */
function der2(signature, remake) {
  const r = signature.subarray(4, 4 + signature[3]);
  const s = signature.subarray(6 + signature[3]);
  return remake(r, s);
}

const EXPECTED = {
  'wrong challenge': (c, random) => ({ ...c, challenge: b64(random.bytes(32)) }),
  'challenge cut short': (c) => ({ ...c, challenge: c.challenge.slice(0, -1) }),
  'wrong origin': (c, random) => ({ ...c, origin: random.pick([`${c.origin}:8443`, c.origin.replace('https', 'http'), `${c.origin}.evil.example`, `${c.origin}/`, c.origin.toUpperCase()]) }),
  'wrong RP ID': (c, random) => ({ ...c, rpId: random.pick([`www.${c.rpId}`, c.rpId.slice(1), c.rpId.toUpperCase()]) }),
};

const REGISTRATIONS = {
  untouched: () => ({}),
  'self attestation': () => ({ format: 'packed' }),
  'another type': (cred, random) => ({ client: type(random.pick(['webauthn.get', 'webauthn.Create', 'payment.get', ''])) }),
  'nobody present': () => ({ flags: 0x44 }),
  'nobody verified': () => ({ flags: 0x41 }),
  'nobody verified, not asked for': () => ({ flags: 0x41, userVerification: false }),
  'backed up, not eligible': () => ({ flags: 0x55 }),
  'backed up': () => ({ flags: 0x5d }),
  'no credential': () => ({ flags: 0x05, unattested: true }),
  'credential flag without credential': () => ({ unattested: true }),
  'credential without its flag': () => ({ flags: 0x05 }),
  'another RP ID signed': () => ({ rp: 'example.jp', format: 'packed' }),
  'reserved flags': (cred, random) => ({ flags: 0x45 | random.pick([0x02, 0x20]) }),
  'algorithm not offered': (cred) => ({ algorithms: ALGORITHMS.filter((a) => a !== cred.alg) }),
  'another algorithm named in the key': (cred, random) => ({ format: 'packed', key: cred.cose.with(3, random.pick([...ALGORITHMS.filter((a) => a !== cred.alg), -65535, -47, 5])) }),
  'another type named in the key': (cred) => ({ format: 'packed', key: cred.cose.with(1, (cred.cose.get(1) % 3) + 1) }),
  'another curve named in the key': (cred, random) => ({ format: 'packed', key: cred.cose.with(-1, random.pick([1, 2, 3, 6, 8, 99].filter((c) => c !== cred.cose.get(-1)))) }),
  'key without a member': (cred, random) => ({ format: 'packed', key: cred.cose.without(random.pick(cred.cose.list.map(([k]) => k))) }),
  'key with one member more': (cred) => ({ key: new Pairs([cred.cose.list[0], [2, Buffer.from('kid')], ...cred.cose.list.slice(1)]) }),
  'key with a member twice': (cred) => ({ key: new Pairs([cred.cose.list[0], ...cred.cose.list]) }),
  'key members out of order': (cred) => ({ key: new Pairs([...cred.cose.list].reverse()) }),
  'key with a bit flipped': (cred, random) => ({ format: 'packed', key: flip(cbor(cred.cose), random) }),
  'key cut off': (cred, random) => ({ key: cut(cbor(cred.cose), random) }),
  'compressed point': (cred) => ({ format: 'packed', key: cred.cose.get(-3) ? cred.cose.with(-3, true) : cred.cose.with(-2, true) }),
  'coordinate one byte short': (cred) => ({ format: 'packed', key: cred.cose.with(-2, cred.cose.get(-2).subarray(1)) }),
  'key of somebody else': (cred, random) => ({ format: 'packed', key: credential(cred.alg === -257 || cred.alg === -37 ? -7 : cred.alg, random).cose }),
  'credential id longer than the data': () => ({ length: 60000 }),
  'credential id empty': () => ({ id: Buffer.alloc(0) }),
  'credential id of 1,024 bytes': (cred, random) => ({ id: random.bytes(1024) }),
  'credential id of 1,023 bytes': (cred, random) => ({ id: random.bytes(1023) }),
  'bytes after the key': (cred, random) => ({ format: 'packed', tail: random.bytes(1 + random.below(20)) }),
  'extensions': () => ({ format: 'packed', flags: 0xc5, extensions: cbor(new Pairs([['credProtect', 2]])) }),
  'extensions without their flag': () => ({ extensions: cbor(new Pairs([['credProtect', 2]])) }),
  'extension flag without extensions': () => ({ flags: 0xc5 }),
  'extensions that are no map': (cred, random) => ({ flags: 0xc5, extensions: cbor(random.pick([['credProtect', 2], 'credProtect', 7])) }),
  'statement where none is due': () => ({ statement: () => new Pairs([['sig', Buffer.alloc(4)]]) }),
  'statement signed wrongly': (cred, random) => ({ format: 'packed', statement: (s) => s.with('sig', flip(s.get('sig'), random)) }),
  'statement cut': (cred, random) => ({ format: 'packed', statement: (s) => s.with('sig', cut(s.get('sig'), random)) }),
  'statement under another algorithm': (cred, random) => ({ format: 'packed', statement: (s) => s.with('alg', random.pick(ALGORITHMS.filter((a) => a !== cred.alg))) }),
  'statement without a member': (cred, random) => ({ format: 'packed', statement: (s) => s.without(random.pick(['alg', 'sig'])) }),
  'statement by another key': (cred, random) => ({ format: 'packed', statement: (s, data) => s.with('sig', signed(-7, credential(-7, random).key, data)) }),
  'empty chain': () => ({ format: 'packed', statement: (s) => new Pairs([...s.list, ['x5c', []]]) }),
  'chain of no certificates': (cred, random) => ({ format: 'packed', statement: (s) => new Pairs([...s.list, ['x5c', [random.bytes(40)]]]) }),
  'format that is not known': (cred, random) => ({ format: random.pick(['None', 'packed2', '', 'compound', 'android-safetynet']) }),
  'members out of order': () => ({ object: (p) => cbor(new Pairs([p.list[2], p.list[0], p.list[1]])) }),
  'a member twice': () => ({ object: (p) => cbor(new Pairs([p.list[0], ...p.list])) }),
  'a member missing': (cred, random) => ({ object: (p) => cbor(p.without(random.pick(['fmt', 'attStmt', 'authData']))) }),
  'one member more': () => ({ object: (p) => cbor(new Pairs([['a', 1], ...p.list])) }),
  'indefinite map': () => ({ object: (p) => join([0xbf], ...p.list.flatMap(([k, v]) => [cbor(k), cbor(v)]), [0xff]) }),
  'length longer than need be': () => ({ object: (p) => cbor(p.with('fmt', new Raw(join([0x78, 4], 'none')))) }),
  'a tag in front': () => ({ object: (p) => join([0xc1], cbor(p)) }),
  'bytes after the object': (cred, random) => ({ object: (p) => join(cbor(p), random.bytes(3)) }),
  'object cut off': (cred, random) => ({ object: (p) => cut(cbor(p), random) }),
  'object with a bit flipped': (cred, random) => ({ format: 'packed', object: (p) => flip(cbor(p), random) }),
  'object that is noise': (cred, random) => ({ object: () => random.bytes(1 + random.below(200)) }),
};

const LOGINS = {
  untouched: () => ({}),
  'another type': (cred, random) => ({ client: type(random.pick(['webauthn.create', 'webauthn.GET', 'payment.get'])) }),
  'nobody present': () => ({ flags: 0x04 }),
  'nobody verified': () => ({ flags: 0x01 }),
  'nobody verified, not asked for': () => ({ flags: 0x01, userVerification: false }),
  'backed up, not eligible': () => ({ flags: 0x15 }),
  'backed up': () => ({ flags: 0x1d }),
  'eligibility changed': () => ({ flags: 0x0d, stored: { eligible: false } }),
  'reserved flags': (cred, random) => ({ flags: 0x05 | random.pick([0x02, 0x20]) }),
  'another RP ID signed': () => ({ rp: 'example.jp' }),
  'counter behind': (cred, random) => ({ count: random.below(7), stored: { count: 7 } }),
  'counter still': () => ({ count: 7, stored: { count: 7 } }),
  'counter back to nothing': () => ({ count: 0, stored: { count: 7 } }),
  'no counter': () => ({ count: 0, stored: { count: 0 } }),
  'counter at its end': () => ({ count: 0xffffffff, stored: { count: 0xfffffffe } }),
  'bytes left over': (cred, random) => ({ tail: random.bytes(1 + random.below(9)) }),
  'extensions': () => ({ flags: 0x85, extensions: cbor(new Pairs([['hmac-secret', Buffer.alloc(32)]])) }),
  'extension flag without extensions': () => ({ flags: 0x85 }),
  'extensions out of order': () => ({ flags: 0x85, extensions: cbor(new Pairs([['uvm', 1], ['a', 2]])) }),
  'extensions with a key twice': () => ({ flags: 0x85, extensions: cbor(new Pairs([['a', 1], ['a', 2]])) }),
  'signed by another key': (cred, random) => (cred.alg === -257 || cred.alg === -37 ? { signature: (s) => flip(s, random) } : { signer: credential(cred.alg, random).key }),
  'signature with a bit flipped': (cred, random) => ({ signature: (s) => flip(s, random) }),
  'signature cut off': (cred, random) => ({ signature: (s) => cut(s, random) }),
  'signature with bytes more': (cred, random) => ({ signature: (s) => join(s, random.bytes(1 + random.below(4))) }),
  'signature of noise': (cred, random) => ({ signature: (s) => random.bytes(s.length) }),
  'signature without its DER': (cred) => ({ signature: (s) => (cred.cose.get(1) === 2 && cred.alg !== -36 ? der2(s, (r, t) => join(r, t)) : Buffer.alloc(0)) }),
  'a zero in front of r': (cred) => ({ signature: (s) => (cred.alg === -7 ? der2(s, (r, t) => join([0x30, r.length + t.length + 5, 2, r.length + 1, 0], r, [2, t.length], t)) : Buffer.concat([Buffer.alloc(1), s])) }),
  'another algorithm in the stored key': (cred, random) => ({ stored: { key: cbor(cred.cose.with(3, random.pick(ALGORITHMS.filter((a) => a !== cred.alg)))) } }),
  'another key stored': (cred, random) => ({ stored: { key: cbor(credential(-7, random).cose) } }),
  'stored key with a bit flipped': (cred, random) => ({ stored: { key: flip(cbor(cred.cose), random) } }),
};

/** clientDataJSON in other shapes; `kind` is its type. Signed where the ceremony signs it. */
const CLIENTS = {
  'byte order mark': (kind) => (c) => join([0xef, 0xbb, 0xbf], jsonOf(kind, c)),
  'white space': (kind) => (c) => Buffer.from(` ${jsonOf(kind, c)}\n`),
  'something after it': (kind) => (c) => Buffer.from(`${jsonOf(kind, c)}x`),
  'member twice': (kind) => (c) => Buffer.from(jsonOf(kind, c).replace('{', '{"type":"x",')),
  'member missing': (kind, random) => (c) => Buffer.from(jsonOf(kind, c).replace(random.pick(['"type"', '"challenge"', '"origin"']), '"other"')),
  'members to come': (kind) => (c) => clientData(kind, c, { extra: { deep: [1, 2, null] } }),
  'no UTF-8 in a member to come': (kind) => (c) => join(jsonOf(kind, c).slice(0, -1), ',"x":"', [0xff, 0xc3], '"}'),
  'no UTF-8 in the challenge': (kind) => (c) => join(jsonOf(kind, c).replace(b64(c), `${b64(c)}\xff`)),
  'escapes': (kind) => (c) => Buffer.from(jsonOf(kind, c).replace('webauthn', '\\u0077ebauthn')),
  'control character': (kind) => (c) => Buffer.from(jsonOf(kind, c).replace('https', 'https\x01')),
  'a bit flipped': (kind, random) => (c) => flip(jsonOf(kind, c) && Buffer.from(jsonOf(kind, c)), random),
  'cut off': (kind, random) => (c) => cut(Buffer.from(jsonOf(kind, c)), random),
  'in a frame': (kind) => (c) => clientData(kind, c, { crossOrigin: true }),
  'in a frame of somebody': (kind) => (c) => clientData(kind, c, { crossOrigin: true, topOrigin: 'https://evil.example' }),
  'topOrigin without a frame': (kind) => (c) => clientData(kind, c, { topOrigin: 'https://evil.example' }),
  'crossOrigin that is text': (kind) => (c) => clientData(kind, c, { crossOrigin: 'false' }),
  'an array': (kind) => (c) => Buffer.from(`[${jsonOf(kind, c)}]`),
};

/** The standard's vectors, which are signed by keys that are not here: changed after signing. */
const VECTORS = {
  untouched: (c) => c,
  'a bit flipped': (c, random, field) => ({ ...c, [field]: flip(c[field], random) }),
  'cut off': (c, random, field) => ({ ...c, [field]: cut(c[field], random) }),
  'bytes more': (c, random, field) => ({ ...c, [field]: join(c[field], random.bytes(1 + random.below(4))) }),
  'somebody else\'s': (c, random, field, other) => ({ ...c, [field]: other[field] }),
};

/** `count` cases {name, case} from `seed`: half registrations, half log-ins; a third of the vectors where they are there. */
export function makeCases(count, random, creds, suite) {
  const families = [
    ...Object.entries(REGISTRATIONS).map(([name, make]) => [`registration, ${name}`, (cred) => register(cred, random, make(cred, random))]),
    ...Object.entries(LOGINS).map(([name, make]) => [`log-in, ${name}`, (cred) => login(cred, random, make(cred, random))]),
    ...Object.entries(EXPECTED).flatMap(([name, make]) => [
      [`registration, ${name}`, (cred) => make(register(cred, random, { format: 'packed' }), random)], [`log-in, ${name}`, (cred) => make(login(cred, random), random)]]),
    ...Object.entries(CLIENTS).flatMap(([name, make]) => [
      [`registration, client data: ${name}`, (cred) => register(cred, random, { client: make('webauthn.create', random) })],
      [`log-in, client data: ${name}`, (cred) => login(cred, random, { client: make('webauthn.get', random) })]]),
  ];
  const of = (kind) => (kind === 'registration' ? ['clientDataJSON', 'attestationObject'] : ['clientDataJSON', 'authenticatorData', 'signature']);
  if (suite)
    for (const kind of ['registration', 'authentication'])
      for (const field of of(kind))
        for (const [name, make] of Object.entries(VECTORS))
          families.push([`vector, ${kind}, ${field}: ${name}`, (cred, vector) => make(vector[kind], random, field, random.pick(suite)[kind])]);
  return Array.from({ length: count }, (_, i) => {
    const [name, make] = families[i % families.length];
    const cred = creds[Math.floor(i / families.length + i) % creds.length];
    return { name, case: make(cred, suite?.[i % suite.length]) };
  });
}
