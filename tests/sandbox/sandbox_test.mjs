// The sandbox's own tests: what it must refuse it refuses, what it plans it does again by the same seed, what it accepts stands in its log once.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import webpush from 'web-push';
import { exchange, start_sandbox } from './client.mjs';
import { Faults } from './faults.mjs';
import { Judge, official } from './openapi.mjs';
import { Rates, parse_rate } from './rates.mjs';

let box, agent;
before(async () => {
  box = await start_sandbox(['--no-rates']);
  agent = new http.Agent({ keepAlive: true });
});
after(() => { agent.destroy(); return box.stop(); });
beforeEach(() => box.post('/reset'));

const user = (n) => `U${String(n).padStart(32, '0')}`;
const text = (words = 'お知らせ') => [{ type: 'text', text: words }];
const bubble = (part) => ({ type: 'bubble', body: { type: 'box', layout: 'vertical', contents: [part] } });
const flex = (part, altText = 'お知らせ') => [{ type: 'flex', altText, contents: bubble(part) }];
const document = official('messaging-api.yml');
const judge = document && new Judge(document);
if (!document) console.log('skipped: shared data absent (what only the official document knows is not tried)');

async function line(path, json, { method = 'POST', key = randomUUID(), headers = {}, port = box.ports.line, token = 'sandbox-channel-token' } = {}) {
  const body = json === undefined ? undefined : typeof json === 'string' || Buffer.isBuffer(json) ? json : JSON.stringify(json);
  const answer = await exchange(agent, {
    port, method, path: `/v2/bot${path}`, body, timeout_ms: 1500,
    headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(key ? { 'X-Line-Retry-Key': key } : {}), ...headers },
  });
  answer.json = answer.text.startsWith('{') ? JSON.parse(answer.text) : undefined;
  if (judge && answer.json) assert.equal(judge.answer(method, `/v2/bot${path.split('?')[0]}`, answer.status, answer.json), undefined, `the sandbox's answer to ${path}`);
  return answer;
}
const violations = async () => (await box.get('/violations')).violations;

test('a push, a multicast, a narrowcast and a broadcast are accepted, logged once, and known by their keys afterwards', async () => {
  await box.post('/line/friends', { ids: [user(1), user(2), user(3)] });
  for (const [op, json, status] of [['push', { to: user(1), messages: text() }, 200], ['multicast', { to: [user(1), user(2)], messages: text('2') }, 200], ['narrowcast', { messages: text('3') }, 202], ['broadcast', { messages: text('4') }, 200]]) {
    const key = randomUUID();
    const first = await line(`/message/${op}`, json, { key });
    assert.equal(first.status, status, first.text);
    const again = await line(`/message/${op}`, json, { key });
    assert.equal(again.status, 409);
    assert.equal(again.headers['x-line-accepted-request-id'], first.headers['x-line-request-id']);
    assert.deepEqual(again.json.sentMessages, first.json.sentMessages);
  }
  const log = await box.log('line');
  assert.deepEqual(log.map((entry) => [entry.op, entry.n]), [['push', 1], ['multicast', 2], ['narrowcast', 3], ['broadcast', 3]]);
  assert.equal((await box.get('/counters')).totals.line.effects, 9);
  assert.deepEqual(await violations(), []);
});

test('an accepted key is known for 24 hours; a key that met a fault before may be used again', async () => {
  const key = randomUUID(), json = { to: user(1), messages: text() };
  await box.post('/faults', { next: { line: ['fail_before', 'limit', 'ok'] } });
  assert.equal((await line('/message/push', json, { key })).status, 500);
  const busy = await line('/message/push', json, { key });
  assert.equal(busy.status, 429);
  assert.match(busy.headers['retry-after'], /^\d+$/);
  assert.equal((await line('/message/push', json, { key })).status, 200);
  await box.post('/clock', { plus_ms: 24 * 3600 * 1000 - 60_000 });
  assert.equal((await line('/message/push', json, { key })).status, 409);
  assert.deepEqual(await violations(), []);
  await box.post('/clock', { plus_ms: 120_000 });
  assert.equal((await line('/message/push', json, { key })).status, 200, 'the key protects no longer');
  assert.equal((await violations()).length, 1);
  assert.equal((await box.get('/duplicates?service=line')).duplicates, 1);
});

test('faults after accepting: the sender hears nothing good, the effect stands, the key tells', async () => {
  for (const kind of ['fail_after', 'drop_after', 'hang_after']) {
    const key = randomUUID(), json = { to: [user(1)], messages: text(kind) };
    await box.post('/faults', { next: { line: [kind, 'ok'] } });
    const first = await line('/message/multicast', json, { key }).then((answer) => answer.status, () => 'cut');
    assert.equal(first, kind === 'fail_after' ? 500 : 'cut');
    assert.equal((await line('/message/multicast', json, { key })).status, 409);
  }
  assert.equal((await box.log('line')).length, 3);
  assert.equal((await box.get('/duplicates')).duplicates, 0);
});

test('a service that is down cuts every connection, and comes back', async () => {
  await box.post('/down', { service: 'line', ms: 60_000 });
  await assert.rejects(line('/message/quota', undefined, { method: 'GET', key: '' }));
  await box.post('/down', { service: 'line', ms: 0 });
  assert.equal((await line('/message/quota', undefined, { method: 'GET', key: '' })).json.type, 'none');
});

/** [what is wrong, path, body, options, status]: each is refused, and each is a violation. */
const WRONG = [
  ['another token', '/message/push', { to: user(1), messages: text() }, { token: 'x' }, 401],
  ['no retry key', '/message/push', { to: user(1), messages: text() }, { key: '' }, 400],
  ['a retry key that is no UUID', '/message/push', { to: user(1), messages: text() }, { key: 'abc' }, 400],
  ['a retry key where none belongs', '/message/validate/push', { messages: text() }, {}, 400],
  ['no JSON', '/message/push', '{"to":', {}, 400],
  ['another type', '/message/push', { to: user(1), messages: text() }, { headers: { 'Content-Type': 'text/plain' } }, 415],
  ['a member that nobody knows', '/message/push', { to: user(1), messages: text(), tag: 1 }, {}, 400, 'document'],
  ['a member of a message that nobody knows', '/message/push', { to: user(1), messages: [{ type: 'text', text: 'a', bold: true }] }, {}, 400, 'document'],
  ['a message type that nobody knows', '/message/push', { to: user(1), messages: [{ type: 'note', text: 'a' }] }, {}, 400, 'document'],
  ['a property of another component', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'a', url: 'https://example.jp/' }) }, {}, 400, 'document'],
  ['an enumeration that does not have it', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'a', weight: 'heavy' }) }, {}, 400, 'document'],
  ['no messages', '/message/push', { to: user(1), messages: [] }, {}, 400],
  ['six messages', '/message/push', { to: user(1), messages: Array(6).fill(text()[0]) }, {}, 400],
  ['a text of 5,001', '/message/push', { to: user(1), messages: text('あ'.repeat(5001)) }, {}, 400],
  ['2,501 characters of two units each', '/message/push', { to: user(1), messages: text('𠮷'.repeat(2501)) }, {}, 400],
  ['half a character', '/message/push', { to: user(1), messages: text('a\ud842') }, {}, 400],
  ['an empty text', '/message/push', { to: user(1), messages: text('') }, {}, 400],
  ['white space only', '/message/push', { to: user(1), messages: text(' \n') }, {}, 400],
  ['an altText of 401', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'a' }, 'あ'.repeat(401)) }, {}, 400],
  ['an empty text component', '/message/push', { to: user(1), messages: flex({ type: 'text', text: '' }) }, {}, 400],
  ['a colour by name', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'a', color: 'red' }) }, {}, 400],
  ['a size of nobody', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'a', size: 'huge' }) }, {}, 400],
  ['a javascript link', '/message/push', { to: user(1), messages: flex({ type: 'button', action: { type: 'uri', label: 'a', uri: 'javascript:alert(1)' } }) }, {}, 400],
  ['a link of 1,001', '/message/push', { to: user(1), messages: flex({ type: 'button', action: { type: 'uri', label: 'a', uri: `https://example.jp/${'a'.repeat(983)}` } }) }, {}, 400],
  ['a button without a label', '/message/push', { to: user(1), messages: flex({ type: 'button', action: { type: 'uri', uri: 'https://example.jp/' } }) }, {}, 400],
  ['a button within a baseline box', '/message/push', { to: user(1), messages: flex({ type: 'box', layout: 'baseline', contents: [{ type: 'button', action: { type: 'message', label: 'a', text: 'a' } }] }) }, {}, 400],
  ['a bubble of more than 30 KB', '/message/push', { to: user(1), messages: flex({ type: 'text', text: 'あ'.repeat(11_000) }) }, {}, 400],
  ['a user id in capitals', '/message/push', { to: user(1).replace('U0', 'U0').replace(/1$/, 'F'), messages: text() }, {}, 400],
  ['501 users', '/message/multicast', { to: Array.from({ length: 501 }, (_, i) => user(i)), messages: text() }, {}, 400],
  ['the same user twice', '/message/multicast', { to: [user(1), user(1)], messages: text() }, {}, 400],
  ['nobody', '/message/multicast', { to: [], messages: text() }, {}, 400],
  ['a page of 1,001', '/followers/ids?limit=1001', undefined, { method: 'GET', key: '' }, 400],
  ['a question that nobody knows', '/followers/ids?page=1', undefined, { method: 'GET', key: '' }, 400, 'document'],
  ['a picture at the wrong host', '/richmenu/richmenu-1/content', 'x', { key: '' }, 404],
  ['a menu that is too narrow', '/richmenu', { size: { width: 800, height: 800 }, selected: true, name: 'a', chatBarText: 'a', areas: [] }, { key: '' }, 400],
  ['an area outside', '/richmenu', { size: { width: 2500, height: 843 }, selected: true, name: 'a', chatBarText: 'a', areas: [{ bounds: { x: 2000, y: 0, width: 600, height: 843 }, action: { type: 'uri', uri: 'https://example.jp/' } }] }, { key: '' }, 400],
];
for (const [what, path, json, options, status, only] of WRONG) {
  test(`refused: ${what}`, { skip: only === 'document' && !document && 'shared data absent' }, async () => {
    const answer = await line(path, json, options);
    assert.equal(answer.status, status, answer.text);
    assert.equal((await violations()).length, 1);
    assert.equal((await box.log()).length, 0);
  });
}

test('the same key with another content is a violation', async () => {
  const key = randomUUID();
  await line('/message/push', { to: user(1), messages: text() }, { key });
  assert.equal((await line('/message/push', { to: user(2), messages: text() }, { key })).status, 409);
  assert.equal((await violations())[0].rule, 'retry key');
});

test('friends page by page, profiles, quota', async () => {
  const ids = Array.from({ length: 25 }, (_, i) => user(i));
  await box.post('/line/friends', { ids });
  const seen = [];
  for (let start = ''; ;) {
    const { json } = await line(`/followers/ids?limit=10${start && `&start=${start}`}`, undefined, { method: 'GET', key: '' });
    seen.push(...json.userIds);
    if (!json.next) break;
    start = json.next;
  }
  assert.deepEqual(seen, ids);
  assert.equal((await line(`/profile/${user(3)}`, undefined, { method: 'GET', key: '' })).json.userId, user(3));
  assert.equal((await line(`/profile/${user(99)}`, undefined, { method: 'GET', key: '' })).status, 404);
  await box.post('/line/quota', { value: 2 });
  assert.equal((await line('/message/multicast', { to: ids.slice(0, 3), messages: text() })).json.message, 'You have reached your monthly limit.');
  assert.equal((await line('/message/multicast', { to: ids.slice(0, 2), messages: text() })).status, 200);
  assert.equal((await line('/message/quota/consumption', undefined, { method: 'GET', key: '' })).json.totalUsage, 2);
  assert.equal((await line('/message/push', { to: user(99), messages: text() })).json.message, 'Failed to send messages');
  assert.deepEqual(await violations(), []);
});

test('a narrowcast goes on after its answer; a narrowed one to too few fails', async () => {
  await box.post('/line/friends', { ids: Array.from({ length: 60 }, (_, i) => user(i)) });
  const asked = async (id) => (await line(`/message/progress/narrowcast?requestId=${id}`, undefined, { method: 'GET', key: '' })).json;
  const filter = { demographic: { type: 'area', oneOf: ['jp_27'] } }, key = randomUUID();
  const sent = await line('/message/narrowcast', { messages: text(), filter }, { key });
  assert.equal(sent.status, 202);
  const id = sent.headers['x-line-request-id'];
  assert.equal((await line('/message/narrowcast', { messages: text(), filter }, { key })).headers['x-line-accepted-request-id'], id);
  assert.deepEqual([(await asked(id)).phase, (await asked(id)).successCount, (await asked(id)).phase, (await asked(id)).successCount], ['waiting', 30, 'succeeded', 60]);
  await box.post('/line/friends', { ids: [user(1)] });
  const few = (await line('/message/narrowcast', { messages: text(), filter })).headers['x-line-request-id'];
  assert.deepEqual([(await asked(few)).phase, (await asked(few)).errorCode], ['waiting', 2]);
  assert.equal((await line(`/message/progress/narrowcast?requestId=${randomUUID()}`, undefined, { method: 'GET', key: '' })).status, 404);
  assert.equal((await box.log('line')).length, 1, 'nobody got the second');
  assert.deepEqual(await violations(), []);
});

/** The head of a PNG is all that anybody looks at here. */
function png(width, height) {
  const out = Buffer.alloc(33);
  out.write('\x89PNG\r\n\x1a\n', 'latin1');
  out.writeUInt32BE(13, 8);
  out.write('IHDR', 12);
  out.writeUInt32BE(width, 16);
  out.writeUInt32BE(height, 20);
  return out;
}
test('a rich menu is made, gets its picture once, a name, and is shown', async () => {
  const areas = [{ bounds: { x: 0, y: 0, width: 1250, height: 843 }, action: { type: 'richmenuswitch', richMenuAliasId: 'tab-b', data: 'tab=b' } }];
  const menu = { size: { width: 2500, height: 843 }, selected: true, name: 'tab-a', chatBarText: 'メニュー', areas };
  const { json } = await line('/richmenu', menu, { key: '' });
  const id = json.richMenuId, picture = { key: '', port: box.ports.line_data, headers: { 'Content-Type': 'image/png' } };
  assert.equal((await line(`/user/all/richmenu/${id}`, undefined, { key: '' })).status, 400, 'not without a picture');
  assert.equal((await line(`/richmenu/${id}/content`, png(2500, 1686), picture)).status, 400, 'another size');
  assert.equal((await line(`/richmenu/${id}/content`, png(2500, 843), { ...picture, headers: { 'Content-Type': 'image/jpeg' } })).status, 415);
  assert.equal((await line(`/richmenu/${id}/content`, png(2500, 843), picture)).status, 200);
  assert.equal((await line(`/richmenu/${id}/content`, png(2500, 843), picture)).status, 400, 'once');
  assert.equal((await line('/richmenu/alias', { richMenuAliasId: 'tab-a', richMenuId: id }, { key: '' })).status, 200);
  assert.equal((await line(`/user/all/richmenu/${id}`, undefined, { key: '' })).status, 200);
  assert.equal((await line('/user/all/richmenu', undefined, { key: '', method: 'GET' })).json.richMenuId, id);
  assert.deepEqual((await line('/richmenu/alias/list', undefined, { key: '', method: 'GET' })).json.aliases, [{ richMenuAliasId: 'tab-a', richMenuId: id }]);
  const batch = await line('/richmenu/batch', { operations: [{ type: 'unlinkAll' }] }, { key: '' });
  assert.equal(batch.status, 202);
  assert.equal((await line(`/richmenu/progress/batch?requestId=${batch.headers['x-line-request-id']}`, undefined, { key: '', method: 'GET' })).json.phase, 'succeeded');
});

test('the same seed meets the same faults, another one others', () => {
  const plan = { line: { limit: 0.05, fail_before: 0.05, fail_after: 0.05, drop_after: 0.05, hang_after: 0.05, delay: 0.2, delay_ms: [5, 50] } };
  const run = (seed) => { const faults = new Faults(plan, seed); return JSON.stringify(Array.from({ length: 5000 }, () => faults.draw('line'))); };
  assert.equal(run(7), run(7));
  assert.notEqual(run(7), run(8));
  const faults = new Faults(plan, 7);
  for (let i = 0; i < 20_000; i++) faults.draw('line');
  for (const kind of ['limit', 'fail_before', 'fail_after', 'drop_after', 'hang_after']) assert.ok(Math.abs(faults.met.line[kind] - 1000) < 150, `${kind}: ${faults.met.line[kind]} of 1000`);
  assert.ok(Math.abs(faults.met.line.delay - 4000) < 300);
  assert.deepEqual(faults.draw('sms'), { kind: 'ok', delay_ms: 0 });
  assert.throws(() => faults.set({ line: { explode: 1 } }), /unknown/);
  assert.throws(() => faults.set({ line: { limit: 0.6, fail_after: 0.6 } }), /more than 1/);
});

test('rates: a bucket of one second, refilled steadily', () => {
  let ms = 0;
  const rates = new Rates({ 'line.multicast': '200/s' }, () => ms);
  let taken = 0;
  for (; ms < 10_000; ms++) for (let i = 0; i < 3; i++) if (rates.take('line.multicast') === 0) taken++;
  assert.ok(taken >= 2195 && taken <= 2200, `${taken} of 200 + 10 s × 200`);
  assert.ok(rates.take('line.multicast') > 0);
  assert.equal(rates.take('line.other'), 0);
  assert.throws(() => parse_rate('fast'));
  assert.throws(() => parse_rate('0/s'));
});

test('webhooks leave signed over their bytes, twice and again when asked', async () => {
  const got = [];
  const server = http.createServer(async (req, res) => { let body = ''; for await (const part of req) body += part; got.push({ body, signed: req.headers['x-line-signature'] }); res.end(); });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}/line`;
  const { ids, statuses } = await box.post('/line/webhook', { url, times: 2, redeliver: 1, events: [{ type: 'follow', user: user(1) }, { type: 'postback', user: user(2), data: 'tab=b' }] });
  server.close();
  assert.deepEqual(statuses, [200, 200, 200]);
  const { validateSignature } = await import('@line/bot-sdk');
  for (const { body, signed } of got) assert.ok(validateSignature(body, 'sandbox-channel-secret', signed));
  const events = got.map(({ body }) => JSON.parse(body).events);
  assert.deepEqual(events.map((list) => list.map((one) => one.webhookEventId)), [ids, ids, ids]);
  assert.deepEqual(events.map((list) => list[0].deliveryContext.isRedelivery), [false, false, true]);
  const webhook = official('webhook.yml');
  if (webhook) for (const { body } of got) assert.equal(new Judge(webhook).request('POST', '/callback', new URLSearchParams(), JSON.parse(body)), undefined);
});

test('Web Push: what npm web-push sends is taken and opened; a wrong key, TTL, age or payload is not', async () => {
  const keys = webpush.generateVAPIDKeys(), others = webpush.generateVAPIDKeys();
  const { subscriptions: [one, two] } = await box.post('/push/subscribe', { count: 2, key: keys.publicKey });
  const send = (subscription, more = {}) => {
    const { endpoint, headers, body, method } = webpush.generateRequestDetails(subscription, more.text ?? '避難してください', { TTL: 60, vapidDetails: { subject: 'mailto:it@city.example', ...(more.keys ?? keys) }, ...more.options });
    const url = new URL(endpoint);
    return exchange(agent, { port: url.port, method, path: url.pathname, headers: { ...headers, ...more.headers }, body: more.body ?? body });
  };
  assert.equal((await send(one, { options: { urgency: 'high', topic: 'quake' } })).status, 201);
  assert.deepEqual(await box.get('/push/texts'), ['避難してください']);
  assert.equal((await send(one, { keys: others })).status, 403);
  assert.equal((await send(one, { headers: { TTL: 'soon' } })).status, 400);
  assert.equal((await send(one, { headers: { Authorization: '' } })).status, 401);
  assert.equal((await send(one, { body: Buffer.alloc(120, 1) })).status, 400);
  assert.equal((await send({ ...one, keys: two.keys })).status, 400, 'sealed for somebody else');
  assert.equal((await send(one, { body: Buffer.alloc(4097) })).status, 413);
  assert.equal((await violations()).length, 6);
  for (const status of [404, 410, 413, 429]) {
    await box.post('/push/answer', { endpoint: two.endpoint, status });
    assert.equal((await send(two)).status, status);
  }
  const [entry, ...rest] = await box.log('push');
  assert.equal(rest.length, 0);
  assert.equal(one.endpoint.endsWith(entry.to[0]), true);
});

test('SMS: one effect for each key', async () => {
  const key = randomUUID();
  const send = (json, more = {}) => exchange(agent, { port: box.ports.sms, method: 'POST', path: '/v1/messages', body: JSON.stringify(json), headers: { Authorization: 'Bearer sandbox-sms-token', 'Content-Type': 'application/json', 'Idempotency-Key': key, ...more } });
  const first = await send({ to: '+819012345678', text: '避難指示' });
  assert.equal(first.status, 201);
  const again = await send({ to: '+819012345678', text: '避難指示' });
  assert.equal(again.status, 200);
  assert.equal(again.text, first.text);
  assert.equal((await send({ to: '+819012345678', text: '解除' })).status, 422);
  assert.equal((await send({ to: '09012345678', text: 'a' }, { 'Idempotency-Key': randomUUID() })).status, 400);
  assert.equal((await send({ to: '+819012345678', text: 'a', colour: 'red' }, { 'Idempotency-Key': randomUUID() })).status, 400);
  await box.post('/sms/dead', { numbers: ['+819000000000'] });
  assert.equal((await send({ to: '+819000000000', text: 'a' }, { 'Idempotency-Key': randomUUID() })).status, 404);
  assert.equal((await box.log('sms')).length, 1);
});

test('a webhook receiver takes what is signed for it, once for each key', async () => {
  const path = '/receivers/1', url = `http://127.0.0.1:${box.ports.webhook}${path}`;
  const message = { message: 'm1', lang: 'ja', title: '避難指示', body: '高い所へ' };
  const send = ({ json = message, key = randomUUID(), at = Math.floor(Date.now() / 1000), secret = 'sandbox-webhook-secret-of-32-bytes', sign = url } = {}) => {
    const body = typeof json === 'string' ? json : JSON.stringify(json);
    const own = createHmac('sha256', secret).update(sign).digest('hex');
    const signed = `t=${at},v1=${createHmac('sha256', own).update(`${at}.${body}`).digest('hex')}`;
    return exchange(agent, { port: box.ports.webhook, method: 'POST', path, body, headers: { 'X-Machiya-Signature': signed, ...(key ? { 'Idempotency-Key': key } : {}) } });
  };
  const key = randomUUID();
  assert.equal((await send({ key })).status, 202);
  assert.equal((await send({ key })).status, 200);
  assert.deepEqual(await violations(), []);
  const wrong = [[{ secret: 'another' }, 401], [{ sign: `${url}/other` }, 401], [{ at: Math.floor(Date.now() / 1000) - 600 }, 401], [{ key: '' }, 400], [{ json: '{' }, 400], [{ json: { ...message, title: '' } }, 400]];
  for (const [how, status] of wrong) assert.equal((await send(how)).status, status);
  assert.equal((await violations()).length, wrong.length);
  await box.post('/webhook/gone', { path });
  assert.equal((await send()).status, 410);
  assert.equal((await box.log('webhook')).length, 1);
});

/** Says lines to the sink and collects its answers until it has `count` of them. */
function smtp(lines, count) {
  return new Promise((done) => {
    const socket = net.connect(box.ports.smtp, '127.0.0.1');
    let got = '';
    const answers = () => got.split('\r\n').filter((line) => /^\d{3} /.test(line)).map((line) => Number(line.slice(0, 3)));
    socket.on('data', (part) => { got += part; if (answers().length >= count) socket.end(); });
    socket.on('close', () => done(answers()));
    socket.write(lines.join('\r\n') + '\r\n');
  });
}
const mail = (more = [], to = ['a@example.jp', 'b@example.jp']) => ['EHLO t', 'MAIL FROM:<c@city.example> BODY=8BITMIME', ...to.map((one) => `RCPT TO:<${one}>`), 'DATA', 'From: c@city.example', 'Date: Thu, 1 Jan 2026 00:00:00 +0900', 'Message-ID: <1@city.example>', ...more];
test('SMTP: a pipelined mail counts once for each recipient; what is malformed is refused', async () => {
  assert.deepEqual(await smtp([...mail(['', '..dots', 'こんにちは', '.']), 'QUIT'], 8), [220, 250, 250, 250, 250, 354, 250, 221]);
  assert.deepEqual((await box.log('smtp')).map((entry) => [entry.n, entry.key]), [[2, '<1@city.example>']]);
  const unlike = (swap) => mail(['', 'a', '.']).map(swap);
  assert.equal((await smtp(unlike((line) => line.replace(/^Message-ID.*/, 'X-A: 1')), 7)).at(-1), 554);
  assert.equal((await smtp(unlike((line) => (line === 'a' ? 'a'.repeat(999) : line)), 7)).at(-1), 554);
  assert.equal((await smtp(unlike((line) => (line === 'a' ? 'a\nb' : line)), 7)).at(-1), 554);
  assert.equal((await smtp(unlike((line) => (line === 'a' ? 'あ' : line.replace(' BODY=8BITMIME', ''))), 7)).at(-1), 554);
  await box.post('/smtp/answers', { 'gone@example.jp': 550 });
  assert.deepEqual(await smtp([...mail(['', 'a', '.'], ['gone@example.jp', 'a@example.jp'])], 7), [220, 250, 250, 550, 250, 354, 250]);
  const crowd = Array.from({ length: 101 }, (_, i) => `p${i}@example.jp`);
  assert.deepEqual((await smtp([...mail(['', 'a', '.'], crowd)], 106)).filter((code) => code === 452).length, 1);
  assert.equal((await box.get('/counters')).totals.smtp.effects, 2 + 1 + 100);
});

test('gateways to the public take a correct form once for its key, and refuse an exercise, a long title, an address, another key', async () => {
  const id = 'a'.repeat(26);
  const mail = { format: 'machiya-area-mail-1', message: id, thread: id, status: 'Actual', act: 'Alert', sent: '2026-06-03T14:30:00+09:00', municipalities: ['27107'], carrier: 'docomo', title: '避難指示', body: '避難してください。' };
  const put = (path, json, key = randomUUID(), token = 'sandbox-outlets-token') => exchange(agent, {
    port: box.ports.outlets, method: 'POST', path, body: typeof json === 'string' ? json : JSON.stringify(json), timeout_ms: 5000,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': path === '/l-alert' ? 'application/xml' : 'application/json', 'Idempotency-Key': key },
  });
  const key = randomUUID();
  assert.equal((await put('/area-mail', mail, key)).status, 202);
  assert.equal((await put('/area-mail', mail, key)).status, 200);
  assert.deepEqual(await violations(), []);
  for (const [change, status] of [[{ status: 'Exercise' }, 422], [{ title: '【警戒レベル４】避難指示です。急いで' }, 422], [{ body: 'https://example.jp' }, 422], [{ body: '電話 06-6208-1234' }, 422], [{ body: '😀' }, 422], [{ municipalities: ['13101'] }, 422], [{ more: 1 }, 422], [{ body: '{place}' }, 422]])
    assert.equal((await put('/area-mail', { ...mail, ...change })).status, status, JSON.stringify(change));
  assert.equal((await put('/area-mail', { ...mail, body: '別の文' }, key)).status, 422);
  assert.equal((await put('/area-mail', mail, 'short')).status, 400);
  assert.equal((await put('/area-mail', mail, randomUUID(), 'wrong')).status, 401);
  assert.equal((await put('/l-alert', '<EDXLDistribution/>')).status, 422);
  assert.equal((await violations()).length, 12);
  assert.equal((await box.log('outlets')).length, 1);
});
