// docs/security.md says what the program does: every value is the one of the code, every table of the database has a class, every
// kind of question has its rule, every cryptographic function and every place that opens a connection is listed, and the other
// way round.   node --test tests/conformance/security_facts_test.js      Each check is first shown a planted fault.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const document = read('docs/security.md');

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}
/** {path below src/: text} of the program itself, without tests. */
const sources = Object.fromEntries([...filesBelow(join(root, 'src'))]
  .filter((path) => /\.(cpp|h|sql)$/.test(path) && !/(_test\.cpp|\/testing\/|testing\.h|test_[a-z]+\.h|\/preview\/)/.test(path))
  .map((path) => [relative(join(root, 'src'), path), readFileSync(path, 'utf8')]));
const program = Object.values(sources).join('\n');

const section = (text, number) => new RegExp(`^## ${number}\\. [\\s\\S]*?(?=^## |$(?![\\s\\S]))`, 'm').exec(text)?.[0] ?? '';
/** Cells of the rows of every table in a piece of the document, without heads and rules. */
const rowsOf = (text) => text.split('\n').filter((line) => line.startsWith('|') && !/^\|[-|]+\|$/.test(line)).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
const codesOf = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]);
const without = (list, other) => list.filter((x) => !other.includes(x));
/** Is `name` covered by a list of names, some of which end in "*"? */
const covers = (list, name) => list.some((item) => (item.endsWith('*') ? name.startsWith(item.slice(0, -1)) : item === name));

/** Rows "what | `value` | `file` `name`" whose value is not the one of the code. */
function wrongValues(text) {
  const out = [];
  for (const [, value, place] of rowsOf(text)) {
    const [file, name] = codesOf(place ?? '');
    if (!name || !/\.(h|cpp)$/.test(file)) continue;
    const found = new RegExp(`\\b${name}\\s*=\\s*([^;,}]+?)\\s*[;,}]`).exec(sources[file] ?? '')?.[1];
    if (codesOf(value)[0] !== found) out.push(`${file} ${name} is ${found}, the document says ${value}`);
  }
  return out;
}
const valueRows = (text) => rowsOf(text).filter((cells) => /`[\w/]+\.(h|cpp)` `\w+`/.test(cells[2] ?? ''));

const typesOfQuestions = [...new Set([...read('src/city/schema/procedure.schema.json').matchAll(/"type": \{"type": "string", "enum": \[([^\]]+)\]\}/g)]
  .flatMap(([, list]) => [...list.matchAll(/"([^"]+)"/g)].map((m) => m[1])))];
const tables = [...new Set([...program.matchAll(/CREATE TABLE(?: IF NOT EXISTS)? ([a-z_]+)\s*\(/g)].map((m) => m[1]))];
const kCrypto = /\b(crypto_[a-z0-9_]+|EVP_[A-Za-z0-9_]+|argon2[a-z_]+|randombytes[a-z_]*|HMAC\w*|sodium_(?:memcmp|malloc|mlock)|ECDSA_\w+|RSA_\w+|MD5\w*|SHA1\w*|RC4\w*|DES_\w+|CMS_[a-z]\w+|OCSP_[a-z]\w+)\(/g;
const cryptoUsed = [...new Set([...program.matchAll(kCrypto)].map((m) => m[1]))];
const kConnects = /\bcurl_easy_init\(|\bPQconnect|(?<!\w)::connect\(|\bsocketpair\(|(?<!\w)::socket\(|\bcurl_global_init\(/;
const connecting = Object.entries(sources).filter(([path, text]) => path.endsWith('.cpp') && kConnects.test(text)).map(([path]) => path);

const unruled = (text) => without(typesOfQuestions, rowsOf(section(text, 1)).flatMap(([types]) => codesOf(types ?? '')));
/** A name that is written out counts more than one that a "*" covers. */
const classesOf = (text, name) => {
  const lists = rowsOf(section(text, 9)).map((cells) => codesOf(cells[1] ?? ''));
  const exact = lists.filter((list) => list.includes(name)).length;
  return exact || lists.filter((list) => covers(list, name)).length;
};
const unclassified = (text) => tables.filter((name) => classesOf(text, name) !== 1);
const unlisted = (text) => cryptoUsed.filter((name) => !covers(rowsOf(section(text, 7)).flatMap((cells) => codesOf(cells[1] ?? '')), name));
const undocumented = (text) => connecting.filter((path) => !rowsOf(section(text, 8)).some((cells) => codesOf(cells[1] ?? '').includes(path)));

test('the checks see planted faults', () => {
  assert.equal(wrongValues(document.replace("`10'000`", "`10'001`")).length, 1);
  assert.deepEqual(unruled(document.replace('| `email` |', '| `mail` |')), ['email']);
  assert.deepEqual(unclassified(document.replace('`record_token`, ', '')), ['record_token']);
  assert.deepEqual(unclassified(document.replace('`job`, ', '`job`, `record`, ')), ['record']);
  assert.ok(unlisted(document.replaceAll('`argon2*`', '``')).length > 0);
  assert.deepEqual(undocumented(document.replace('`platform/identity/smtp_sender.cpp`', '``').replace('`platform/outbound/', '``')).length > 0, true);
});

describe('docs/security.md and the program agree', () => {
  test('every kind of question has its rule', () => assert.deepEqual(unruled(document), []));
  test('rules for answers that depend on each other are written down', () => {
    for (const type of ['address', 'date', 'bank-account']) assert.match(section(document, 1), new RegExp(`belong|needs a year|lies[\\s\\S]*\`${type}\``));
    assert.ok(read('docs/definitions.md').includes('must'), 'the authors\' guide says how to write one');
  });
  test('every limit is the one of the code', () => {
    assert.ok(valueRows(section(document, 2)).length > 25);
    assert.deepEqual(wrongValues(section(document, 2)), []);
  });
  test('what an upload may be is the code\'s list', () => {
    assert.deepEqual(wrongValues(section(document, 3)), []);
    const kinds = /types = \{([^}]+)\}/.exec(sources['platform/blobs/blobs.h'])[1];
    assert.deepEqual([...kinds.matchAll(/\/(\w+)"/g)].map((m) => m[1]).sort(), ['jpeg', 'pdf', 'png', 'webp']);
    for (const kind of ['JPEG', 'PNG', 'WebP', 'PDF', 'CSV', 'XLSX']) assert.ok(section(document, 3).includes(kind), kind);
  });
  test('the times of sessions are the code\'s', () => {
    assert.equal(valueRows(section(document, 5)).length, 2);
    assert.deepEqual(wrongValues(section(document, 5)), []);
  });
  test('every cryptographic function is in the inventory', () => assert.deepEqual(unlisted(document), []));
  test('every function of the inventory is used', () => {
    const listed = rowsOf(section(document, 7)).flatMap((cells) => codesOf(cells[1] ?? '')).filter((name) => /^(crypto_|EVP_|argon2|randombytes|HMAC|sodium_)/.test(name));
    assert.ok(listed.length > 8);
    assert.deepEqual(listed.filter((name) => !cryptoUsed.some((used) => covers([name], used)) && !program.includes(`${name}(`)), []);
  });
  test('every key has a maker, a place, a use and an end', () => {
    const keys = rowsOf(section(document, 7)).filter((cells) => cells.length === 5);
    assert.ok(keys.length > 4 && keys.every((cells) => cells.every(Boolean)));
    for (const key of ['master key', 'data key', 'session', 'TOTP']) assert.ok(keys.some(([name]) => name.startsWith(key)), key);
  });
  test('every way to log in is listed with its strength and limits', () => {
    const ways = [...(sources['platform/identity/authentication.cpp'] ?? 'return "email-code"; return "password-totp";').matchAll(/return "([a-z]+-[a-z-]+|passkey|provider|recovery)"/g)].map((m) => m[1]);
    const rows = rowsOf(section(document, 4)).slice(1);
    const kStrengths = ['single-factor', 'two-factors', 'phishing-resistant'];
    assert.ok(ways.length > 1);
    assert.deepEqual(ways.filter((way) => !kStrengths.includes(way) && !rows.some((cells) => codesOf(cells[1]).includes(way))), []);
    assert.ok(rows.every((cells) => cells.length === 4 && cells.every(Boolean)));
    for (const words of ['no default account', 'never for good', 'unknown names lock alike', 'rate-scale']) assert.ok(section(document, 4).includes(words), words);
  });
  test('what happens with many log-ins at once and with the sessions of others', () => {
    assert.match(section(document, 5), /several devices at once, without a bound/);
    assert.match(section(document, 5), /NIST SP 800-63B/);
    assert.match(section(document, 5), /Nothing is shared with another system's sessions/);
  });
  test('every permission of a route stands in the policy, and fields have rights', () => {
    const granted = [...read('city/osaka/policy.yaml').matchAll(/[a-z]+\.[a-z*-]+/g)].map((m) => m[0]);
    const lines = program.split('\n').filter((line) => /permission|allowed|may\(|staff_options|staff_route/i.test(line)).join('\n');
    const asked = [...new Set([...lines.matchAll(/"(?:staff:)?((?:case|person|report|photo|admin|audit|register|statistics)\.[a-z-]+)"/g)].map((m) => m[1]))];
    assert.ok(asked.length > 5, asked.join());
    assert.deepEqual(asked.filter((name) => !covers(granted, name)), []);
    for (const words of ['policy.yaml', 'own department', 'Fields:', 'docs/registers.md']) assert.ok(section(document, 6).includes(words), words);
    assert.match(read('docs/registers.md'), /rights/);
  });
  test('the words that make no password are written down', () => {
    const words = [...(/words_of_this_place[\s\S]*?\{("machiya"[^}]+)\}/.exec(sources['app/house.cpp'])?.[1] ?? '').matchAll(/"([^"]+)"/g)].map((m) => m[1]);
    assert.ok(words.length > 5);
    assert.deepEqual(words.filter((word) => !codesOf(section(document, 4)).includes(word)), []);
    for (const of of ['names of the city', 'departments', 'roles', 'the account', '12 characters']) assert.ok(section(document, 4).includes(of), of);
  });
  test('flaws of others have their days', () => {
    assert.match(section(document, 11), /within (\d+) days[\s\S]*(\d+) days otherwise[\s\S]*once in a quarter/);
    assert.ok(read('docs/dependencies.md').includes('libexpat1-dev'));
  });
  test('what costs much is named with what bounds it', () => {
    for (const words of ['exports and imports', 'pictures are decoded', 'password hashes run two at a time', 'lists of registers', 'formulas count', 'slow client']) assert.ok(section(document, 2).includes(words), words);
    assert.match(sources['platform/vault/password.cpp'], /counting_semaphore<2>/);
  });
  test('what is logged where, how and for how long', () => {
    const rows = rowsOf(section(document, 10)).slice(1);
    assert.ok(rows.length >= 4 && rows.every((cells) => cells.length === 4 && cells.every(Boolean)));
    assert.match(section(document, 10), /Only root reads it/);
  });
  test('every place that opens a connection is listed', () => assert.deepEqual(undocumented(document), []));
  test('every table of the database has one class', () => {
    assert.ok(tables.length > 40);
    assert.deepEqual(unclassified(document), []);
  });
  test('every security event of the log exists', () => {
    const named = codesOf(/Security events in the log: ([\s\S]*?)\. Security events in the audit/.exec(section(document, 10))[1]);
    assert.ok(named.length > 10);
    assert.deepEqual(named.filter((name) => !program.includes(`"${name}"`)), []);
  });
  test('logs go to standard error and nowhere else', () => {
    const writers = Object.entries(sources).filter(([path, text]) => !/^app\/|\/main\/|^tell\/check\//.test(path) && /\b(openlog\(|std::clog|std::cerr)|<syslog\.h>/.test(text)).map(([path]) => path);
    assert.deepEqual(writers, []);
    assert.match(sources['base/log.cpp'], /::write\(2,/);
  });
});
