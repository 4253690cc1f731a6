// An application signed through the provider's app, over the wire: the running server, a real provider with a signing interface, a browser without script whose
// redirects are bent.   node tests/oidc/signed_application_test.js --binary build/release/machiya [--pictures FOLDER]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byCard } from '../browser/lib/answers.js';
import { handOver, launch, languages, newContext } from '../browser/lib/browser.js';
import { checkPage, runAxe } from '../browser/lib/page_checks.js';
import { startProcedure, walkProcedure } from '../browser/lib/walk.js';
import { PlainClient } from '../browser/plain_client.js';
import { Authority, signingPolicy } from '../cards/authority.js';
import { Visitor } from './lib/visitor.js';
import { World } from './lib/world.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string' }, pictures: { type: 'string' } } });
const folder = 'build/servers/signed-application';
const texts = JSON.parse(readFileSync('web/locale/sign.ja.json', 'utf8'));
const authority = new Authority(`${folder}-authority`);
for (const name of ['card', 'other']) authority.issue(name);
const card = { key: authority.read('card.key').toString(), certificate: authority.read('card.pem').toString(), other: authority.read('other.pem').toString() };
const world = await World.start({ binary: options.binary, folder, card, settings: [`jpki-roots = ${authority.at('ca.pem')}`, `jpki-policy = ${signingPolicy}`, `jpki-crls = ${authority.at('lists')}`] });
let passed = 0;
const failed = [];
const expect = (what, holds) => { if (holds) ++passed; else failed.push(what); };
const seen = [];   // states and codes that went through

async function applicant(email) {
  const client = new PlainClient(world.base);
  await startProcedure(client, 'resident-record-by-card');
  await walkProcedure(client, byCard.answers, email, (page) => page.address.endsWith('/check'));
  const draft = new URL(client.page.address).pathname.replace(/\/check$/, '');
  await client.submit({}, { action: 'sign' });
  await client.logIn(email);
  return { client, draft };
}

/** Presses the app's button and agrees at the provider (as the same browser would): the address that leads back. */
async function agree({ client, draft }, press = 'in') {
  await client.get(`${draft}/sign`);
  await client.submit({}, { app: 'digital-agency' });
  const link = client.page.links().find((one) => one.href.startsWith(world.first.issuer));
  if (!link) throw new Error(`no way to the app: ${client.page.text.slice(0, 400)}`);
  const asked = new URL(link.href).searchParams;
  expect('the request carries what protects it', asked.get('code_challenge_method') === 'S256' && asked.get('scope') === 'openid sign' && ['state', 'nonce', 'sign_transaction_id'].every((name) => asked.get(name))
    && asked.get('redirect_uri') === `${world.base}/sign/with/digital-agency/callback`);
  const back = await new Visitor(world.base).agree(link.href, 'hanako', press);
  seen.push(asked.get('state'), asked.get('nonce'), new URL(back).searchParams.get('code'));
  return back;
}
const says = (client, why) => client.page.text.includes(texts[`sign.why.${why}`]);
const isSigned = (client) => client.page.text.includes(texts['sign.done']);
const causes = () => world.lines('signature-refused').map((line) => line.cause);

const hanako = await applicant('hanako@example.jp');
const other = await applicant('taro@example.jp');
await hanako.client.get(await agree(hanako, 'out'));
expect('the person cancels', says(hanako.client, 'cancelled') && !isSigned(hanako.client));

for (const [what, fault, cause] of [
  ['another nonce', { idToken: { claims: { nonce: 'another' } } }, 'nonce-wrong'], ['an ID token of a stranger\'s key', { idToken: { sign: 'evil' } }, 'signature-wrong'],
  ['a signature over something else', { signing: 'digest' }, 'signature-wrong'], ['somebody else\'s certificate', { signing: 'certificate' }, 'signature-wrong'],
]) {
  const back = await agree(hanako);
  await world.first.be(fault);
  const before = causes().length;
  await hanako.client.get(back);
  expect(`${what} is refused (${causes().slice(before).join()})`, !isSigned(hanako.client) && causes().length === before + 1 && (cause === 'nonce-wrong' ? /nonce/.test(causes().at(-1)) : causes().at(-1) === cause));
  await world.first.be();
}

/** The page with both ways in every language, and the one that leads to the app. */
const browser = await launch();
for (const lang of languages) {
  const context = await newContext(browser);
  await handOver(hanako.client, context, world.base);
  const page = await context.newPage();
  const name = options.pictures ? join(options.pictures, `both-${lang}`) : null;
  for (const fault of await checkPage(page, `${world.base}${hanako.draft}/sign?lang=${lang}`, lang, name)) failed.push(`sign in ${lang}: ${fault}`);
  await page.setViewportSize({ width: 390, height: 844 });
  await Promise.all([page.waitForNavigation(), page.locator('main button[name=app]').click()]);
  for (const fault of await runAxe(page)) failed.push(`leave in ${lang}: ${fault}`);
  expect(`in ${lang} a link leads to the app`, (await page.locator('main a.button').getAttribute('href')).startsWith(world.first.issuer));
  if (name) await page.screenshot({ path: `${name}-leave.png`, fullPage: true });
  await context.close();
}
await browser.close();

let back = await agree(hanako);
await other.client.get(back);
expect('nobody else brings the answer', says(other.client, 'lost'));
await hanako.client.get(back.replace(/code=[^&]+/, 'code=bent'));
expect('a bent code is refused, and the answer is used up', !isSigned(hanako.client));
await hanako.client.get(back);
expect('an answer serves once', says(hanako.client, 'lost') && !isSigned(hanako.client));
back = await agree(hanako);
await hanako.client.get(back.replace(/iss=[^&]+/, `iss=${encodeURIComponent('https://elsewhere.example')}`));
expect('another issuer\'s answer is refused', !isSigned(hanako.client));
back = await agree(hanako);
await hanako.client.get(`${hanako.draft}/what`);
await hanako.client.submit({ purpose: '会社に出す書類' }, { action: 'next' });
await hanako.client.get(back);
expect('answers changed meanwhile', says(hanako.client, 'signature-changed') && !isSigned(hanako.client));

await hanako.client.get(await agree(hanako));
expect('the signature is accepted', isSigned(hanako.client) && new URL(hanako.client.page.address).pathname === `${hanako.draft}/sign`);
await hanako.client.submit({}, { action: 'send' });
expect('and the application is sent with it', Boolean(hanako.client.page.data('receipt-number')));

authority.revoke('card');
await other.client.get(await agree(other));
expect('a card that was revoked meanwhile', says(other.client, 'revoked') && !isSigned(other.client));

const tokens = await world.first.be();
const log = world.log();
await world.stop();
const disk = Buffer.concat(readdirSync(join(world.folder, 'var')).filter((name) => name.startsWith('machiya.db')).map((name) => readFileSync(join(world.folder, 'var', name))));
expect('the search has something to search', disk.includes('draft_signature') && tokens.length > 5 && seen.length > 15);
for (const secret of [...seen.filter(Boolean), ...tokens, '会社に出す書類'])
  expect('no state, nonce, code, token or answer stands in the log or, as it is, in the database', !log.includes(secret) && !disk.includes(secret));
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
