// Signing with the national card's app, against the sandbox's signing interface: the signature that comes out is over our digest by a card
// of the authority, not revoked; without the person's agreement, or without somebody who verifies it, nothing comes out.
import { spawn } from 'node:child_process';
import { constants, createHash, publicDecrypt, X509Certificate } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { Authority } from '../cards/authority.js';
import { digestInfo } from './lib/signing.js';
import { Visitor } from './lib/visitor.js';
import { clientKey, freePort, ProviderProcess, signingKey } from './lib/world.js';

const folder = 'build/servers/signing';
const redirect = 'http://127.0.0.1:9/back';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const ours = new Authority(join(folder, 'ours'));
const foreign = new Authority(join(folder, 'foreign'));
ours.issue('card');
const jwk = clientKey(folder);
const provider = new ProviderProcess(await freePort(), [signingKey('rsa-1', 'RS256')], [{
  client_id: 'city', redirect_uris: [redirect], scope: 'openid sign', response_types: ['code'], grant_types: ['authorization_code', 'client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [jwk] },
}], { key: ours.read('card.key').toString(), certificate: ours.read('card.pem').toString() });
await provider.ready();
let passed = 0;
const failed = [];
const expect = (what, holds) => { if (holds) ++passed; else failed.push(what); };

/** Runs the client; `press` at the provider: "in", "out", or "" for a person who never goes there. The client's last line. */
async function sign(digest, check, press) {
  const child = spawn('build/release/signing_client', [provider.issuer, 'city', join(folder, 'client-key.pem'), 'city-key', redirect, digest.toString('base64url'), check], { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (!line.startsWith('go ')) continue;
    const visitor = new Visitor('http://127.0.0.1:9');
    child.stdin.end(`${press ? await visitor.agree(line.slice(3), 'hanako', press) : 'nothing'}\n`);
  }
  return last.split(' ');
}

const digest = createHash('sha256').update('what is signed').digest();
const [word, signature, certificate] = await sign(digest, ours.folder, 'in');
expect('a signature came out', word === 'signed');
const card = new X509Certificate(Buffer.from(certificate ?? '', 'base64'));
expect('the certificate is the card\'s', card.subject === 'CN=card');
expect('the signature is over our digest', publicDecrypt({ key: card.publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'base64')).equals(Buffer.concat([digestInfo, digest])));
for (const [what, check, press, cause] of [['the person cancels', ours.folder, 'out', 'signing-refused'], ['the person never came', ours.folder, '', 'signing-refused'],
  ['the card of another authority', foreign.folder, 'in', 'chain-broken'], ['nobody can verify', 'none', 'in', 'signing-unchecked'], ['revoked meanwhile', 'revoke', 'in', 'revoked']]) {
  if (check === 'revoke') ours.revoke('card');
  const answer = await sign(digest, check === 'revoke' ? ours.folder : check, press);
  expect(`${what}: ${answer.join(' ')}`, answer[0] === 'refused' && answer[1] === cause);
}
provider.child.disconnect();
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
