// node webpush_peer.mjs [--bench BIN] [--count N] [--plant]: npm http_ece opens what this house sealed for N browsers, and an independent ES256 judges the
// sender's token. --plant turns one bit of each message; it must not open.
import { spawnSync } from 'node:child_process';
import { createECDH, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ece = createRequire(import.meta.url)('http_ece');
const option = (name, otherwise) => { const at = process.argv.indexOf(name); return at < 0 ? otherwise : process.argv[at + 1]; };
const bench = option('--bench', 'build/release/bench/tell/webpush_bench');
const count = Number(option('--count', 1000));
const plant = process.argv.includes('--plant');

const folder = mkdtempSync(join(tmpdir(), 'machiya-webpush-'));
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
const pieces = ['大', '雨', 'のお知らせ', 'か\u3099', '👨‍👩‍👧', '🇯🇵', '葛\u{e0100}', '<b>', '"', '\\', '\n', 'x', ' '];
const browsers = Array.from({ length: count }, (_, i) => {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const auth = randomBytes(16);
  let body = '';
  for (const want = i % 10 === 0 ? 6000 : Math.random() * 900; Buffer.byteLength(body) < want;) body += pieces[Math.floor(Math.random() * pieces.length)];
  return { ecdh, auth, body, subscription: { endpoint: `https://push${i % 3}.example/p/${i}`, keys: { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') } } };
});
const run = spawnSync(bench, [join(folder, 'key.pem'), 'seal'], {
  input: browsers.map((b) => JSON.stringify({ subscription: b.subscription, body: b.body })).join('\n') + '\n', encoding: 'utf8', maxBuffer: 1 << 28,
});
rmSync(folder, { recursive: true });
if (run.status !== 0) throw new Error(`${bench}: ${run.stderr}`);
const lines = run.stdout.trim().split('\n').map((l) => JSON.parse(l));

let opened = 0, cut = 0, tokens = 0;
const faults = [];
browsers.forEach((b, i) => {
  const sealed = Buffer.from(lines[i].message, 'base64url');
  if (plant) sealed[90] ^= 1;
  try {
    const text = JSON.parse(ece.decrypt(sealed, { version: 'aes128gcm', privateKey: b.ecdh, authSecret: b.auth.toString('base64url') }).toString('utf8'));
    const whole = text.body === b.body;
    if (!whole && !(text.body.endsWith('…') && b.body.startsWith(text.body.slice(0, -1)))) throw new Error('another text');
    if (sealed.length > 4096) throw new Error('longer than a push service must take');
    opened++;
    cut += whole ? 0 : 1;
  } catch (error) { faults.push(`${i}: ${error.message}`); }
  const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(lines[i].Authorization);
  const [head, claims, signature] = token.split('.');
  const said = JSON.parse(Buffer.from(claims, 'base64url'));
  const shown = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: Buffer.from(key, 'base64url').subarray(1, 33).toString('base64url'), y: Buffer.from(key, 'base64url').subarray(33).toString('base64url') } });
  const good = verify('sha256', Buffer.from(`${head}.${claims}`), { key: shown, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  const days = said.exp - Date.now() / 1000;
  if (good && shown.equals(publicKey) && said.aud === new URL(b.subscription.endpoint).origin && said.sub === 'mailto:push@city.example' && days > 0 && days <= 86400) tokens++;
});
console.log(`http_ece opened ${opened} of ${count} (${cut} of them were cut to fit), ${tokens} tokens verified`);
if (plant) {
  console.log(opened === 0 ? 'every planted fault was seen' : 'NOT SEEN');
  process.exitCode = opened === 0 ? 0 : 1;
} else {
  faults.slice(0, 5).forEach((f) => console.error(f));
  process.exitCode = opened === count && tokens === count && cut > 0 ? 0 : 1;
}
