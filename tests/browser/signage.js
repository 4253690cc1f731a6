// Signs in the real browser: a screen that staff set up, its player with and without script, emergencies of the house and of others that take it
// over, the network that goes away, the device that restarts, and the report of what was shown.
//   node tests/browser/signage.js --base URL [--pictures DIR]
// How long each take-over took is printed and judged nowhere (bench/tell/signage.mjs has the figure). Ends with "N passed, N failed".
import assert from 'node:assert';
import { connect, createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { launch, newContext, staffLanguages } from './lib/browser.js';
import { axe, Checks, press } from './lib/checks.js';
import { SignHouse } from './lib/sign_house.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, pictures: { type: 'string' } } });
const browser = await launch();
const checks = new Checks(options.pictures);
const check = checks.check.bind(checks), picture = (page, name) => checks.picture(page, name, false);

/** The way to the server, which can be cut: connections that stand are torn. */
class Line {
  constructor(port) {
    this.sockets = new Set();
    this.server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [[near, far], [far, near]]) {
        this.sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => { this.sockets.delete(from); to.destroy(); });
        from.pipe(to);
      }
    });
  }
  up() { return new Promise((done) => this.server.listen(this.port ?? 0, '127.0.0.1', () => { this.port = this.server.address().port; done(); })); }
  down() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((done) => this.server.close(done));
  }
}

// Service workers want a trustworthy address.
const direct = `http://localhost:${new URL(options.base).port}`;
const line = new Line(Number(new URL(options.base).port));
await line.up();
const base = `http://localhost:${line.port}`;
const house = await SignHouse.open(direct);
const screen = await house.screen({ name: '駅前の画面', place: 'JR大阪駅 北口', languages: ['ja', 'en', 'vi'], playlists: ['welcome', 'daytime', 'night'], topics: ['disaster'] });
const drilled = await house.screen({ name: '訓練用の画面', place: '本庁舎', languages: ['ja'], playlists: ['welcome'], drills: true, portrait: true });

const desk = await newContext(browser, { viewport: { width: 1280, height: 720 } });
async function player(path, context = desk) {
  const page = await checks.page(context);
  await page.goto(base + path);
  return page;
}
const stage = (page, kind) => page.locator(`.sign__stage--${kind}[data-shown]`);
const shown = (page) => page.locator('[data-stage]').getAttribute('data-item');
const sign = await player(screen.player);

await check('slides are shown, one after the other, each in the languages of the screen', async () => {
  await stage(sign, 'plain').waitFor();
  const seen = new Set();
  const languages = await sign.evaluate(async () => {
    const feed = await (await fetch(`${document.body.dataset.signage}/feed`)).json();
    return [...new Set(Object.values(feed.items).flat().map((frame) => frame.lang))].sort();
  });
  assert.deepEqual(languages, ['en', 'ja', 'vi']);
  await sign.waitForFunction((first) => document.querySelector('[data-stage]').lang !== first, await sign.locator('[data-stage]').getAttribute('lang'));
  seen.add(await shown(sign));
  assert.ok([...seen].every((item) => /^welcome|^daytime|^night/.test(item)), [...seen].join());
  await axe(sign);
  await picture(sign, 'player');
});
const passer_by = await checks.person(browser);
for (const path of ['', '/plain']) await checks.look(passer_by, `player${path.replace('/', '-')}`, `${base}${screen.player}${path}?pause=1`, staffLanguages);
await passer_by.context().close();
await check('a person can stop it', async () => {
  await sign.keyboard.press('Tab');
  await sign.keyboard.press('Enter');
  const before = await sign.locator('[data-stage]').getAttribute('data-shown');
  await sign.evaluate(() => new Promise((done) => setTimeout(done, 1500)));   // longer than a turn of its clock; slides stay 6 s and more
  assert.equal(await sign.locator('[data-stage]').getAttribute('data-shown'), before);
  await sign.locator('[data-pause]:not(li)').click();
});

const plain = await player(screen.player, await newContext(browser, { javaScriptEnabled: false, viewport: { width: 1280, height: 720 } }));
await check('without script the page turns by itself', async () => {
  await plain.waitForURL(/\/plain/);
  const first = await plain.locator('h1').innerText();
  await plain.locator('h1', { hasNotText: first }).waitFor({ timeout: 60000 });
  assert.match(await shown(plain), /^welcome|^daytime|^night/);
});

/** Proofs of play that the device has and has not told. */
const waiting = (page) => page.evaluate(async () => {
  const database = await new Promise((done) => { const r = indexedDB.open(document.body.dataset.signage); r.onsuccess = () => done(r.result); });
  const count = await new Promise((done) => { const r = database.transaction('plays').objectStore('plays').count(); r.onsuccess = () => done(r.result); });
  database.close();
  return count;
});
let offline = null;
let before = 0;
const took = [];
/** From the moment at which the release is sent to the moment at which the picture changed. */
async function takeOver(page, name, send, kind = 'alert') {
  const before = Date.now();
  await send();
  await stage(page, kind).waitFor();
  took.push(`${name} ${Number(await page.locator('[data-stage]').getAttribute('data-shown')) - before} ms`);
}
let order = '';
await check('an emergency of the house takes the screen and gives it back at the all-clear', async () => {
  await takeOver(sign, 'house', async () => { order = await house.emergency({ ja: ['避難指示が出ました', '川から離れてください。'], en: ['Evacuation order', 'Keep away from the river.'] }); });
  assert.match(await sign.locator('[data-title]').innerText(), /避難指示/);
  assert.match(await sign.locator('[data-banner]').innerText(), /緊急/);
  await axe(sign);
  await picture(sign, 'alert');
  await plain.locator('.sign__stage--alert').waitFor();
  await picture(plain, 'plain-alert');
  await sign.waitForFunction(() => document.querySelector('[data-stage]').lang === 'en');
  await house.allClear(order);
  await stage(sign, 'plain').waitFor();
});
await check('with the event stream held back it asks by itself', async () => {
  const alone = await newContext(browser, { serviceWorkers: 'block' });
  await alone.route('**/events', (route) => route.abort());
  const page = await player(screen.player, alone);
  await stage(page, 'plain').waitFor();
  let id = '';
  await takeOver(page, 'house, polling', async () => { id = await house.emergency({ ja: ['大雨です', '高い所へ。'] }); });
  await house.takeOff(id);
  await stage(page, 'plain').waitFor();
  await alone.close();
});
await check('an alert of somebody else takes the screen until it expires', async () => {
  const from = Date.now();
  await takeOver(sign, 'outside', () => house.cap({ id: `x-${from}`, expires: from + 6000 }));
  assert.match(await sign.locator('[data-title]').innerText(), /津波/);
  await stage(sign, 'plain').waitFor();
  assert.ok(Date.now() >= from + 5000, 'it went before its time');
});
await check('a drill is shown on screens for drills only, and says so', async () => {
  const tall = await player(drilled.player, await newContext(browser, { viewport: { width: 720, height: 1280 } }));
  await stage(tall, 'plain').waitFor();
  let id = '';
  await takeOver(tall, 'drill', async () => { id = await house.emergency({ ja: ['地震の訓練', '机の下へ。'] }, { drill: true }); }, 'drill');
  assert.match(await tall.locator('[data-banner]').innerText(), /訓練/);
  assert.equal(await sign.locator('.sign__stage--plain').count(), 1);
  await axe(tall);
  await picture(tall, 'drill');
  await house.takeOff(id);
  await stage(tall, 'plain').waitFor();
  await tall.context().close();
});

await check('without a network it goes on, over a restart too, and says how old its content is', async () => {
  await sign.locator('body[data-kept=yes]').waitFor();
  before = await house.times(screen);
  await line.down();
  await sign.close();   // the device restarts
  offline = await checks.page(desk);
  await offline.clock.install();
  await offline.goto(base + screen.player);
  await stage(offline, 'plain').waitFor();
  assert.match(await shown(offline), /^welcome|^daytime|^night|^message/);
  await offline.clock.runFor(130_000);
  assert.match(await offline.locator('[data-age]:not(li)').innerText(), /2|分|min|phút/);
  await axe(offline);
  await picture(offline, 'offline');
  assert.ok((await waiting(offline)) >= 5, 'proofs are kept');
});
await check('what it showed meanwhile arrives once, when the network is back', async () => {
  await line.up();
  await offline.clock.resume();
  const kept = await waiting(offline);
  await offline.evaluate(() => dispatchEvent(new Event('online')));
  while ((await waiting(offline)) > 1) await offline.evaluate(() => new Promise((done) => setTimeout(done, 100)));   // one may end meanwhile
  assert.ok((await house.times(screen)) - before >= kept, 'not all arrived');
});

const staff = await checks.person(browser, { viewport: { width: 1280, height: 900 } }, house.second, base);
for (const [name, path] of [['list', '/staff/signage'], ['new', '/staff/signage/new'], ['screen', screen.staff], ['report', `${screen.staff}/report`]])
  await checks.look(staff, `staff-${name}`, base + path, staffLanguages);
await check('staff see what stands on the screen, and the report as CSV', async () => {
  await staff.goto(`${base}${screen.staff}?lang=ja`);
  assert.equal(await staff.locator('.sign-picture--plain').count(), 1, 'the picture is what the player says');
  const csv = await staff.evaluate(async (path) => (await fetch(`${path}/report.csv`)).text(), screen.staff);
  assert.match(csv, /screen,item,title,language,times,seconds,first,last/);
  assert.match(csv, /alert\//);
  assert.match(csv, /cap\//);
});
await check('a wrong form keeps what was typed and names the fault', async () => {
  await staff.goto(`${base}/staff/signage/new?lang=ja`);
  await staff.fill('#place', '天王寺');
  await staff.fill('#lat', 'abc');
  await staff.fill('#name', 'x');
  await press(staff, 'main form button[value=save]');
  assert.equal(await staff.inputValue('#place'), '天王寺');
  assert.equal(await staff.locator('.error-summary a[href="#lat"]').count(), 1);
  await axe(staff);
});

await browser.close();
await line.down();
console.log(`on the screen after: ${took.join(', ')}`);
checks.end();
