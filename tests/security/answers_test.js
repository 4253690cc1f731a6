// What goes over the wire while people use the city hall, over TLS as behind an operator's proxy: headers, cookies, bodies and
// addresses of every answer (OWASP ASVS 5.0.0, see docs/asvs.yml).   MACHIYA_BASE=http://127.0.0.1:… node --test tests/security/answers_test.js
// The server believes one proxy (trusted-proxy-hops = 1).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { defaultTreeAdapter as tree, parse } from 'parse5';
import { clientOf } from '../browser/lib/real_pages.js';
import { valuesOf } from './lib/recorder.js';
import { header, isPage, recordTraffic, sessionOf, typeOf, where } from './lib/traffic.js';

let traffic;
let all;
before(async () => {
  traffic = await recordTraffic(process.env.MACHIYA_BASE);
  all = traffic.exchanges;
  assert.ok(all.length > 200, `only ${all.length} answers were recorded`);
});
after(() => traffic?.close());

/** Every exchange that the test does not like, by its address. */
const refuse = (exchanges, wrong) => {
  assert.ok(exchanges.length > 0, 'nothing of the kind was recorded');
  assert.deepEqual(exchanges.filter(wrong).map(where), []);
};
const elementsOf = (exchange) => {
  const out = [];
  const walk = (node) => (node.childNodes ?? []).forEach((child) => {
    if (tree.isElementNode(child)) out.push(child);
    walk(child);
  });
  walk(parse(exchange.body.toString()));
  return out;
};
const attribute = (element, name) => element.attrs.find((a) => a.name === name)?.value;
const directives = (policy) => Object.fromEntries(policy.split(';').map((d) => d.trim().split(/\s+/)).map(([name, ...values]) => [name, values.join(' ')]));

describe('headers', () => {
  test('every answer forbids sniffing', () => refuse(all, (e) => header(e, 'x-content-type-options') !== 'nosniff'));
  test('every answer keeps its address from other sites', () => refuse(all, (e) => header(e, 'referrer-policy') !== 'same-origin'));
  test('no answer may be framed', () => refuse(all, (e) => directives(header(e, 'content-security-policy'))['frame-ancestors'] !== "'none'"));
  test('every answer binds browsers to TLS for a year with all subdomains', () =>
    refuse(all, (e) => !/^max-age=(3153[6-9]\d{3}|[4-9]\d{7}); includeSubDomains$/.test(header(e, 'strict-transport-security'))));
  test('every page runs only our own scripts and no plugins', () =>
    refuse(all.filter(isPage), (e) => {
      const policy = directives(header(e, 'content-security-policy'));
      return policy['default-src'] !== "'none'" || policy['script-src'] !== "'self'" || policy['style-src'] !== "'self'" || policy['object-src'] !== "'none'" || policy['base-uri'] !== "'none'";
    }));
  test('what is no page runs nothing when it is opened as one', () =>
    refuse(all.filter((e) => e.body.length && !isPage(e) && !/^(text\/javascript|application\/pdf)/.test(typeOf(e))), (e) => !('sandbox' in directives(header(e, 'content-security-policy')))));
  test('every page has its window to itself', () => refuse(all.filter(isPage), (e) => header(e, 'cross-origin-opener-policy') !== 'same-origin'));
  test('no answer can be embedded by another origin', () => refuse(all, (e) => header(e, 'cross-origin-resource-policy') !== 'same-origin'));
  test('no answer names software of the server', () => refuse(all, (e) => header(e, 'server') || header(e, 'x-powered-by')));
});

describe('cookies', () => {
  const cookies = () => all.flatMap((e) => valuesOf(e.raw, 'set-cookie').map((line) => ({ ...e, line })));
  test('every cookie is bound to this host and to TLS', () => refuse(cookies(), (e) => !/^__Host-[^=]+=[^;]*; /.test(e.line) || !/; Secure(;|$)/.test(e.line) || !/; Path=\/(;|$)/.test(e.line)));
  test('every cookie stays at home', () => refuse(cookies(), (e) => !/; SameSite=(Lax|Strict)(;|$)/.test(e.line)));
  test('every cookie is hidden from scripts', () => refuse(cookies(), (e) => !/; HttpOnly(;|$)/.test(e.line)));
  test('no cookie is longer than browsers keep', () => refuse(cookies(), (e) => e.line.split(';')[0].length > 4096));
  test('the secret of a session is in no body and no address', () => {
    const secrets = [...new Set(cookies().map((e) => e.line.split(';')[0].split('=')[1]).filter((v) => v.length > 20))];
    assert.ok(secrets.length > 5);
    refuse(all, (e) => secrets.some((s) => e.body.includes(s) || e.url.includes(s) || header(e, 'location').includes(s)));
  });
});

describe('bodies', () => {
  const kBegins = { 'text/html': /^<!DOCTYPE html>/, 'application/json': /^[[{]/, 'application/problem+json': /^\{/, 'application/pdf': /^%PDF-/, 'image/svg+xml': /^<(\?xml|svg)/, 'text/xml': /^<\?xml/, 'application/xml': /^<\?xml/, 'image/jpeg': /^\xff\xd8/, 'image/png': /^\x89PNG/ };
  test('every body has a type, and texts their character set', () =>
    refuse(all.filter((e) => e.body.length), (e) => !typeOf(e) || (/^(text\/|.*\+xml|.*\/xml)/.test(typeOf(e)) && !/charset=utf-8/i.test(typeOf(e)) && !typeOf(e).startsWith('text/event-stream'))));
  test('every body is what its type says', () =>
    refuse(all.filter((e) => e.body.length && kBegins[typeOf(e).split(';')[0]]), (e) => !kBegins[typeOf(e).split(';')[0]].test(e.body.toString('latin1'))));
  test('every download has a name of ours', () => {
    const downloads = all.filter((e) => header(e, 'content-disposition'));
    assert.ok(downloads.length > 3, 'receipts and exports were recorded');
    refuse(downloads, (e) => !/^(inline|attachment)(; filename="[A-Za-z0-9._-]+")?$/.test(header(e, 'content-disposition')));
    refuse(downloads.filter((e) => !typeOf(e).startsWith('image/')), (e) => !header(e, 'content-disposition').startsWith('attachment; filename='));
  });
  test('every JSON body parses', () => refuse(all.filter((e) => /json/.test(typeOf(e)) && e.body.length), (e) => { try { JSON.parse(e.body); return false; } catch { return true; } }));
  test('no page holds a script, style or handler of its own', () =>
    refuse(all.filter(isPage), (e) => elementsOf(e).some((x) => (x.tagName === 'script' && !attribute(x, 'src')) || x.tagName === 'style' || x.attrs.some((a) => /^on|^style$/.test(a.name)))));
  test('no page loads or sends anything elsewhere', () =>
    refuse(all.filter(isPage), (e) => elementsOf(e).some((x) => (['script', 'img', 'iframe', 'link', 'form', 'video', 'audio', 'object', 'embed'].includes(x.tagName)) &&
      ['src', 'href', 'action', 'data'].some((name) => attribute(x, name) !== undefined && new URL(attribute(x, name), traffic.base).origin !== traffic.base && !attribute(x, name).startsWith('data:')))));
  test('no answer lets another origin read it', () => refuse(all, (e) => header(e, 'access-control-allow-origin') || header(e, 'access-control-allow-credentials')));
  test('an error tells its number and nothing of the inside', () =>
    refuse(all.filter((e) => e.status >= 400), (e) => /SELECT |INSERT |sqlite|postgres|\.cpp|\.h:\d|std::|terminate|stack|\/home\/|\/opt\/|\/var\//i.test(e.body.toString())));
});

describe('data of people', () => {
  test('what somebody signed in sees is stored nowhere', () => {
    // The cookie of a session begins with "s", that of a visitor with "v" (platform/identity/token.h).
    const theirs = all.filter((e) => sessionOf(e).startsWith('s') && !e.url.startsWith('/static/'));
    assert.ok(theirs.length > 100, `only ${theirs.length}`);
    refuse(theirs.filter((e) => e.status === 200), (e) => !/no-store/.test(header(e, 'cache-control')));
  });
  test('no page at all is stored', () => refuse(all.filter((e) => isPage(e)), (e) => !/no-store/.test(header(e, 'cache-control'))));
  test('addresses hold no form token, no address and no name', () =>
    refuse(all, (e) => /csrf|token=|password=|code=|%40|@|email=/i.test(`${e.url} ${header(e, 'location')}`)));
  test('forms that carry what people write are posted', () =>
    refuse(all.filter((e) => isPage(e) && e.status === 200), (e) => elementsOf(e).some((form) => form.tagName === 'form' && (attribute(form, 'method') ?? 'get') === 'get' &&
      /type="(password|email|tel)"/.test(e.body.toString().split(`action="${attribute(form, 'action')}"`)[1]?.split('</form>')[0] ?? ''))));
  test('every page of somebody signed in has a way out', async () => {
    for (const [visitor, path] of [['citizen', '/'], ['staff:moderator', '/staff/reports'], ['staff:admin', '/staff/accounts']]) {
      const client = await clientOf(traffic.samples, visitor);
      if (visitor === 'citizen') await client.logIn('security-test@example.jp');
      await client.get(`${traffic.base}${path}`);
      assert.ok(client.page.forms().some((f) => f.method === 'post' && /\/logout$/.test(f.action)), path);
    }
    const staffPages = all.filter((e) => isPage(e) && e.status === 200 && e.url.startsWith('/staff/') && !e.url.startsWith('/staff/login'));
    refuse(staffPages, (e) => !/action="\/staff\/logout"/.test(e.body.toString()));
  });
  test('signing out empties the browser', () =>
    refuse(all.filter((e) => e.method === 'POST' && /\/logout$/.test(e.url) && e.status === 303), (e) => header(e, 'clear-site-data') !== (e.url.endsWith('/staff/logout') ? '"cache", "storage"' : '"cache"')));
  test('passwords are masked and managers may fill them', () => {
    const fields = all.filter(isPage).flatMap((e) => elementsOf(e)).filter((x) => x.tagName === 'input' && /password/.test(attribute(x, 'id') ?? ''));
    assert.ok(fields.length > 1);
    for (const field of fields) {
      assert.equal(attribute(field, 'type'), 'password');
      assert.match(attribute(field, 'autocomplete'), /^(current|new)-password$/);
      assert.equal(attribute(field, 'maxlength'), undefined);
    }
  });
});

test('looking at every page changes nothing but who looked', async () => {
  const database = process.env.MACHIYA_DATABASE;
  assert.ok(database, 'MACHIYA_DATABASE names the SQLite file of the server');
  const rows = (sql) => execFileSync('sqlite3', ['-readonly', database, sql], { encoding: 'utf8', maxBuffer: 1 << 28 });
  // Rows about the looking itself: audit, sessions, events and jobs under way, leases, what lists hold in memory, how often a page was seen;
  // and what the wing that senses writes behind the samples, some seconds after them: cursors, figures of devices, the history.
  const own = /^(audit_|identity_(session|change|code|parked|attempt)|event|inbox|outbox|job|lease|store_|sqlite_|record_touch|page_visit|draft$|sense_(alarm_cursor|device(_hour)?|history_\w+|subscription_state|told)$)/;
  const tables = rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").split('\n').filter((name) => name && !own.test(name));
  assert.ok(tables.length > 10, tables.join());
  // A digest of each: a difference names the table and shows nobody's data.
  const state = () => Object.fromEntries(tables.map((name) => [name, createHash('sha256').update(rows(`SELECT * FROM "${name}"`)).digest('hex')]));
  const before = state();
  for (const page of traffic.pages) await (await clientOf(traffic.samples, page.visitor)).get(`${traffic.base}${page.path}`);
  assert.deepEqual(state(), before);
});
