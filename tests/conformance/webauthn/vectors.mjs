// The standard's own test vectors as cases, read from its source where the shared folder has it.
import { existsSync, readFileSync } from 'node:fs';
import { b64 } from './bytes.mjs';

/** The key of a new credential: the end of the attestation object, whose last member is authData. */
function keyOf(object) {
  const at = object.indexOf('authData') + 'authData'.length;
  const data = object.subarray(at + (object[at] === 0x59 ? 3 : 2));
  return { publicKey: data.subarray(55 + data.readUInt16BE(53)), backupEligible: (data[32] & 8) !== 0 };
}

/** {root, cases: [{name, registration, authentication}]}, or null where the folder is not there. */
export function vectors(folder) {
  const file = `${folder}/conformance/webauthn-vectors/test-vectors.bs`;
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8').split('\n## Test Vectors for')[0];
  const values = (part) => Object.fromEntries([...part.matchAll(/^(\w+) = h'([0-9a-f]*)'/gm)].map(([, name, hex]) => [name, Buffer.from(hex, 'hex')]));
  const sections = text.split(/^## /m).slice(1);
  const root = values(sections[0]).attestation_ca_cert;
  const party = { origin: 'https://example.org', rpId: 'example.org', topOrigins: ['https://example.com'], userVerification: false };
  return {
    root,
    cases: sections.slice(1).map((section) => {
      const [first, second] = section.split('[=authentication ceremony');
      const made = values(first), used = values(second);
      return {
        name: /#sctn-test-vectors-([\w-]+)/.exec(section)[1],
        registration: { kind: 'registration', ...party, challenge: b64(made.challenge), clientDataJSON: made.clientDataJSON, attestationObject: made.attestationObject, roots: [root], algorithms: [-7, -8, -35, -36, -53, -257] },
        authentication: { kind: 'authentication', ...party, challenge: b64(used.challenge), clientDataJSON: used.clientDataJSON, authenticatorData: used.authenticatorData, signature: used.signature, signCount: 0, ...keyOf(made.attestationObject) },
      };
    }),
  };
}
