// The live map in the real browser, from a server of maps alone: with and without script, by keyboard, on a telephone, with changes while it is looked at; its tiles
// read by another reader, its figures against a recount of the list.
//   node tests/browser/livemap.js --server build/release/src/sense/livemap/check/livemap_server [--count 2000] [--pictures DIR]
// Ends with "N passed, N failed".
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';
import { readTile } from '../../web/scripts/livemap_tile.js';
import { launch, languages, newContext, staffLanguages } from './lib/browser.js';
import { axe, Checks, press } from './lib/checks.js';

const { values: options } = parseArgs({ options: { server: { type: 'string' }, count: { type: 'string', default: '2000' }, listen: { type: 'string', default: '127.0.0.1:0' }, pictures: { type: 'string' } } });
const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'livemap-'));
const server = spawn(options.server, [options.listen, root, folder, options.count], { stdio: ['pipe', 'pipe', 'inherit'] });
const base = await new Promise((done, failed) => {
  createInterface(server.stdout).on('line', (line) => { if (line.startsWith('http://')) done(line); });
  server.on('exit', () => failed(new Error('the server ended')));
});

const browser = await launch();
const checks = new Checks(options.pictures);
const check = checks.check.bind(checks);
const count = Number(options.count);
const put = async (id, query) => assert.equal((await fetch(`${base}/check/entity?id=urn:ngsi-ld:TestParking:${id}&${query}`, { method: 'POST' })).status, 200);
const take = async (id) => assert.equal((await fetch(`${base}/check/entity?id=urn:ngsi-ld:TestParking:${id}`, { method: 'DELETE' })).status, 200);
const csv = async (query = '') => (await (await fetch(`${base}/maps/parkings/list.csv${query}`)).text()).trim().split('\r\n').slice(1).map((line) => line.split(','));
const seen = (page) => page.textContent('.livemap__status');
const ready = (page) => page.waitForSelector('.livemap[data-ready=yes]');
async function open(context, path = '/maps/parkings') {
  const page = await checks.page(await newContext(browser, context));
  await page.goto(base + path);
  return page;
}

// Tiles.
await check('tiles are read alike by the format\'s own reader, by ours, and hold what the list holds', async () => {
  const rows = await csv();
  assert.equal(rows.length, count);
  for (const z of [0, 5, 9, 12, 14, 16]) {
    const tiles = new Map();
    for (const [, , , , , lat, lon] of rows) {
      const n = 2 ** z, r = Number(lat) * Math.PI / 180;
      const key = `${z}/${Math.floor((Number(lon) + 180) / 360 * n)}/${Math.floor((1 - Math.asinh(Math.tan(r)) / Math.PI) / 2 * n)}`;
      tiles.set(key, (tiles.get(key) ?? 0) + 1);
    }
    for (const [key, wanted] of [...tiles].slice(0, 40)) {
      const answer = await fetch(`${base}/map/tiles/parkings/${key}.mvt`);
      assert.equal(answer.headers.get('content-type'), 'application/vnd.mapbox-vector-tile');
      const bytes = await answer.arrayBuffer();
      const theirs = new VectorTile(new PbfReader(new Uint8Array(bytes))).layers.parkings;
      const ours = readTile(bytes).parkings;
      assert.equal(theirs.length, ours.length);
      let together = 0;
      for (let i = 0; i < theirs.length; i++) {
        const feature = theirs.feature(i);
        assert.deepEqual({ ...feature.properties }, ours[i].tags);
        assert.deepEqual(feature.loadGeometry().map((part) => part.map(({ x, y }) => [x, y])), ours[i].parts);
        together += feature.properties.count ?? 1;
      }
      assert.equal(together, wanted, key);
      assert.equal((await fetch(`${base}/map/tiles/parkings/${key}.mvt`, { headers: { 'If-None-Match': answer.headers.get('etag') } })).status, 304);
    }
  }
});
await check('what is no tile is not found', async () => {
  for (const path of ['19/0/0.mvt', '3/8/0.mvt', '3/-1/0.mvt', '3/1/1', '3/1/1.png', 'a/1/1.mvt', '99999999999/1/1.mvt'])
    assert.equal((await fetch(`${base}/map/tiles/parkings/${path}`)).status, 404, path);
  assert.equal((await fetch(`${base}/map/tiles/parkings-staff/0/0/0.mvt`)).status, 404, 'a map of staff');
  assert.equal((await fetch(`${base}/maps/parkings-staff`)).status, 404);
  assert.equal((await fetch(`${base}/maps/parkings/inside?circle=1,2`)).status, 422);
  assert.equal((await fetch(`${base}/maps/parkings?at=2001-01-01T00:00`)).status, 422);
});

// Without script.
const plain = await open({ javaScriptEnabled: false, viewport: { width: 1000, height: 900 } });
await check('without script: picture, legend, list, in agreement', async () => {
  assert.ok(await plain.isVisible('#map-picture svg'));
  const marks = await plain.$$eval('#map-picture g', (all) => all.reduce((sum, g) => sum + Number(g.querySelector('text')?.textContent ?? 1), 0));
  assert.ok(marks > count * 0.85 && marks <= count, `the picture shows what lies around the wards: ${marks}`);
  const classes = await plain.$$eval('.map-legend .map-classes li', (all) => all.reduce((sum, li) => sum + Number(li.querySelector('span').textContent.replace(',', '')), 0));
  assert.equal(classes, count);
});
await check('without script: search, sort, ward, CSV', async () => {
  await plain.fill('#map-q', '駐輪場 12');
  await press(plain, 'form.filters button');
  const rows = await csv('?q=%E9%A7%90%E8%BC%AA%E5%A0%B4%2012');
  assert.match(await plain.textContent('#map-list-caption'), new RegExp(`^${rows.length}件`));
  await plain.goto(`${base}/maps/parkings`);
  await plain.selectOption('#map-ward', 'kita');
  await press(plain, 'form.filters button');
  const kita = await csv('?ward=kita');
  assert.ok(kita.length > 0 && kita.every((row) => row[4] === '北区'));
  const sum = kita.reduce((total, row) => total + Number(row[7]), 0);
  const area = (await plain.textContent('#area')).replaceAll(',', '');
  assert.ok(area.includes('北区') && area.includes(String(kita.length)), area);
  assert.ok(area.includes(`${sum} 台`), 'the sum of free spaces is that of the list');
  await press(plain, 'th a:has-text("空き")');
  const free = (await plain.$$eval('#list ~ .table-scroll tbody tr td:nth-child(4)', (cells) => cells.map((cell) => Number(cell.textContent)))).filter((n) => !Number.isNaN(n));
  assert.deepEqual(free, [...free].sort((a, b) => a - b));
});

// With script.
const page = await open({ viewport: { width: 1200, height: 900 } });
await ready(page);
await check('with script: the map takes the place of the picture', async () => {
  assert.ok(await page.isVisible('.livemap__canvas'));
  assert.ok(await page.isHidden('#map-picture'));
  const painted = await page.$eval('.livemap__canvas', (canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size);
  assert.ok(painted > 20, 'something is drawn');
  await axe(page);
});
await check('by keyboard alone: move, zoom, choose, open, close', async () => {
  await page.focus('.livemap__map');
  const before = await seen(page);
  for (let i = 0; i < 5; i++) await page.keyboard.press('+');
  await ready(page);
  await page.waitForFunction((text) => document.querySelector('.livemap__status').textContent !== text, before);
  const near = await seen(page);
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction((text) => document.querySelector('.livemap__status').textContent !== text, near);
  await ready(page);
  for (let i = 0; i < 20 && !(await page.evaluate(() => document.activeElement.matches('.livemap__thing'))); i++) await page.keyboard.press('Tab');
  const name = await page.evaluate(() => document.activeElement.textContent);
  assert.match(name, /駐輪場 \d+ — /);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.livemap__details:not([hidden]) h2:focus');
  assert.ok(name.startsWith(await page.textContent('.livemap__heading')));
  await axe(page);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), name, 'the focus goes back');
});
await check('changes are shown while one looks', async () => {
  const live = await open({ viewport: { width: 1200, height: 900 } });
  // A place far from all others, to which the address of an area leads.
  await put('sea', 'lat=34.6000&lon=135.2000&free=30');
  const stream = live.waitForResponse(/\/events\?seen=135\.[12]/);
  await live.goto(`${base}/maps/parkings?circle=34.6,135.2,300`);
  await ready(live);
  await live.waitForFunction(() => [...document.querySelectorAll('.livemap__thing')].some((one) => one.textContent.includes('駐輪場 sea — 空きあり')));
  await stream;
  await put('sea', 'lat=34.6000&lon=135.2000&free=0');
  await live.waitForFunction(() => [...document.querySelectorAll('.livemap__thing')].some((one) => one.textContent.includes('駐輪場 sea — 満車')));
  await take('sea');
  await live.waitForFunction(() => ![...document.querySelectorAll('.livemap__thing')].some((one) => one.textContent.includes('駐輪場 sea')));
  await live.close();
});
await check('what is inside: drawn by keyboard and as a circle, counted as the list is', async () => {
  const draw = await open({ viewport: { width: 1200, height: 900 } });
  await ready(draw);
  await draw.click('.livemap__area summary');
  await draw.click('.livemap__tool:has-text("多角形")');
  for (const way of [['ArrowLeft', 'ArrowUp'], ['ArrowRight', 'ArrowRight'], ['ArrowDown', 'ArrowDown']]) {
    for (const key of way) await draw.keyboard.press(key);
    await draw.keyboard.press(' ');
  }
  await draw.click('.livemap__tool:has-text("調べる")');
  await draw.waitForSelector('.livemap__count');
  for (const kind of ['polygon', 'circle']) {
    if (kind === 'circle') {
      await draw.click('.livemap__tool:has-text("範囲を消す")');
      await draw.fill('#livemap-radius', '2500');
      await draw.click('.livemap__tool:has-text("円")');
      await draw.waitForSelector('.livemap__count');
    }
    const link = new URL(await draw.getAttribute('.livemap__result a[href*="list.csv"]', 'href'), base);
    assert.ok(link.search.includes(kind));
    const rows = await csv(link.search);
    const text = (await draw.textContent('.livemap__result')).replaceAll(',', '');
    assert.ok(rows.length > 0 && text.includes(`駐輪場: ${rows.length}件`), text);
    assert.ok(text.includes(`${rows.reduce((sum, row) => sum + Number(row[7]), 0)} 台`), text);
  }
  await checks.picture(draw, 'livemap-area', false);
  await draw.close();
});
await check('the past is turned to by the slider', async () => {
  const past = await open({ viewport: { width: 1200, height: 900 } });
  await ready(past);
  await past.focus('#livemap-at');
  const asked = past.waitForRequest(/\.mvt\?at=/);
  for (let i = 0; i < 3; i++) await past.keyboard.press('ArrowLeft');
  await asked;
  await past.waitForFunction(() => document.querySelector('.livemap__status').textContent.includes('ありません'), undefined);   // nothing was there before the server began
  await past.close();
});
await check('a telephone of 360 pixels: nothing scrolls sideways, fingers move it', async () => {
  const phone = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await ready(phone);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 360);
  await axe(phone);
  await checks.picture(phone, 'livemap-phone', true);
  await phone.close();
});
await check('staff see what is restricted, citizens do not', async () => {
  const staff = await (await fetch(`${base}/staff/maps/parkings-staff/entity?layer=parkings&id=urn:ngsi-ld:TestParking:1`)).json();
  assert.ok(staff.rows.some((row) => row.value.includes('管理者')));
  const open = await (await fetch(`${base}/maps/parkings`)).text() + (await csv()).join() + await (await fetch(`${base}/map/tiles/parkings/16/57430/26030.mvt`)).text();
  assert.ok(!open.includes('管理者'));
});

// Every rule of the house, in all languages.
const looked = await checks.page(await newContext(browser));
await checks.look(looked, 'maps', `${base}/maps`, languages);
await checks.look(looked, 'map', `${base}/maps/parkings?ward=kita`, languages);
await checks.look(looked, 'staff-map', `${base}/staff/maps/parkings-staff`, staffLanguages);

await browser.close();
server.stdin.end();
await new Promise((done) => server.on('exit', done));
rmSync(folder, { recursive: true, force: true });
checks.end();
