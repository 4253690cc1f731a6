// node bench/tell/webpush.mjs BUILD [SECONDS]: one message sealed and signed by this house and by npm web-push (generateRequestDetails), on the
// same subscriptions, in turn, three rounds each. Exit code 1 when one thread of ours makes less than 20 times as many.
import { execFileSync } from 'node:child_process';
import { createECDH, randomBytes, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import webpush from 'web-push';

const build = process.argv[2] ?? 'build/release';
const seconds = Number(process.argv[3] ?? 3);
const folder = mkdtempSync(join(tmpdir(), 'machiya-webpush-'));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = join(folder, 'key.pem');
writeFileSync(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }));
const jwk = privateKey.export({ format: 'jwk' });
const vapidDetails = {
  subject: 'mailto:push@city.example', privateKey: jwk.d,
  publicKey: Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')]).toString('base64url'),
};
const subscriptions = Array.from({ length: 1000 }, (_, i) => {
  const ecdh = createECDH('prime256v1');
  return { endpoint: `https://push${i % 4}.example/p/${randomBytes(16).toString('base64url')}`, expirationTime: null,
    keys: { p256dh: ecdh.generateKeys().toString('base64url'), auth: randomBytes(16).toString('base64url') } };
});
const lines = subscriptions.map((s) => JSON.stringify(s)).join('\n') + '\n';
const payload = JSON.stringify({ title: '大雨のお知らせ', body: 'x'.repeat(120), link: 'https://city.example/m/01h8xk3v9m2q4r6s8t0w2y4z6b', lang: 'ja', tag: 'm1' });

function theirs() {
  const begin = performance.now();
  let n = 0;
  while (performance.now() - begin < seconds * 1000) {
    for (let i = 0; i < 8; i++, n++) webpush.generateRequestDetails(subscriptions[n % 1000], payload, { vapidDetails, TTL: 86400, urgency: 'normal', topic: 'm1' });
  }
  return n / ((performance.now() - begin) / 1000);
}
const ours = (threads) => JSON.parse(execFileSync(`${build}/bench/tell/webpush_bench`, [pem, 'rate', threads, seconds], { input: lines, encoding: 'utf8' })).per_second;

const rounds = [];
for (let round = 0; round < 3; round++) rounds.push({ peer: theirs(), one: ours(1), two: ours(2) });
rmSync(folder, { recursive: true });
console.log('| round | web-push 3.6.7, one thread | ours, one thread | × | ours, two threads | × |\n|---|---:|---:|---:|---:|---:|');
rounds.forEach((r, i) => console.log(`| ${i + 1} | ${r.peer.toFixed(0)} | ${r.one} | ${(r.one / r.peer).toFixed(1)} | ${r.two} | ${(r.two / r.peer).toFixed(1)} |`));
const worst = Math.min(...rounds.map((r) => r.one / r.peer));
console.log(`lowest ratio of one thread: × ${worst.toFixed(1)} (wanted 20)`);
process.exitCode = worst >= 20 ? 0 : 1;
