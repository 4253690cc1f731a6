// The city's messages as citizens meet them, in the real browser: every page by axe, keyboard, 320 px and 200 % text; subscribing, choosing and leaving with
// and without script; browser notifications with the site's own service worker; an emergency on the front page and its all-clear.
//   node tests/browser/tell_citizen.js --base URL --line-port PORT --sms-port PORT [--pictures DIR] [--languages all]
// The server is a demonstration with channels line (with a secret), mail, push and sms (script/tests.d/61-messages.sh). Ends with "N passed, N failed".
import assert from 'node:assert';
import { createECDH, createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { launch, languages } from './lib/browser.js';
import { axe, Checks, logIn, press } from './lib/checks.js';
import { staffClient } from './lib/walk.js';
import { start_sandbox } from '../sandbox/client.mjs';
import { Judge, official } from '../sandbox/openapi.mjs';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, pictures: { type: 'string' }, languages: { type: 'string', default: 'rotate' }, 'line-secret': { type: 'string', default: 'line-secret' }, 'line-port': { type: 'string' }, 'sms-port': { type: 'string' } } });
// Service workers want a trustworthy address; a log-in of the same name keeps to it.
const base = `http://localhost:${new URL(options.base).port}`;
/** What is sent to LINE as answers to events. */
const answers = [];
const line = http.createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.method === 'GET') return response.setHeader('Content-Type', 'application/json').end(request.url.endsWith('/consumption') ? '{"totalUsage":0}' : '{"type":"none"}');   // what staff's pages ask
    answers.push({ path: request.url, body: JSON.parse(body) });
    response.setHeader('Content-Type', 'application/json').end('{"sentMessages":[]}');
  });
}).listen(Number(options['line-port']), '127.0.0.1');
/** The gateway that SMS go to. */
const sandbox = await start_sandbox(['--sms-port', options['sms-port'], '--no-rates', '--judge', 'none']);
const document = official('messaging-api.yml');
const judge = document && new Judge(document);
const browser = await launch();
const checks = new Checks(options.pictures);
const check = checks.check.bind(checks), picture = checks.picture.bind(checks), person = (context) => checks.person(browser, context);
let looked = 0;

/** One page by every rule of the house; the language turns with the page. */
async function look(page, kind, path, press = null) {
  await checks.look(page, kind, base + path, options.languages === 'all' ? languages : [languages[looked++ % languages.length]], press);
  await page.goto(`${base}/messages?lang=ja`);
}

// Staff release what citizens read: written by one, released by another.
const author = await staffClient(base, 'crisis');
const second = await staffClient(base, 'crisis-second');
const post = (client, path, pairs) => client.request(path, { method: 'POST', body: new URLSearchParams([...pairs, ['csrf', client.page.forms().find((f) => f.field('csrf')).field('csrf').value]]) });
async function release(kind, pairs) {
  const query = kind === 'emergency' ? '?class=emergency' : '';
  await author.get(`/staff/messages/new${query}`);
  await post(author, `/staff/messages${query}`, pairs);
  const path = new URL(author.page.address).pathname;
  assert.match(path, /^\/staff\/messages\/[0-9a-z]{26}$/, author.page.text.slice(0, 400));
  await post(author, path, [['act', 'submit']]);
  await second.get(path);
  await post(second, path, [['act', 'release']]);
  assert.equal(second.page.status, 200, second.page.text.slice(0, 300));
  return path.split('/').at(-1);
}
const texts = (of) => Object.entries(of).flatMap(([lang, [title, body]]) => [[`title.${lang}`, title], [`body.${lang}`, body]]);
const walk = await release('many', [['topic', 'sports'], ...texts({
  ja: ['市民ウォークを開きます', '御堂筋を歩きます。\n\n集合は午前9時です。\n雨のときは中止します。'],
  'ja-easy': ['みんなで {歩|ある}きます', '{御堂筋|みどうすじ}を {歩|ある}きます。\n\n{朝|あさ} 9{時|じ}に {集|あつ}まってください。'],
  en: ['Citizens’ walk', 'We walk along Midosuji.\n\nMeet at 9 in the morning.\nNot when it rains.'],
})]);
for (const [n, topic] of ['fire', 'health', 'living'].entries()) await release('many', [['topic', topic], ...texts({ ja: [`お知らせの見本 その${n + 1}`, '本文です。'] })]);
const order = await release('emergency', [['template', 'evacuate-order'], ['topic', 'disaster'], ['ward', 'kita'], ['slot.place', '淀川のそば'], ['slot.reason', '川の氾濫'], ['slot.shelter', '北区の小学校'], ['slot.time', '14:30'], ...texts({
  ja: ['【警戒レベル４】避難指示', '{time}、{place}に避難指示を出しました。\n\n避難先は、{shelter}です。'],
  en: ['[Level 4] Evacuation Order', 'At {time}, an evacuation order was issued for {place}.'],
})]);

const visitor = await person();
const emails = { plain: `plain-${Date.now()}@example.jp`, scripted: `scripted-${Date.now()}@example.jp` };

await check('an emergency stands on the front page, in the reader’s language', async () => {
  for (const [lang, words] of [['ja', '避難指示'], ['vi', 'Evacuation Order']]) {
    await visitor.goto(`${base}/?lang=${lang}`);
    const alert = visitor.locator('.alerts');
    assert.match(await alert.innerText(), new RegExp(words));
    assert.equal(await alert.locator('a').getAttribute('lang'), lang === 'ja' ? 'ja' : 'en');
    await axe(visitor);
  }
});
await look(visitor, 'front-page', '/');
await look(visitor, 'messages', '/messages');
await look(visitor, 'messages-filtered', '/messages?topic=sports');
await look(visitor, 'message', `/messages/${walk}`);
await look(visitor, 'message-emergency', `/messages/${order}`);
await check('a message in やさしい日本語 has its readings as ruby, a missing translation says so', async () => {
  await visitor.goto(`${base}/messages/${walk}?lang=ja-easy`);
  assert.ok((await visitor.locator('article ruby').count()) >= 4);
  await visitor.goto(`${base}/messages/${walk}?lang=vi`);
  assert.equal(await visitor.locator('article h1').getAttribute('lang'), 'en');
  assert.match(await visitor.locator('article .translation-note').innerText(), /English/);
});
await check('feeds and CAP are there', async () => {
  for (const [path, type] of [['/messages.atom', 'atom'], ['/messages.rss', 'rss'], ['/messages/topics/sports.atom', 'atom'], [`/messages/${order}.cap`, 'cap']]) {
    const answer = await fetch(base + path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get('content-type'), new RegExp(`^application/${type}\\+xml`));
  }
});

await look(visitor, 'subscribe', '/subscribe');
await look(visitor, 'subscribe-errors', '/subscribe', 'main form button[type=submit]');
/** From the form to the link of the mail, which the demonstration shows. */
async function subscribe(page, email) {
  await page.goto(`${base}/subscribe?lang=ja`);
  await page.fill('#email', email);
  await page.getByLabel('防災', { exact: true }).check();
  await page.getByLabel('スポーツ', { exact: true }).check();
  await press(page, 'main form .button--primary');
  await axe(page);
  return page.locator('a[href*="/subscribe/confirm/"]').getAttribute('href');
}
/** Confirms, drops one topic, leaves; each step shows what became of it. */
async function throughTheLink(page, link) {
  await page.goto(base + link);
  await axe(page);
  await press(page, 'main form .button--primary');
  await axe(page);
  const leave = await page.locator('a[href^="/leave/"]').getAttribute('href');
  await press(page, 'a[href^="/leave/"]');
  assert.match(await page.locator('main').innerText(), /スポーツ/);
  assert.match(await page.locator('main').innerText(), /メールのリンク/);
  await axe(page);
  await picture(page, `leave-${page.context().name ?? ''}${(await page.evaluate(() => innerWidth))}`);
  await press(page, 'form:has(input[value=sports]) button');
  assert.doesNotMatch(await page.locator('main').innerText(), /スポーツ/);
  return leave;
}
await check('subscribing and leaving, with script', async () => {
  const link = await subscribe(visitor, emails.scripted);
  const leave = await throughTheLink(visitor, link);
  await look(visitor, 'leave', leave);
  await visitor.goto(`${base}${leave}?lang=ja`);
  await press(visitor, 'main form .button--primary');
  assert.match(await visitor.locator('main').innerText(), /もう届きません/);
  await visitor.goto(base + link);
  await press(visitor, 'main form .button--primary');
  assert.match(await visitor.locator('main').innerText(), /使えません/);
  await look(visitor, 'left', leave);
  await look(visitor, 'confirm', '/subscribe/confirm/00000000000000000000000000');
});
await check('the same without script, and one click of a mail program without cookies', async () => {
  const page = await person({ javaScriptEnabled: false, viewport: { width: 1200, height: 900 } });
  await page.goto(`${base}/subscribe?lang=ja`);
  await page.fill('#email', emails.plain);
  await page.getByLabel('防災', { exact: true }).check();
  await page.getByLabel('スポーツ', { exact: true }).check();
  await press(page, 'main form .button--primary');
  const link = await page.locator('a[href*="/subscribe/confirm/"]').getAttribute('href');
  await page.goto(base + link);
  await press(page, 'main form .button--primary');
  const leave = await page.locator('a[href^="/leave/"]').getAttribute('href');
  await fetch(base + leave);   // a scanner
  await page.goto(base + leave);
  assert.match(await page.locator('main').innerText(), /スポーツ/);
  const answer = await fetch(base + leave, { method: 'POST', body: 'List-Unsubscribe=One-Click', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  assert.equal(answer.status, 200);
  await page.goto(base + leave);
  assert.match(await page.locator('main').innerText(), /もう届きません/);
});
await check('subscribing by keyboard alone', async () => {
  const page = await person();
  await page.goto(`${base}/subscribe?lang=ja`);
  const to = async (test) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(test)) return;
    }
    throw new Error(`Tab does not reach ${test}`);
  };
  await to(() => document.activeElement.id === 'email');
  await page.keyboard.type(`keys-${Date.now()}@example.jp`);
  await to(() => document.activeElement.value === 'disaster');
  await page.keyboard.press('Space');
  await to(() => document.activeElement.matches('main form button[type=submit]'));
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.match(await page.locator('h1').innerText(), /確認のメール/);
});

const mine = '/my/messages';
await check('somebody who is logged in chooses, without script', async () => {
  const page = await person({ javaScriptEnabled: false, viewport: { width: 1200, height: 900 } });
  await logIn(page, base, emails.plain, '/my/messages');
  assert.match(await page.locator('main').innerText(), /JavaScriptが要ります/);
  assert.equal(await page.locator('form[data-push]').isVisible(), false);
  await press(page, `form[action="${mine}/mail"] button`);
  await page.locator('.channels').getByLabel('健康・医療', { exact: true }).check();
  await press(page, `form[action="${mine}/topics"] button`);
  assert.match(await page.locator('.channels').innerText(), /15分野のうち1分野/);
  await page.selectOption('#ward', 'kita');
  await page.selectOption('#age', '30s');
  await page.getByLabel('赤ちゃんが生まれた').check();
  await press(page, `form[action="${mine}/about"] button`);
  assert.ok((await page.locator('#town option').count()) > 20, 'the towns of the ward are offered now');
  await press(page, `form[action="${mine}/about/withdraw"] button`);
  assert.equal(await page.locator('#ward').inputValue(), '');
  await page.selectOption('#language', 'en');
  await press(page, `form[action="${mine}/language"] button`);
  await page.locator('details', { hasText: '同意と変更の記録' }).locator('summary').click();
  assert.match(await page.locator('#history').innerText(), /自分についての同意を取り消しました/);
  await picture(page, 'mine-without-script');
  await press(page, `form[action="${mine}/leave"] button`);
  assert.match(await page.locator('main').innerText(), /まだ登録がありません/);
});

await check('LINE is tied by a code that is sent to the account', async () => {
  const page = await person();
  await logIn(page, base, `line-${Date.now()}@example.jp`, '/my/messages');
  await press(page, `form[action="${mine}/line#line-code"] button`);
  await axe(page);
  const code = await page.locator('#line-code .code').innerText();
  await picture(page, 'line-code');
  const userId = `U${randomBytes(16).toString('hex')}`;
  const happens = async (event, signed = true) => {
    const body = JSON.stringify({ destination: 'U0', events: [{ mode: 'active', timestamp: Date.now(), source: { type: 'user', userId }, webhookEventId: randomBytes(13).toString('hex'), deliveryContext: { isRedelivery: false }, replyToken: randomBytes(16).toString('hex'), ...event }] });
    const signature = signed ? createHmac('sha256', options['line-secret']).update(body).digest('base64') : 'AAAA';
    return (await fetch(`${base}/channels/line/webhook`, { method: 'POST', body, headers: { 'Content-Type': 'application/json', 'X-Line-Signature': signature } })).status;
  };
  const answered = async (n) => {
    for (let i = 0; i < 200 && answers.length < n; i++) await page.waitForTimeout(50);   // sent by a job
    assert.equal(answers.length, n);
    const { path, body } = answers[n - 1];
    assert.equal(path, '/v2/bot/message/reply');
    if (judge) assert.deepEqual(judge.request('POST', path, new URLSearchParams(), body) ?? [], [], JSON.stringify(body));
    return body;
  };
  const says = (text) => ({ type: 'message', message: { type: 'text', id: '1', text } });
  assert.equal(await happens(says(code), false), 400);
  assert.equal(await happens(says(code)), 200);
  assert.match((await answered(1)).messages[0].text, /つながりました/);
  assert.equal(await happens(says('お知らせ')), 200);
  const { items } = (await answered(2)).messages[0].quickReply;
  assert.ok(items.length > 10 && items.length <= 13);
  assert.equal(await happens({ type: 'postback', postback: { data: items[3].action.data } }), 200);
  assert.match((await answered(3)).messages[0].text, /✓ 防災/);
  await page.goto(base + mine);
  assert.match(await page.locator('.channels').innerText(), /LINE/);
  assert.match(await page.locator('.channels').innerText(), /15分野のうち1分野/);
});

/** The text of the last SMS to this number, once there are so many. */
async function sms(to, count) {
  for (let i = 0; i < 200; i++) {
    const texts = (await sandbox.get('/sms/texts')).filter((one) => one.to === to);
    if (texts.length >= count) return texts.at(-1).text;
    await visitor.waitForTimeout(50);   // sent in the background
  }
  throw new Error(`${count} SMS to that number did not come`);
}
await check('a telephone number is proved by a code, without script, and stopped again', async () => {
  const page = await person({ javaScriptEnabled: false });
  await logIn(page, base, `sms-${Date.now()}@example.jp`, mine);
  const card = page.locator('#add-sms');
  await page.fill('#number', '06-6208-8181');
  await press(page, `form[action^="${mine}/sms#"] button`);
  assert.match(await card.innerText(), /固定電話の番号は、SMSを受け取れません/);
  assert.equal(await page.getAttribute('#number', 'aria-invalid'), 'true');
  await page.fill('#number', '０９０ー２３４５ー６７８９');
  await press(page, `form[action^="${mine}/sms#"] button`);
  assert.doesNotMatch(page.url(), /6789/);
  assert.match(await card.innerText(), /090-2345-6789/);
  const text = await sms('+819023456789', 1);
  assert.match(text, /^\d{6} は大阪市/);
  assert.doesNotMatch(text, /http|:\/\//);
  await page.fill('#sms-code', text.startsWith('000000') ? '111111' : '000000');
  await press(page, `form[action="${mine}/sms/code"] button`);
  assert.match(await card.innerText(), /確認番号が違います/);
  await picture(page, 'sms-code-wrong');
  await page.fill('#sms-code', text.slice(0, 6));
  await press(page, `form[action="${mine}/sms/code"] button`);
  assert.match(await page.locator('.channels').innerText(), /SMS/);
  await page.locator('details', { hasText: '同意と変更の記録' }).locator('summary').click();
  assert.match(await page.locator('#history').innerText(), /SMSで届いた番号の入力/);
  await press(page, `form[action="${mine}/leave"] button`);
  assert.match(await page.locator('main').innerText(), /まだ登録がありません/);
});
await check('a telephone number by keyboard alone, in every language', async () => {
  const page = await person();
  await logIn(page, base, `sms-keys-${Date.now()}@example.jp`, mine);
  const to = async (test) => {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(test)) return;
    }
    throw new Error(`Tab does not reach ${test}`);
  };
  await page.goto(`${base}${mine}?lang=en`);
  await to(() => document.activeElement.id === 'number');
  await page.keyboard.type('080 1234 5678');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.match(await sms('+818012345678', 1), /^\d{6} is your code for messages of Osaka/);
  await checks.look(page, 'sms-waiting', `${base}${mine}`, languages);
  await page.goto(`${base}${mine}?lang=en`);
  await to(() => document.activeElement.id === 'sms-code');
  await page.keyboard.type((await sms('+818012345678', 1)).slice(0, 6));
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.match(await page.locator('.channels').innerText(), /SMS/);
  assert.equal((await sandbox.get('/counters')).violations, 0);
});

/** A browser whose push service is played by the page; the worker and what it shows are real. */
async function withPush() {
  const page = await person({ permissions: ['notifications'] });
  const key = createECDH('prime256v1').generateKeys('base64url');
  const subscription = { endpoint: 'https://push.example/send/1', expirationTime: null, keys: { p256dh: key, auth: randomBytes(16).toString('base64url') } };
  await page.addInitScript((made) => {
    PushManager.prototype.subscribe = async (how) => {
      window.asked = how;
      return { options: how, toJSON: () => made };
    };
  }, subscription);
  return page;
}
await check('browser notifications: asked for, kept, shown by the site’s own worker, stopped', async () => {
  const page = await withPush();
  await logIn(page, base, emails.scripted, '/my/messages');
  const form = page.locator('form[data-push]');
  await form.waitFor();
  await axe(page);
  await press(page, 'form[data-push] button');
  assert.equal(new URL(page.url()).search, '?done=added', await page.locator('main').innerText());
  assert.match(await page.locator('.channels').innerText(), /ブラウザーの通知/);
  const cdp = await page.context().newCDPSession(page);
  const registered = new Promise((done) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations.length > 0 && done(registrations[0]));
  });
  await cdp.send('ServiceWorker.enable');
  const { registrationId, scopeURL } = await registered;
  assert.equal(scopeURL, `${base}/`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const shown = async () => page.evaluate(async () => (await (await navigator.serviceWorker.getRegistration('/')).getNotifications()).map((n) => ({ title: n.title, body: n.body, lang: n.lang, tag: n.tag, link: n.data.link })));
  const push = (data) => cdp.send('ServiceWorker.deliverPushMessage', { origin: base, registrationId, data });
  await push('no JSON');
  await push(JSON.stringify({ title: '避難指示', body: '逃げてください', link: `${base}/messages/${order}`, lang: 'ja', tag: 'abc', urgent: true }));
  await push(JSON.stringify({ title: '避難指示', body: '二度目', link: `${base}/messages/${order}`, lang: 'ja', tag: 'abc', urgent: true }));
  await page.waitForFunction(async () => (await (await navigator.serviceWorker.getRegistration('/')).getNotifications()).some((n) => n.body === '二度目'));
  assert.deepEqual(await shown(), [{ title: '避難指示', body: '二度目', lang: 'ja', tag: 'abc', link: `${base}/messages/${order}` }]);
  // The push service gives the browser another address: the worker tells the city, and the person goes on hearing.
  const worker = page.context().serviceWorkers()[0] ?? await page.context().waitForEvent('serviceworker');
  const changes = async (before, after) => worker.evaluate(async ([old, fresh]) => {
    const event = new Event('pushsubscriptionchange');
    let work;
    Object.assign(event, { oldSubscription: old && { toJSON: () => old, options: {} }, newSubscription: { toJSON: () => fresh }, waitUntil: (promise) => { work = promise; } });
    self.dispatchEvent(event);
    await work;
    return (await (await caches.open('push')).match('/push-worker/subscription')).json();
  }, [before, after]);
  const renewals = async () => {
    await page.goto(`${base}${mine}?lang=ja`);
    await page.locator('details', { hasText: '同意と変更の記録' }).locator('summary').click();
    return page.locator('#history tr', { hasText: 'ブラウザーの宛先が新しくなりました' }).count();
  };
  const fresh = (name) => ({ endpoint: `https://push.example/send/${name}`, keys: { p256dh: createECDH('prime256v1').generateKeys('base64url'), auth: randomBytes(16).toString('base64url') } });
  const second = fresh('second');
  assert.equal((await changes(null, second)).endpoint, second.endpoint, 'told by what the page kept, for this event brings no old one');
  assert.equal(await renewals(), 1);
  await changes(null, second);
  assert.equal(await renewals(), 1, 'twice is once');
  assert.equal((await changes(null, { ...fresh('elsewhere'), endpoint: 'https://unlisted.example/1' })).endpoint, second.endpoint);
  assert.equal(await renewals(), 1, 'a push service that is not listed');
  await changes(second, fresh('third'));
  assert.equal(await renewals(), 2);
  await worker.evaluate(async (known) => (await caches.open('push')).put('/push-worker/subscription', new Response(JSON.stringify(known))), fresh('guessed'));
  await changes(null, fresh('stolen'));
  assert.equal(await renewals(), 2, 'whoever does not know the old one changes nothing');
  // Logging out ends the session, not the notifications of this browser.
  await press(page, 'form[action="/logout"] button');
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 1);
  await logIn(page, base, emails.scripted, '/my/messages');
  await press(page, 'form[data-push-leave] button');
  assert.match(await page.locator('main').innerText(), /まだ登録がありません/);
});
await check('a browser that blocks notifications, or has none, says so', async () => {
  const blocked = await person();
  await blocked.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }));
  await logIn(blocked, base, `blocked-${Date.now()}@example.jp`, '/my/messages');
  await blocked.locator('[data-push-denied]').waitFor();
  assert.equal(await blocked.locator('form[data-push]').isVisible(), false);
  const without = await person();
  await without.addInitScript(() => delete window.PushManager);
  await logIn(without, base, `without-${Date.now()}@example.jp`, '/my/messages');
  await without.locator('[data-push-unsupported]').waitFor();
  assert.equal(await without.locator('form[data-push]').isVisible(), false);
});
await check('the page of somebody with several channels, by every rule', async () => {
  const page = await withPush();
  const email = `several-${Date.now()}@example.jp`;
  await logIn(page, base, email, '/my/messages');
  await look(page, 'mine-empty', mine);
  await page.goto(`${base}${mine}?lang=ja`);
  await press(page, `form[action="${mine}/mail"] button`);
  await page.locator('form[data-push]').waitFor();
  await press(page, 'form[data-push] button');
  await press(page, `form[action="${mine}/order"] button`);
  assert.match(await page.locator('.channels__name').first().innerText(), /ブラウザーの通知/);
  await page.selectOption('#ward', 'kita');
  await press(page, `form[action="${mine}/about"] button`);
  await look(page, 'mine', mine);
});

await check('the all-clear takes the emergency’s place', async () => {
  const clear = await release('emergency', [['template', 'evacuation-lifted'], ['topic', 'disaster'], ['follows', order], ['ward', 'kita'], ['slot.place', '淀川のそば'], ['slot.time', '18:00'], ...texts({ ja: ['避難の情報を解除しました', '{time}、{place}の避難の情報を解除しました。'] })]);
  for (let i = 0; i < 40; i++) {   // lists are two seconds old at most
    await visitor.goto(`${base}/?lang=ja`);
    if (/解除/.test(await visitor.locator('.alerts').innerText())) break;
    await visitor.waitForTimeout(100);
  }
  const links = await visitor.locator('.alerts a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  assert.deepEqual(links, [`/messages/${clear}`]);
  await visitor.goto(`${base}/messages/${order}?lang=ja`);
  assert.match(await visitor.locator('.notice--warning').innerText(), /新しいお知らせ/);
  await axe(visitor);
  await picture(visitor, 'message-followed');
  assert.match(await (await fetch(`${base}/messages/${clear}.cap`)).text(), new RegExp(`<references>localhost,${order},|<references>127\\.0\\.0\\.1,${order},`));
});

await browser.close();
line.close();
await sandbox.stop();
if (!judge) console.log('answers to LINE by the official document: skipped: shared data absent');
checks.end();
