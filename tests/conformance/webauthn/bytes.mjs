// Bytes, chance and CBOR for the comparison of WebAuthn verifiers. CBOR is written here as it should be, and, where a case wants it,
// as it should not.
import { createHash } from 'node:crypto';

export const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const join = (...parts) => Buffer.concat(parts.map((p) => Buffer.from(p)));

/** Seeded: the same seed gives the same cases (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return { below: (n) => next() % n, pick: (list) => list[next() % list.length], bytes: (n) => Buffer.from(Array.from({ length: n }, () => next() & 255)) };
}

export function head(major, n) {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 256) return Buffer.from([(major << 5) | 24, n]);
  return Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
}
/** Already encoded: put in as it is. */
export class Raw {
  constructor(bytes) {
    this.bytes = Buffer.from(bytes);
  }
}
/** Numbers, texts, byte arrays, lists, booleans, and maps as lists of pairs (in the order given). */
export function cbor(value) {
  if (value instanceof Raw) return value.bytes;
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return join(head(3, Buffer.byteLength(value)), value);
  if (value instanceof Uint8Array) return join(head(2, value.length), value);
  if (value instanceof Pairs) return join(head(5, value.list.length), ...value.list.flatMap(([k, v]) => [cbor(k), cbor(v)]));
  return join(head(4, value.length), ...value.map(cbor));
}
export class Pairs {
  constructor(list) {
    this.list = list;
  }
  get(key) {
    return this.list.find(([k]) => k === key)?.[1];
  }
  with(key, value) {
    return new Pairs(this.list.map(([k, v]) => (k === key ? [k, value] : [k, v])));
  }
  without(key) {
    return new Pairs(this.list.filter(([k]) => k !== key));
  }
}

/** DER as the few structures here need it. */
export function der(tag, ...parts) {
  const body = join(...parts);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return join([tag], length, body);
}
