// Passkeys in the real browser with its virtual authenticator: a citizen and a member of staff add one, log in by it, confirm a sensitive act by it,
// log in "by passkey only", come back with a recovery code, remove it; and the pages without script, under an address that can have no passkeys,
// and with an authenticator that verified nobody.
//   node tests/browser/passkeys_browser.js --base URL [--pictures DIR]
// Browsers bind passkeys to names: whatever --base is, the pages are opened as http://localhost. Ends with "N passed, N failed".
import assert from 'node:assert';
import { parseArgs } from 'node:util';
import { launch, newContext } from './lib/browser.js';
import { runAxe } from './lib/page_checks.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, pictures: { type: 'string' } } });
const numeric = options.base.replace(/\/$/, '');
const base = `http://localhost:${new URL(numeric).port}`;
const password = process.env.MACHIYA_STAFF_PASSWORD ?? 'machiya-demo-only';
const browser = await launch();
let passed = 0;
const faults = [];
const pages = [];

async function check(name, work) {
  try {
    await work();
    passed++;
  } catch (error) {
    const page = pages.at(-1);
    if (options.pictures && page) await page.screenshot({ path: `${options.pictures}/fault-${faults.length}.png`, fullPage: true });
    faults.push(`${name} (${page?.url()}): ${error.message.split('\n').slice(0, 4).join(' / ')}`);
  }
}
const picture = (page, name) => options.pictures && page.screenshot({ path: `${options.pictures}/${name}.png`, fullPage: true });
const axe = async (page) => assert.deepEqual(await runAxe(page), [], page.url());

/** A browser with a passkey device of its own: {page, device, touch(work), verified(yes), credentials(), put(credential), clear()}. */
async function person(context = {}, inBox = false) {
  const page = await (await newContext(browser, context)).newPage();
  // The simulation takes what is offered in the box as soon as it is touched: switched off where the button is meant.
  if (!inBox) await page.addInitScript(() => { window.PublicKeyCredential.isConditionalMediationAvailable = async () => false; });
  pages.push(page);
  page.setDefaultTimeout(20000);
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: false },
  });
  const touch = async (work) => {
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    await work();
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
  };
  return {
    page, touch,
    verified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    put: (credential) => cdp.send('WebAuthn.addCredential', { authenticatorId, credential }),
    clear: () => cdp.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}
const press = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
const path = (page) => new URL(page.url()).pathname;
async function mailCode(page, email) {
  await page.goto(`${base}/login?lang=ja`);
  await page.fill('#email', email);
  await press(page, 'form[action="/login"] .button--primary');
  await page.fill('#code', await page.getAttribute('data.demo-code', 'value'));
  await press(page, 'form[action="/login/code"] .button--primary');
}
async function staffPassword(page, name) {
  await page.goto(`${base}/staff/login?lang=ja`);
  await page.fill('#name', name);
  await page.fill('#password', password);
  await page.fill('#code', await page.getAttribute('data.demo-totp', 'value'));
  await press(page, 'form[action="/staff/login"] .button--primary');
}
async function add(who, home, name) {
  await who.page.goto(`${base}${home}`);
  await press(who.page, `a[href="${home}/passkeys/new"]`);
  await who.page.fill('#name', name);
  await axe(who.page);
  await picture(who.page, `add-${home.split('/')[1]}`);
  await who.touch(() => press(who.page, 'form[data-passkey=create] button'));
  assert.ok(who.page.url().endsWith('?done=passkey-added'), who.page.url());
  await who.page.locator('.card', { hasText: name }).waitFor();
}
const byPasskey = (who) => who.touch(() => press(who.page, 'form[data-passkey=get] button'));
const logOut = (page, form) => press(page, `form[action="${form}"] button`);
const here = (page) => page.locator('.card', { hasText: 'この機器' }).innerText();

const hanako = await person();
const email = `passkey-${Date.now()}@example.jp`;
await check('a citizen adds a passkey', async () => {
  await mailCode(hanako.page, email);
  await add(hanako, '/my/security', '自分の電話');
  const [credential] = await hanako.credentials();
  assert.equal(credential.rpId, 'localhost');
  assert.equal(credential.isResidentCredential, true);
  await axe(hanako.page);
  await picture(hanako.page, 'security');
});
await check('and logs in by it, without an address', async () => {
  await logOut(hanako.page, '/logout');
  await hanako.page.goto(`${base}/login?next=%2Fmy%2Fsecurity`);
  await axe(hanako.page);
  await picture(hanako.page, 'login');
  await byPasskey(hanako);
  assert.equal(path(hanako.page), '/my/security');
  assert.match(await here(hanako.page), /パスキー/);
});
await check('a sensitive act is confirmed by the passkey', async () => {
  await hanako.page.goto(`${base}/login/confirm?next=%2Fmy%2Fsecurity%2Fpasskeys%2Fnew`);
  await axe(hanako.page);
  await picture(hanako.page, 'confirm');
  await byPasskey(hanako);
  assert.equal(path(hanako.page), '/my/security/passkeys/new');
});
await check('an authenticator that verified nobody is told so and opens nothing', async () => {
  await hanako.page.goto(`${base}/my/security`);
  await logOut(hanako.page, '/logout');
  await hanako.page.goto(`${base}/login`);
  await hanako.verified(false);
  await hanako.touch(async () => {
    await hanako.page.click('form[data-passkey=get] button');
    await hanako.page.locator('[data-passkey-failed]:visible').waitFor();
  });
  await axe(hanako.page);
  await hanako.verified(true);
  await byPasskey(hanako);
  assert.equal((await hanako.page.goto(`${base}/my/security`)).status(), 200);
});
await check('the browser offers it in the box for the address', async () => {
  const box = await person({}, true);
  for (const credential of await hanako.credentials()) await box.put(credential);
  await box.touch(async () => {
    await box.page.goto(`${base}/login?next=%2Fmy%2Fsecurity`, { waitUntil: 'commit' });
    await box.page.waitForURL(`${base}/my/security`);
  });
  // The copy used it last: from here on that is the one whose counter grows.
  await hanako.clear();
  for (const credential of await box.credentials()) await hanako.put(credential);
});
await check('a copy with an old counter is refused', async () => {
  const [credential] = await hanako.credentials();
  assert.ok(credential.signCount > 1, String(credential.signCount));
  const thief = await person();
  await thief.put({ ...credential, signCount: 0 });
  await thief.page.goto(`${base}/login`);
  await byPasskey(thief);
  assert.ok(thief.page.url().includes('refused=passkey'), thief.page.url());
  await thief.page.locator('.error-summary').waitFor();
  await axe(thief.page);
});
let codes = [];
await check('"passkey only" gives recovery codes once', async () => {
  await hanako.page.goto(`${base}/my/security`);
  await press(hanako.page, 'button[name=required][value=yes]');
  codes = await hanako.page.locator('code.token').allInnerTexts();
  assert.equal(new Set(codes).size, 10);
  await axe(hanako.page);
  await picture(hanako.page, 'codes');
  await press(hanako.page, '.button--primary');
  assert.equal(await hanako.page.locator('code.token').count(), 0);
  await axe(hanako.page);
  await picture(hanako.page, 'required');
});
const lost = await person({ viewport: { width: 360, height: 780 } });
await check('a mailed code alone stops there; with a recovery code it goes on, to a new passkey', async () => {
  await mailCode(lost.page, email);
  assert.equal(path(lost.page), '/login/recover');
  await axe(lost.page);
  await picture(lost.page, 'recover');
  await lost.page.fill('#code', '0000-0000-0000-0000');
  await press(lost.page, 'button[name=way][value=code]');
  await lost.page.locator('.error-summary').waitFor();
  await axe(lost.page);
  await press(lost.page, 'button[name=way][value=counter]');
  await lost.page.locator('.error-summary').waitFor();
  await lost.page.fill('#code', codes[0]);
  await press(lost.page, 'button[name=way][value=code]');
  assert.equal(path(lost.page), '/my/security');
  await add(lost, '/my/security', '新しい電話');
});
await check('the lost one is removed, and who came in by it is out', async () => {
  await press(lost.page, '.card:has-text("自分の電話") .button--danger');
  assert.ok(lost.page.url().endsWith('?done=passkey-removed'), lost.page.url());
  assert.equal(await lost.page.locator('.card', { hasText: '自分の電話' }).count(), 0);
  await hanako.page.goto(`${base}/my/security`);
  assert.equal(path(hanako.page), '/login');
  await byPasskey(hanako);
  assert.ok(hanako.page.url().includes('refused=passkey'), hanako.page.url());
});
const admin = await person({ viewport: { width: 1280, height: 900 } });
await check('staff add a passkey and log in by it', async () => {
  await staffPassword(admin.page, 'admin');
  await add(admin, '/staff/security', `職場の鍵 ${Date.now()}`);
  await axe(admin.page);
  await picture(admin.page, 'staff-security');
  await logOut(admin.page, '/staff/logout');
  await axe(admin.page);
  await picture(admin.page, 'staff-login');
  await byPasskey(admin);
  assert.equal((await admin.page.goto(`${base}/staff/security`)).status(), 200);
  assert.match(await here(admin.page), /パスキー/);
});
await check('a reset needs two administrators', async () => {
  await admin.page.goto(`${base}/staff/resets`);
  await axe(admin.page);
  await picture(admin.page, 'resets');
  assert.equal(await admin.page.locator('tr:has-text("admin") button').count(), 0);
});
await check('the box is marked for it', async () => {
  await hanako.page.goto(`${base}/login`);
  assert.equal(await hanako.page.getAttribute('#email', 'autocomplete'), 'email webauthn');
});
await check('without script, and under a bare address, the other ways are there and no passkey button is', async () => {
  const plain = await (await newContext(browser, { javaScriptEnabled: false })).newPage();
  pages.push(plain);
  await plain.goto(`${base}/login`);
  assert.equal(await plain.locator('form[data-passkey] button:visible').count(), 0);
  assert.equal(await plain.locator('#email:visible').count(), 1);
  const bare = await person();
  await bare.page.goto(`${numeric}/login`);
  assert.equal(await bare.page.locator('form[data-passkey]').count(), 0);
  assert.equal(await bare.page.locator(`a[href="${base}/login"]`).count(), 1);
  await axe(bare.page);
});

await browser.close();
for (const fault of faults) console.log(`FAILED: ${fault}`);
console.log(`${passed} passed, ${faults.length} failed`);
process.exitCode = faults.length ? 1 : 0;
