// Signing with the national card's app, against the sandbox's signing interface: the signature that comes out is over our digest by a card
// of the authority, not revoked; without the person's agreement, or without somebody who verifies it, nothing comes out.
import { execFileSync, spawn } from 'node:child_process';
import { constants, createHash, publicDecrypt, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { digestInfo } from './lib/signing.js';
import { Visitor } from './lib/visitor.js';
import { clientKey, freePort, ProviderProcess, signingKey } from './lib/world.js';

const folder = 'build/servers/signing';
const redirect = 'http://127.0.0.1:9/back';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** An authority with one card; `folder` gets ca.pem, crl.der, card.pem, card.crt. */
function authority(folder) {
  mkdirSync(folder, { recursive: true });
  const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  writeFileSync(join(folder, 'conf'), '[ca]\ndefault_ca=test\n[test]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n'
    + '[card]\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n');
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'card.pem', '-out', 'card.csr', '-subj', '/CN=Test card');
  openssl('ca', '-batch', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-in', 'card.csr', '-out', 'card.crt', '-notext', '-extensions', 'card', '-days', '1');
  openssl('ca', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-gencrl', '-crldays', '1', '-out', 'crl.pem');
  openssl('crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der');
  return folder;
}

const ours = authority(join(folder, 'ours'));
const foreign = authority(join(folder, 'foreign'));
const jwk = clientKey(folder);
const provider = new ProviderProcess(await freePort(), [signingKey('rsa-1', 'RS256')], [{
  client_id: 'city', redirect_uris: [redirect], scope: 'openid sign', response_types: ['code'], grant_types: ['authorization_code', 'client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [jwk] },
}], { key: readFileSync(join(ours, 'card.pem'), 'utf8'), certificate: readFileSync(join(ours, 'card.crt'), 'utf8') });
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
const [word, signature, certificate] = await sign(digest, ours, 'in');
expect('a signature came out', word === 'signed');
const card = new X509Certificate(Buffer.from(certificate ?? '', 'base64'));
expect('the certificate is the card\'s', card.subject === 'CN=Test card');
expect('the signature is over our digest', publicDecrypt({ key: card.publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'base64')).equals(Buffer.concat([digestInfo, digest])));
for (const [what, check, press, cause] of [['the person cancels', ours, 'out', 'signing-refused'], ['the person never came', ours, '', 'signing-refused'],
  ['the card of another authority', foreign, 'in', 'chain-broken'], ['nobody can verify', 'none', 'in', 'signing-unchecked'], ['revoked meanwhile', 'revoke', 'in', 'revoked']]) {
  if (check === 'revoke') {
    for (const words of [['-revoke', 'card.crt'], ['-gencrl', '-crldays', '1', '-out', 'crl.pem']]) execFileSync('openssl', ['ca', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', ...words], { cwd: ours, stdio: 'pipe' });
    execFileSync('openssl', ['crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der'], { cwd: ours, stdio: 'pipe' });
  }
  const answer = await sign(digest, check === 'revoke' ? ours : check, press);
  expect(`${what}: ${answer.join(' ')}`, answer[0] === 'refused' && answer[1] === cause);
}
provider.child.disconnect();
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
