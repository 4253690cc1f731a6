// node bench/tell/mail.mjs BUILD [SECONDS]: mails a second into postfix's smtp-sink over 8 connections, in turn, three rounds: postfix's smtp-source (one mail a
// connection as it does by itself, and with -d, connections kept), npm nodemailer (pool, the same words as text and HTML; and a ready-made mail of the
// same size), this house without signatures; then signatures for each recipient, theirs and ours. Exit code 1 below 0.7 × smtp-source -d or 8 × nodemailer.
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';

const build = process.argv[2] ?? 'build/release';
const seconds = Number(process.argv[3] ?? 4);
const folder = mkdtempSync(join(tmpdir(), 'machiya-mail-'));
chmodSync(folder, 0o755);
const port = await new Promise((done) => { const s = createServer().listen(0, '127.0.0.1', () => { const p = s.address().port; s.close(() => done(p)); }); });
const user = process.getuid() === 0 ? ['-u', 'nobody'] : [];
const sink = spawn('/usr/sbin/smtp-sink', [...user, `127.0.0.1:${port}`, '1000'], { cwd: folder, stdio: 'ignore' });
const listens = () => new Promise((done) => { const s = connect(port, '127.0.0.1', () => { s.destroy(); done(true); }).on('error', () => done(false)); });
while (!await listens()) await new Promise((done) => setTimeout(done, 50));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
writeFileSync(join(folder, 'rsa.pem'), rsa);
writeFileSync(join(folder, 'ed.pem'), generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));

const ours = (...keys) => JSON.parse(execFileSync(`${build}/bench/tell/mail_bench`, [`smtp://127.0.0.1:${port}`, '8', String(seconds), ...keys.map((k) => `${k}=${join(folder, `${k}.pem`)}`)], { encoding: 'utf8' }));
const size = ours().bytes;

function source(...options) {
  const count = options.length > 0 ? 30_000 : 10_000;
  const begin = performance.now();
  execFileSync('/usr/sbin/smtp-source', [...options, '-s', '8', '-m', String(count), '-l', String(size - 350), `127.0.0.1:${port}`]);   // it writes about 350 bytes of headers itself
  return count / ((performance.now() - begin) / 1000);
}

const lines = '今夜から明日の朝にかけて、雷を伴った激しい雨が降るおそれがあります。\n'.repeat(6);
const text = `大阪市からのお知らせです。\n\n${lines}\n\nくわしく見る\nhttps://city.example/m/01h8xk3v9m2q4r6s8t0w2y4z6b\n\n-- \n大阪市\nこのメールが届く理由と止め方\nhttps://city.example/leave/01h8xk3v9m2q4r6s8t0w2y4z6b\n`;
const html = `<!DOCTYPE html><html lang="ja"><head><title>大雨に関するお知らせ</title></head><body><h1>大雨に関するお知らせ</h1><p>${text.replaceAll('\n', '<br>\n')}</p></body></html>`;
const raw = `From: no-reply@city.example\r\nTo: a@x.example\r\nSubject: x\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(Math.round((size - 70) / 78))}`;
async function theirs(message, dkim) {
  const pool = nodemailer.createTransport({ pool: true, host: '127.0.0.1', port, maxConnections: 8, maxMessages: Infinity, ignoreTLS: true, ...(dkim ? { dkim: { domainName: 'city.example', keySelector: 'rsa', privateKey: rsa } } : {}) });
  const begin = performance.now();
  let n = 0;
  const one = async () => { while (performance.now() - begin < seconds * 1000) await pool.sendMail(message(n++)); };
  await Promise.all(Array.from({ length: 16 }, one));   // two in hand for each connection, so that none waits for work
  const rate = n / ((performance.now() - begin) / 1000);
  pool.close();
  return rate;
}
const composed = (i) => ({ from: '大阪市 <no-reply@city.example>', to: `person${i}@x.example`, subject: '大雨に関するお知らせ', text, html, textEncoding: 'base64',
  headers: { 'Auto-Submitted': 'auto-generated', Precedence: 'bulk', 'List-Unsubscribe': '<https://city.example/leave/01h8xk3v9m2q4r6s8t0w2y4z6b>', 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } });
const ready = (i) => ({ envelope: { from: 'no-reply@city.example', to: [`person${i}@x.example`] }, raw });

const rounds = [];
for (let i = 0; i < 3; i++) rounds.push({ alone: source(), kept: source('-d'), composed: await theirs(composed), ready: await theirs(ready), ours: ours().per_second });
const signed = { theirs: await theirs(composed, true), rsa: ours('rsa').per_second, ed: ours('ed').per_second, both: ours('rsa', 'ed').per_second };
sink.kill();
rmSync(folder, { recursive: true });

console.log(`mails of ${size} bytes, 8 connections`);
console.log('| round | smtp-source | smtp-source -d | nodemailer pool | nodemailer pool, ready-made | ours | × smtp-source -d | × nodemailer |\n|---|---:|---:|---:|---:|---:|---:|---:|');
rounds.forEach((r, i) => console.log(`| ${i + 1} | ${[r.alone, r.kept, r.composed, r.ready, r.ours].map((x) => x.toFixed(0)).join(' | ')} | ${(r.ours / r.kept).toFixed(2)} | ${(r.ours / r.composed).toFixed(1)} |`));
console.log(`signed for each recipient: nodemailer RSA ${signed.theirs.toFixed(0)}/s; ours RSA-2048 ${signed.rsa}/s (× ${(signed.rsa / signed.theirs).toFixed(1)}), Ed25519 ${signed.ed}/s, both ${signed.both}/s`);
const worst = [Math.min(...rounds.map((r) => r.ours / r.kept)), Math.min(...rounds.map((r) => r.ours / r.composed))];
console.log(`lowest: × ${worst[0].toFixed(2)} smtp-source -d (wanted 0.7), × ${worst[1].toFixed(1)} nodemailer (wanted 8)`);
process.exitCode = worst[0] >= 0.7 && worst[1] >= 8 ? 0 : 1;
