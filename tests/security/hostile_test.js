// Requests that no honest browser sends, against the whole server: hostile text, foreign forms, skipped steps, fields that are
// nobody's business (OWASP ASVS 5.0.0, see docs/asvs.yml).   MACHIYA_BASE=http://127.0.0.1:… node --test tests/security/hostile_test.js
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { PlainClient } from '../browser/plain_client.js';
import { clientOf, realPages } from '../browser/lib/real_pages.js';
import { makeSamples } from '../browser/lib/samples.js';
import { startProcedure, staffClient } from '../browser/lib/walk.js';

const base = process.env.MACHIYA_BASE;
const { hostname, port } = new URL(base);
let samples;
before(async () => {
  samples = await makeSamples(base, 'hostile-test@example.jp');
});

/** One answer to bytes that fetch() would not send: {status, text}. */
function raw(request) {
  return new Promise((done, fail) => {
    const chunks = [];
    const socket = connect(Number(port), hostname, () => socket.end(request));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', fail);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString();
      done({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text });
    });
  });
}
const rawGet = (target, method = 'GET') => raw(`${method} ${target} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
const plain = (client, path, options = {}) => fetch(`${base}${path}`, { redirect: 'manual', ...options, headers: { Accept: 'text/html', Cookie: client.jar.header(), ...options.headers } });

describe('what is served', () => {
  test('repository, configuration, data and key files are not served', async () => {
    for (const path of ['/.git/HEAD', '/.git/config', '/.svn/entries', '/.hg/', '/.env', '/.npmrc', '/package.json', '/CMakeLists.txt', '/var/machiya.db', '/machiya.db', '/machiya.db-wal',
      '/master.key', '/var.key', '/machiya.conf', '/city/osaka/policy.yaml', '/policy.yaml', '/web/templates/error.html', '/static/../city.yaml', '/index.html~', '/backup.zip', '/static/.htaccess'])
      assert.ok([400, 404].includes((await rawGet(path)).status), path);
  });
  test('folders are not listed', async () => {
    for (const path of ['/static', '/static/', '/web/', '/api/', '/api/v1/', '/reports/photos/', '/files/']) {
      const { status, text } = await rawGet(path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /Index of|machiya\.css/);
    }
  });
  test('no path leaves its folder', async () => {
    for (const target of ['/static/../../etc/passwd', '/static/..%2f..%2f..%2fetc%2fpasswd', '/static/%2e%2e/%2e%2e/etc/passwd', '/static/....//....//etc/passwd', '/reports/..%2f..%2fetc%2fpasswd/photo',
      '/staff/registers/..%2f..%2fparks', '/procedures/..%2f..%2fpolicy', '/static/%252e%252e/etc/passwd', '/static/x\\..\\..\\etc']) {
      const { status, text } = await rawGet(target);
      assert.ok([303, 400, 404].includes(status), `${target}: ${status}`);
      assert.doesNotMatch(text, /root:x:/);
    }
  });
  test('TRACE and other unused methods are refused', async () => {
    for (const method of ['TRACE', 'TRACK', 'CONNECT', 'PROPFIND', 'DEBUG']) {
      const { status, text } = await raw(`${method} / HTTP/1.1\r\nHost: ${hostname}\r\nX-Echo: come-back\r\nConnection: close\r\n\r\n`);
      assert.ok([400, 405, 501].includes(status), `${method}: ${status}`);
      assert.doesNotMatch(text, /come-back/);
    }
  });
  test('nobody is led from HTTP to HTTPS by a redirect', async () => {
    for (const path of ['/api/v1/procedures', '/openapi.json', '/open311/v2/services.json', '/', '/staff/login']) {
      const answer = await fetch(`${base}${path}`, { redirect: 'manual' });
      assert.doesNotMatch(answer.headers.get('location') ?? '', /^https:/, path);
    }
    const { text } = await raw(`POST /api/v1/files HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    assert.doesNotMatch(text, /\r\nLocation:/i);
  });
  test('a header cannot change the method or the path', async () => {
    const citizen = samples.visitors.citizen;
    for (const header of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      assert.equal((await plain(citizen, '/logout', { headers: { [header]: 'POST' } })).status, 405, header);
    }
    for (const header of ['X-Original-URL', 'X-Rewrite-URL']) assert.equal((await fetch(`${base}/healthz`, { headers: { [header]: '/staff/inbox' } })).status, 200, header);
    assert.equal((await plain(citizen, '/my')).status, 200, 'still signed in');
  });
});

const kMarkup = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'--{{7*7}}${7*7}<svg/onload=alert(3)>';
const kStatements = ["' OR '1'='1", "'; DROP TABLE record; --", '" UNION SELECT 1,2,3 --', "') OR 1=1 --", '%27%20OR%201%3D1', "\\' OR 1=1 #", '1; SELECT pg_sleep(5)'];

/** No element or attribute of the payload became part of the page. */
function assertInert(page) {
  assert.deepEqual(page.all('script', (e) => !e.attrs.some((a) => a.name === 'src')).length, 0, page.address);
  assert.equal(page.elements.filter((e) => e.attrs.some((a) => /^on/.test(a.name))).length, 0, page.address);
  assert.doesNotMatch(page.html, /49--49|alert\(1\)<\/script>(?!.*&)/, page.address);
}

describe('text of others', () => {
  test('hostile text comes back as text wherever it is shown', async () => {
    const citizen = samples.visitors.citizen;
    const [address] = samples.paths.interview;
    await citizen.get(`${base}${address}`);
    await citizen.submit({ dog_name: kMarkup.slice(0, 60) }, { action: 'next' });
    await citizen.get(`${base}${address}`);
    assert.match(citizen.page.html, /&lt;script&gt;|&#60;script/);
    assertInert(citizen.page);
    const search = encodeURIComponent(kMarkup);
    for (const path of [`/procedures?q=${search}`, `/reports?q=${search}`, `/initiatives?field=${search}`, `/login?next=${search}`, `/nowhere/${search}`]) {
      await citizen.get(`${base}${path}`);
      assertInert(citizen.page);
    }
    const clerk = await samples.staff('construction-approver');
    for (const path of [`/staff/search?q=${search}`, `/staff/registers/parks?q=${search}`, `/staff/registers/parks?view=${search}`, `/staff/registers/parks?f.office=${search}`]) {
      await clerk.get(`${base}${path}`);
      assertInert(clerk.page);
    }
    await clerk.get(`${base}${samples.paths['staff-register-row'][0]}`);
    await clerk.submit({ comment: kMarkup });
    await clerk.get(`${base}${samples.paths['staff-register-row'][0]}`);
    assert.match(clerk.page.html, /&lt;img src=x/, 'the comment is shown, as text');
    assertInert(clerk.page);
  });
  test('hostile text in JSON stays one text', async () => {
    const answer = await fetch(`${base}/api/v1/procedures/${encodeURIComponent('"},{"x":"</script>')}`);
    const text = await answer.text();
    assert.equal(answer.status, 404);
    assert.doesNotThrow(() => JSON.parse(text));
    const other = await fetch(`${base}/api/v1/initiatives?field=${encodeURIComponent('"]}')}`);
    assert.doesNotThrow(async () => JSON.parse(await other.text()));
  });
  test('text that is SQL finds nothing and breaks nothing', async () => {
    const clerk = await samples.staff('construction-approver');
    const health = await samples.staff('health-clerk');
    const count = (page) => page.all('tr').length;
    await clerk.get(`${base}/staff/registers/parks?q=${encodeURIComponent('zz-no-such-park-zz')}`);
    const none = count(clerk.page);
    for (const statement of kStatements) {
      const q = encodeURIComponent(statement);
      await clerk.get(`${base}/staff/registers/parks?q=${q}`);
      assert.equal(clerk.page.status, 200, statement);
      assert.equal(count(clerk.page), none, statement);
      for (const path of [`/staff/registers/parks?sort=${q}`, `/staff/registers/parks?f.ward=${q}`, `/staff/registers/parks?count=${q}`]) {
        await clerk.get(`${base}${path}`);
        assert.ok(clerk.page.status < 500, `${path}: ${clerk.page.status}`);
      }
      await health.get(`${base}/staff/search?q=${q}`);
      assert.ok(health.page.status < 500, statement);
      for (const path of [`/reports?ward=${q}`, `/applications/${q}`, `/drafts/${q}/what`, `/open311/v2/requests.json?service_request_id=${q}`])
        assert.ok((await fetch(`${base}${path}`, { redirect: 'manual' })).status < 500, path);
    }
    await clerk.get(`${base}/staff/registers/parks`);
    assert.ok(count(clerk.page) > none, 'the table is still there');
  });
  test('signs of patterns are searched as they stand', async () => {
    const clerk = await samples.staff('construction-approver');
    const found = async (q) => {
      await clerk.get(`${base}/staff/registers/parks?q=${encodeURIComponent(q)}`);
      assert.equal(clerk.page.status, 200, q);
      return clerk.page.links().filter((l) => /\/parks\/rows\//.test(l.href)).length;
    };
    assert.ok((await found('検査公園')) > 0, 'the search finds what is there');
    for (const q of ['検査.*', '検.公園', '検査%', '検_公園', '[検]査', '(検査|x)', '^検査', '検査公園$', '検査*', '\\d\\d', '(a+)+$'.repeat(20)]) assert.equal(await found(q), 0, q);
  });
  test('what would be a program of its own in a template, a formula or a mark stays text', async () => {
    const clerk = await samples.staff('construction-approver');
    const row = samples.paths['staff-register-row'][0];
    for (const text of ['{{7*7}} {{#x}}y{{/x}}', '${7*7} #{7*7} <%= 7*7 %>', '# heading **bold** [x](javascript:alert(1)) ![x](http://192.0.2.1/x.png)', '[b]x[/b] @import url(x)']) {
      await clerk.get(`${base}${row}`);
      await clerk.submit({ comment: text });
      await clerk.get(`${base}${row}`);
      assert.ok(clerk.page.text.includes(text.replace(/\s+/g, ' ')), text);
      assert.equal(clerk.page.links().filter((l) => /^javascript:/i.test(l.href)).length, 0);
      assert.equal(clerk.page.all('img', (e) => e.attrs.some((a) => a.value.includes('192.0.2.1'))).length, 0);
    }
  });
});

describe('forms', () => {
  test('a form without its token is refused, wherever it stands', async () => {
    const pages = await realPages(base, samples);
    const tried = new Set();
    for (const page of pages) {
      const client = await clientOf(samples, page.visitor);
      await client.get(`${base}${page.path}`);
      for (const form of client.page.forms().filter((f) => f.method === 'post')) {
        const path = new URL(form.action).pathname;
        if (tried.has(path)) continue;
        tried.add(path);
        const body = new URLSearchParams(form.pairs({}).filter(([name, value]) => name !== 'csrf' && typeof value === 'string'));
        const answer = await plain(client, path, { method: 'POST', body });
        assert.equal(answer.status, 403, `${page.path}: ${path}`);
      }
    }
    assert.ok(tried.size > 20, `only ${tried.size} forms`);
  });
  test('a form of another site is refused even with a token', async () => {
    const clerk = await samples.staff('construction-approver');
    const row = samples.paths['staff-register-row'][0];
    await clerk.get(`${base}${row}`);
    const form = clerk.form(['comment']);
    const body = () => new URLSearchParams(form.pairs({ comment: 'foreign' }));
    const path = new URL(form.action).pathname;
    for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'null' }])
      assert.equal((await plain(clerk, path, { method: 'POST', body: body(), headers })).status, 403, JSON.stringify(headers));
    await clerk.get(`${base}${row}`);
    assert.doesNotMatch(clerk.page.text, /foreign/);
    assert.equal((await plain(clerk, path, { method: 'POST', body: body(), headers: { Origin: base, 'Sec-Fetch-Site': 'same-origin' } })).status, 303, 'our own is taken');
  });
  test('a browser cannot write through the API with its cookies', async () => {
    const clerk = await samples.staff('construction-approver');
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      const answer = await plain(clerk, '/api/v1/registers/parks/rows', { method: 'POST', body: '{"code":"90009"}', headers: { 'Content-Type': type, Accept: 'application/json', Origin: 'https://evil.example' } });
      assert.ok([401, 403, 404].includes(answer.status), `${type}: ${answer.status}`);
    }
  });
  test('the first of two fields counts and the address never fills a form', async () => {
    const clerk = await samples.staff('construction-approver');
    const row = samples.paths['staff-register-row'][0];
    await clerk.get(`${base}${row}`);
    const form = clerk.form(['comment']);
    const path = new URL(form.action).pathname;
    const token = form.field('csrf').value;
    const twice = new URLSearchParams([['csrf', 'wrong'], ['csrf', token], ['comment', 'polluted']]);
    assert.equal((await plain(clerk, path, { method: 'POST', body: twice })).status, 403);
    const inAddress = new URLSearchParams([['comment', 'polluted']]);
    assert.equal((await plain(clerk, `${path}?csrf=${token}`, { method: 'POST', body: inAddress })).status, 403);
    await clerk.get(`${base}${row}`);
    assert.doesNotMatch(clerk.page.text, /polluted/);
  });
  test('a log-in leads back to this site only', async () => {
    for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 'data:text/html,x', '/%0d%0aLocation:%20https://evil.example', '/\t/evil.example']) {
      const client = new PlainClient(base);
      await client.get(`/login?next=${encodeURIComponent(next)}`);
      await client.logIn('next-test@example.jp');
      assert.equal(new URL(client.page.address).origin, new URL(base).origin, next);
    }
  });
});

describe('business', () => {
  test('a step cannot be skipped', async () => {
    const client = new PlainClient(base);
    await startProcedure(client, 'dog-registration');
    const draft = new URL(client.page.address).pathname.split('/').slice(0, 3).join('/');
    const csrf = client.page.forms().find((f) => f.field('csrf')).field('csrf').value;
    const answer = await plain(client, `${draft}/check`, { method: 'POST', body: new URLSearchParams({ csrf, action: 'send' }) });
    assert.equal(answer.status, 303);
    assert.doesNotMatch(answer.headers.get('location'), /receipt/);
    assert.ok([303, 404].includes((await plain(client, `${draft}/receipt`)).status), 'there is no receipt');
  });
  test('fields that are not asked for change nothing', async () => {
    const client = new PlainClient(base);
    await startProcedure(client, 'road-park-report');
    const form = client.page.forms().find((f) => f.buttons.some((b) => b.value === 'next'));
    const pairs = form.pairs({}).filter(([, v]) => typeof v === 'string');
    const body = new URLSearchParams([...pairs, ['state', 'approved'], ['number', 'X-1'], ['department', 'health'], ['assurance', 'verified'], ['_request', 'x'], ['fee', '0'], ['action', 'next']]);
    const answer = await plain(client, new URL(form.action).pathname, { method: 'POST', body });
    assert.ok(answer.status < 500);
    await client.get(client.page.address);
    for (const value of ['approved', 'X-1', 'verified']) assert.doesNotMatch(client.page.text, new RegExp(`\\b${value}\\b`));
    const citizen = new PlainClient(base);
    await citizen.get('/login');
    const login = citizen.form(['email']);
    await citizen.request(login.action, { method: 'POST', body: new URLSearchParams([...login.pairs({ email: 'mass@example.jp' }), ['roles', 'admin'], ['assurance', 'verified'], ['kind', 'staff']]) });
    await citizen.submit({ code: citizen.page.data('demo-code') });
    assert.ok([303, 403].includes((await plain(citizen, '/staff/accounts')).status));
  });
  test('nobody is let into pages by changing what the browser holds', async () => {
    const clerk = await staffClient(base, 'moderator');
    for (const path of ['/staff/accounts', '/staff/clients', '/staff/definitions', '/staff/dead-letters']) {
      assert.equal((await plain(clerk, path)).status, 403, path);
      assert.equal((await plain(clerk, path, { headers: { 'X-Role': 'admin', 'X-User': 'admin', 'X-Forwarded-User': 'admin', Cookie: `${clerk.jar.header()}; role=admin; admin=1` } })).status, 403, path);
    }
  });
});
