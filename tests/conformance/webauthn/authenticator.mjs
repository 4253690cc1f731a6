// An authenticator in software: credentials of every algorithm that both verifiers know, registrations and log-ins with any field changed
// before they are signed.
import { constants, createECDH, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { b64, cbor, join, Pairs, sha256 } from './bytes.mjs';

export const rpId = 'city.example.jp';
export const origin = 'https://city.example.jp';

const CURVES = { '-7': ['prime256v1', 'P-256', 1, 32, 'sha256'], '-35': ['secp384r1', 'P-384', 2, 48, 'sha384'], '-36': ['secp521r1', 'P-521', 3, 66, 'sha512'] };
export const ALGORITHMS = [-7, -35, -36, -8, -257, -37];

function ecKey(alg, random) {
  const [name, crv, cose, size] = CURVES[alg];
  const ecdh = createECDH(name);
  const d = join(Buffer.alloc(1), random.bytes(size - 1));
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const x = point.subarray(1, 1 + size), y = point.subarray(1 + size);
  return {
    key: createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv, d: b64(d), x: b64(x), y: b64(y) } }),
    cose: new Pairs([[1, 2], [3, alg], [-1, cose], [-2, x], [-3, y]]),
  };
}

function edKey(random) {
  const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: join(Buffer.from('302e020100300506032b657004220420', 'hex'), random.bytes(32)) });
  const x = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x, 'base64url');
  return { key, cose: new Pairs([[1, 1], [3, -8], [-1, 6], [-2, x]]) };
}

const number = (n) => {
  const hex = n.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
};
function inverse(a, m) {
  let [r0, r1, s0, s1] = [m, a % m, 0n, 1n];
  while (r1 !== 0n) [r0, r1, s0, s1] = [r1, r0 % r1, s1, s0 - (r0 / r1) * s1];
  return ((s0 % m) + m) % m;
}
/** Two Mersenne primes: a key that takes no time to find, the same in each run, and good for nothing else. */
function rsaKey(alg) {
  const p = 2n ** 1279n - 1n, q = 2n ** 2281n - 1n, e = 65537n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  const part = (n) => b64(number(n));
  const jwk = { kty: 'RSA', n: part(p * q), e: part(e), d: part(d), p: part(q), q: part(p), dp: part(d % (q - 1n)), dq: part(d % (p - 1n)), qi: part(inverse(p, q)) };
  return { key: createPrivateKey({ format: 'jwk', key: jwk }), cose: new Pairs([[1, 3], [3, alg], [-1, number(p * q)], [-2, number(e)]]) };
}

export function signed(alg, key, data) {
  if (alg === -8) return sign(null, data, key);
  if (alg === -37) return sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return sign(CURVES[alg]?.[4] ?? 'sha256', data, key);
}

export function credential(alg, random) {
  const made = CURVES[alg] ? ecKey(alg, random) : alg === -8 ? edKey(random) : rsaKey(alg);
  return { alg, id: random.bytes(32), aaguid: random.bytes(16), ...made };
}

export const clientData = (type, challenge, more = {}) => Buffer.from(JSON.stringify({ type, challenge: b64(challenge), origin, crossOrigin: false, ...more }));

export function authData({ flags, count = 0, rp = rpId, attested, extensions, tail = Buffer.alloc(0) }) {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(count);
  const parts = [sha256(rp), [flags], counter];
  if (attested) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(attested.length ?? attested.id.length);
    parts.push(attested.aaguid, length, attested.id, attested.key instanceof Pairs ? cbor(attested.key) : attested.key);
  }
  if (extensions) parts.push(extensions);
  return join(...parts, tail);
}

/** A registration. `change` may set: flags, key, id, length, extensions, tail, format, statement(data, hash), object(parts), client (bytes). */
export function register(cred, random, change = {}) {
  const challenge = random.bytes(32);
  const client = change.client?.(challenge) ?? clientData('webauthn.create', challenge, change.more);
  const data = authData({
    flags: change.flags ?? 0x45, rp: change.rp, tail: change.tail, extensions: change.extensions,
    attested: change.unattested ? undefined : { aaguid: cred.aaguid, id: change.id ?? cred.id, length: change.length, key: change.key ?? cred.cose },
  });
  const format = change.format ?? 'none';
  const toSign = join(data, sha256(client));
  const plain = format === 'packed' ? new Pairs([['alg', cred.alg], ['sig', signed(cred.alg, cred.key, toSign)]]) : new Pairs([]);
  const statement = change.statement ? change.statement(plain, toSign) : plain;
  const parts = new Pairs([['fmt', format], ['attStmt', statement], ['authData', data]]);
  return {
    kind: 'registration', challenge: b64(challenge), origin, rpId, clientDataJSON: client, attestationObject: change.object ? change.object(parts) : cbor(parts),
    algorithms: change.algorithms ?? ALGORITHMS, userVerification: change.userVerification ?? true, roots: [], topOrigins: [],
  };
}

/** A log-in. `change` may set: flags, count, extensions, tail, rp, client, more, signature(bytes), stored {key, count, eligible}. */
export function login(cred, random, change = {}) {
  const challenge = random.bytes(32);
  const client = change.client?.(challenge) ?? clientData('webauthn.get', challenge, change.more);
  const data = authData({ flags: change.flags ?? 0x05, count: change.count ?? 8, rp: change.rp, extensions: change.extensions, tail: change.tail, attested: change.attested });
  const signature = signed(cred.alg, change.signer ?? cred.key, join(data, sha256(client)));
  return {
    kind: 'authentication', challenge: b64(challenge), origin, rpId, clientDataJSON: client, authenticatorData: data,
    signature: change.signature ? change.signature(signature) : signature, publicKey: change.stored?.key ?? cbor(cred.cose), signCount: change.stored?.count ?? 7,
    backupEligible: change.stored?.eligible ?? ((change.flags ?? 0) & 8) !== 0, userVerification: change.userVerification ?? true, topOrigins: [],
  };
}
