// The same ceremonies, right and wrong in many ways, to this house's verifier (webauthn_check) and to npm @simplewebauthn/server: both must
// accept, or both refuse. Where the peer takes what the standard forbids, or cannot do what the standard has, the class is listed below with
// its clause and counted; anything else is a failure. --plant makes the harness prove that it can fail.
//   node tests/conformance/webauthn_peer.mjs --check build/release/src/platform/webauthn/check/webauthn_check [--count 1000] [--seed 1]
import { spawnSync } from 'node:child_process';
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { ALGORITHMS, credential } from './webauthn/authenticator.mjs';
import { b64, chance } from './webauthn/bytes.mjs';
import { makeCases } from './webauthn/mutations.mjs';
import { vectors } from './webauthn/vectors.mjs';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const check = option('--check', 'build/release/src/platform/webauthn/check/webauthn_check');
const count = Number(option('--count', '1000'));
const plant = process.argv.includes('--plant');
const random = chance(Number(option('--seed', '1')));

/** We refuse, the peer accepts: what the reason must be, and the clause that forbids it. */
const STRICTER = [
  { why: /CBOR: (keys out of order|a number longer|a tag|an indefinite)/, what: 'CBOR that is not canonical', clause: 'WebAuthn §2 and §6.5, CTAP 2.1 §8' },
  { why: /CBOR: cut off/, what: 'CBOR that ends within a string', clause: 'RFC 8949 §3, Appendix F: not well-formed' },
  { why: /CBOR: something stands after it/, what: 'bytes after the attestation object', clause: 'WebAuthn §6.5: one CBOR map' },
  { why: /CBOR: text that is no UTF-8/, what: 'CBOR text that is no UTF-8', clause: 'RFC 8949 §3.1' },
  { why: /CBOR: nested too deeply/, what: 'CBOR of more than four levels', clause: 'CTAP 2.1 §8' },
  { why: /CBOR: (a key that is neither|a simple value)/, what: 'CBOR keys or simple values that CTAP2 does not have', clause: 'CTAP 2.1 §8' },
  { why: /not fmt, attStmt and authData/, what: 'an attestation object of other members', clause: 'WebAuthn §6.5.4' },
  { why: /COSE key: (other members|without kty or alg)/, what: 'a credential key of other members than its type needs', clause: 'WebAuthn §6.5.1.1: no OPTIONAL parameters' },
  { why: /COSE key: the (type|curve) does not fit the algorithm/, what: 'a credential key whose type or curve does not fit its algorithm', clause: 'WebAuthn §5.8.5, RFC 9053 §2' },
  { why: /COSE key: (coordinates that do not fit|a point that is not)/, what: 'a credential key that is no point of its curve, or a compressed one', clause: 'WebAuthn §5.8.5, RFC 9053 §7.1, SEC 1 §3.2.2' },
  { why: /COSE key: (an RSA key|modulus or exponent)/, what: 'an RSA key that cannot be one', clause: 'RFC 8230 §4' },
  { why: /§7.1 step 25/, what: 'a credential id of no or more than 1,023 bytes', clause: 'WebAuthn §7.1 step 25, §4 "Credential ID"' },
  { why: /§8.2: self attestation under another algorithm/, what: 'self attestation under another algorithm than the key', clause: 'WebAuthn §8.2' },
  { why: /§7.[12] step 1[034]: made in a frame|§7.1 step 11/, what: 'ceremonies in frames where none are expected', clause: 'WebAuthn §7.1 steps 10 and 11, §7.2 steps 13 and 14' },
  { why: /§7.2 step 19/, what: 'backup eligibility that changed', clause: 'WebAuthn §7.2 step 19, §6.1.3' },
  { why: /§7.2 step 21/, name: /bytes more|a zero in front|bit flipped/, what: 'ECDSA signatures that are not DER to the last byte', clause: 'WebAuthn §6.5.5, X.690 §10' },
  { why: /clientDataJSON: no JSON/, name: /member twice/, what: 'a member of clientDataJSON twice', clause: 'RFC 8259 §4: behaviour is unpredictable; §5.8.1.1 serialises each once' },
  { why: /extensions are no map/, what: 'authenticator extensions that are no map', clause: 'WebAuthn §6.1: a CBOR map' },
  { why: /crossOrigin is no boolean|topOrigin is no text/, what: 'crossOrigin or topOrigin of another type', clause: 'WebAuthn §5.8.1' },
];
/** The peer refuses, we accept: what its reason must be, and why. */
const PEER_REFUSES = [
  { name: /^vector/, why: /validating certificate path \(Android Key\)/, what: 'vector: Android key attestation without the root in x5c', clause: 'WebAuthn §8.4 does not ask for it' },
  { name: /^vector/, why: /AAGUID .* was not expected/, what: 'vector: FIDO U2F attestation with an AAGUID', clause: 'WebAuthn §8.6 has no such step' },
  { name: /^vector/, why: /Could not match TPM manufacturer/, what: 'vector: a TPM manufacturer that is not registered', clause: 'WebAuthn §8.3.1; the manufacturer of the vector' },
  { name: /^vector/, why: /invalid alg -53/, what: 'vector: Ed448, which the peer does not know', clause: 'RFC 9864' },
];

function plain(c) {
  return JSON.stringify(c, (key, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64url') : value));
}

async function peerSays(c) {
  const expected = { expectedChallenge: c.challenge, expectedOrigin: c.origin, expectedRPID: c.rpId, requireUserVerification: c.userVerification };
  const response = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', clientExtensionResults: {} };
  try {
    if (c.kind === 'registration') {
      const r = await verifyRegistrationResponse({
        ...expected, supportedAlgorithmIDs: c.algorithms,
        response: { ...response, response: { clientDataJSON: b64(c.clientDataJSON), attestationObject: b64(c.attestationObject) } },
      });
      return { accepted: r.verified, why: r.verified ? '' : 'not verified' };
    }
    const r = await verifyAuthenticationResponse({
      ...expected, expectedTopOrigin: c.topOrigins.length ? c.topOrigins : undefined,
      credential: { id: 'AAAA', publicKey: new Uint8Array(c.publicKey), counter: c.signCount },
      response: { ...response, response: { clientDataJSON: b64(c.clientDataJSON), authenticatorData: b64(c.authenticatorData), signature: b64(c.signature) } },
    });
    return { accepted: r.verified, why: r.verified ? '' : 'not verified' };
  } catch (error) {
    return { accepted: false, why: String(error.message) };
  }
}

const suite = vectors(process.env.MACHIYA_SHARED ?? '../shared');
if (!suite) console.log('skipped: shared data absent (the vectors of the standard; keys made here are compared all the same)');
for (const identifier of ['packed', 'fido-u2f', 'tpm', 'android-key', 'apple'])
  SettingsService.setRootCertificates({ identifier, certificates: suite ? [new Uint8Array(suite.root)] : [] });

const creds = ALGORITHMS.map((alg) => credential(alg, random));
const cases = makeCases(count, random, creds, suite?.cases);
const now = Math.floor(Date.now() / 1000);
const input = cases.map(({ case: c }) => plain({ now, ...c, roots: c.roots ?? [] }));
const ran = spawnSync(check, { input: `${input.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
if (ran.status !== 0) throw new Error(`${check}: ${ran.stderr} ${ran.error ?? ''}`);
const ours = ran.stdout.trim().split('\n').map((line) => JSON.parse(line));
if (ours.length !== cases.length) throw new Error(`${ours.length} answers to ${cases.length} cases`);

const argued = new Map();
const faults = [];
let accepted = 0;
for (const [i, { name, case: c }] of cases.entries()) {
  const peer = await peerSays(c);
  const mine = plant && i === count - 1 ? { accepted: !ours[i].accepted, why: 'planted' } : ours[i];
  if (mine.accepted && peer.accepted) accepted++;
  if (mine.accepted === peer.accepted) continue;
  const list = mine.accepted ? PEER_REFUSES : STRICTER;
  const known = list.find((k) => k.why.test(mine.accepted ? peer.why : mine.why) && (!k.name || k.name.test(name)));
  if (known) argued.set(known, (argued.get(known) ?? 0) + 1);
  else faults.push({ name, alg: c.alg, ours: mine, peer, input: input[i] });
}
console.log(`${cases.length} ceremonies: ${accepted} accepted by both, ${cases.length - accepted - faults.length - [...argued.values()].reduce((a, b) => a + b, 0)} refused by both`);
for (const [k, n] of argued) console.log(`  ${n} argued: ${k.what} (${k.clause})`);
for (const f of faults.slice(0, Number(option('--show', '10')))) console.log(`DIFFERENT: ${f.name}\n  ours: ${JSON.stringify(f.ours)}\n  peer: ${JSON.stringify(f.peer)}\n  ${process.argv.includes('--inputs') ? f.input : ''}`);
if (faults.length) console.log(`${faults.length} differences that nothing explains`);
process.exitCode = faults.length ? 1 : 0;
