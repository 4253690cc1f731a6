// `machiya line-menu` against the sandbox: placed twice there is one menu and one alias a tab; what LINE refuses or breaks off leaves the old menu, or is
// mended by the next placing; a tab that went is cleared away; faults of the definition are named at their place.
//   node tests/sandbox/line_menu.mjs [--binary build/release/machiya]
import assert from 'node:assert/strict';
import { spawnSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { start_sandbox } from './client.mjs';

const binary = process.argv.includes('--binary') ? process.argv[process.argv.indexOf('--binary') + 1] : 'build/release/machiya';
const folder = mkdtempSync(join(tmpdir(), 'machiya-line-menu-'));
let box, channels;
before(async () => {
  box = await start_sandbox(['--no-rates']);
  channels = configured('sandbox-channel-token');
});
after(async () => { await box.stop(); rmSync(folder, { recursive: true, force: true }); });

function configured(token) {
  const file = join(folder, `${token}.conf`), secret = join(folder, `${token}.token`);
  writeFileSync(secret, token, { mode: 0o600 });
  writeFileSync(file, `tell.line.url = http://127.0.0.1:${box.ports.line}\ntell.line.data-url = http://127.0.0.1:${box.ports.line_data}\ntell.line.token-file = ${secret}\n`);
  return file;
}
/** Runs one command to its end: {code, out, said}. The sandbox lives in another process, so nothing here may block. */
function machiya(words, options = {}) {
  return new Promise((done) => {
    const child = spawn(binary, ['line-menu', ...words, '--data', join(folder, 'data'), '--channels', options.channels ?? channels, ...(options.city ? ['--city', options.city] : [])]);
    let out = '', said = '';
    child.stdout.on('data', (part) => { out += part; });
    child.stderr.on('data', (part) => { said += part; });
    child.on('close', (code) => done({ code, out, said }));
  });
}
const standing = () => box.get('/line/menus');
async function one_menu_a_tab() {
  const now = await standing();
  assert.deepEqual(Object.keys(now.aliases).sort(), ['main', 'useful']);
  assert.deepEqual(Object.keys(now.menus).sort(), Object.values(now.aliases).sort(), 'no menu but those of the aliases');
  assert.deepEqual(now.images.sort(), Object.keys(now.menus).sort(), 'each has its picture');
  assert.equal(now.default, now.aliases.main, 'everybody sees the first tab');
  return now;
}

test('placed, seen, and placed again', async () => {
  const nothing = await machiya(['show']);
  assert.equal(nothing.code, 1, nothing.said);
  assert.match(nothing.out, /main メインメニュー: 7 areas, is not at LINE/);
  const placed = await machiya(['place']);
  assert.equal(placed.code, 0, placed.said);
  assert.match(placed.out, /city-menu: 2 tabs are below the chat of line, "メインメニュー" is shown first/);
  const first = await one_menu_a_tab();
  assert.equal((await machiya(['place'])).code, 0);
  const second = await one_menu_a_tab();
  assert.ok(!Object.keys(second.menus).some((id) => id in first.menus), 'the old ones went');
  const seen = await machiya(['show']);
  assert.equal(seen.code, 0, seen.out);
  assert.match(seen.out, /main メインメニュー: 7 areas, is at LINE as defined, shown to everybody\n +useful 便利・オススメ: 7 areas, is at LINE as defined\n/);
  assert.deepEqual((await box.get('/violations')).violations, []);
});

test('the preview is what LINE gets, and asks nobody', async () => {
  const { requests } = (await box.get('/counters')).totals.line;
  const written = await machiya(['show', '--preview', join(folder, 'menu.png')]);
  assert.equal(written.code, 0, written.said);
  assert.match(written.out, /menu-main\.png: 2500 x 1686 pixels, \d+ bytes\n.*menu-useful\.png: 2500 x 1686/);
  assert.equal((await box.get('/counters')).totals.line.requests, requests);
  const { aliases } = await standing();
  for (const tab of ['main', 'useful']) {
    const picture = readFileSync(join(folder, `menu-${tab}.png`));
    assert.ok(picture.length < 1024 * 1024);
    assert.equal(await at_line(aliases[tab]), picture.toString('base64'), tab);
  }
  assert.equal((await machiya(['show', '--preview', join(folder, 'absent', 'menu.png')])).code, 3);
});
function at_line(id) {
  return new Promise((done, failed) => http.get({ host: '127.0.0.1', port: box.ports.line_data, path: `/v2/bot/richmenu/${id}/content`, headers: { Authorization: 'Bearer sandbox-channel-token' } }, (res) => {
    const parts = [];
    res.on('data', (part) => parts.push(part)).on('end', () => done(Buffer.concat(parts).toString('base64')));
  }).on('error', failed));
}

for (const [what, kinds] of Object.entries({ 'the first picture is refused': ['ok', 'ok', 'limit'], 'the second picture fails': ['ok', 'ok', 'ok', 'ok', 'fail_before'] })) {
  test(`${what}: the old menu stands`, async () => {
    const before = await standing();
    await box.post('/faults', { next: { line: kinds } });
    const broken = await machiya(['place']);
    assert.equal(broken.code, 3);
    assert.match(broken.said, /line-(429|500).*what stood there stands on/s);
    assert.deepEqual(await standing(), before);
    assert.equal((await machiya(['show'])).code, 0);
  });
}

test('broken off between the tabs: said so, and the next placing mends it', async () => {
  await box.post('/faults', { next: { line: ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'fail_before'] } });   // the second alias
  const broken = await machiya(['place']);
  assert.equal(broken.code, 3);
  assert.match(broken.said, /placed in part: run the command again/);
  assert.doesNotMatch(broken.said, /stands on/);
  assert.ok(Object.keys((await standing()).menus).length > 2, 'both are there, and nobody is without');
  assert.equal((await machiya(['place'])).code, 0);
  await one_menu_a_tab();
});

test('LINE is down, or refuses the token', async () => {
  const before = await standing();
  await box.post('/down', { service: 'line', ms: 600_000 });
  for (const word of ['place', 'show']) {
    const away = await machiya([word]);
    assert.equal(away.code, 3);
    assert.match(away.said, /LINE was not reached or did not answer/);
  }
  await box.post('/down', { service: 'line', ms: 0 });
  const refused = await machiya(['place'], { channels: configured('another-token') });
  assert.equal(refused.code, 3);
  assert.match(refused.said, /refuses the channel access token.*what stood there stands on/s);
  assert.doesNotMatch(refused.said, /another-token"|Bearer/);
  assert.deepEqual(await standing(), before);
});

test('a definition that changed, lost a tab, or is wrong', async () => {
  const city = join(folder, 'city');
  cpSync('city/osaka', city, { recursive: true });
  const file = join(city, '01-life/line-messages/menus/city-menu.yaml');
  const written = readFileSync(file, 'utf8');
  writeFileSync(file, written.replace('en: Useful', 'en: Handy'));
  const other = await machiya(['show'], { city });
  assert.equal(other.code, 1);
  assert.match(other.out, /useful .*is another one at LINE/);
  writeFileSync(file, written.replace(/ {2}- tab: useful[\s\S]*?(?=facts:)/, ''));
  const placed = await machiya(['place'], { city });
  assert.equal(placed.code, 0, placed.said);
  const one = await standing();
  assert.deepEqual(Object.keys(one.aliases), ['main']);
  assert.deepEqual(Object.keys(one.menus), [one.default], 'the tab that went is cleared away');
  writeFileSync(file, written.replace('link: /procedures/dog-registration', 'link: /procedures/cat-registration').replace('post: topics:1', 'tab: nowhere'));
  const checked = spawnSync(binary, ['check', city], { encoding: 'utf8' });
  assert.equal(checked.status, 1);
  const line_of = (text) => written.slice(0, written.indexOf(text)).split('\n').length;
  assert.match(checked.stdout, new RegExp(`menus/city-menu\\.yaml:${line_of('post: topics:1')}:\\d+: .*there is no tab "nowhere"`));
  writeFileSync(file, written.replace('link: /procedures/dog-registration', 'link: /procedures/cat-registration'));
  assert.match(spawnSync(binary, ['check', city], { encoding: 'utf8' }).stdout, new RegExp(`menus/city-menu\\.yaml:${line_of('/procedures/dog-registration')}:\\d+: .*there is no procedure "cat-registration"`));
  assert.equal((await machiya(['place'], { city })).code, 1, 'a city with faults is not placed');
  assert.deepEqual(await standing(), one);
});
