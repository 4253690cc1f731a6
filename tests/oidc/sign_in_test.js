// Logs in with real providers against the running server: honest ones are let in, every cheat of cases.js is refused with its cause in the log,
// a page for people, and no session.
//   node tests/oidc/sign_in_test.js --binary build/release/machiya [--only TEXT]
//   … --binary build/release/machiya_planted --planted nonce      a server without the nonce check: must be found, else this fails
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { admitted, refused } from './cases.js';
import { Visitor } from './lib/visitor.js';
import { World } from './lib/world.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, only: { type: 'string', default: '' }, planted: { type: 'string' } } });
const world = await World.start({ binary: options.binary, folder: options.planted ? 'build/servers/oidc-planted' : 'build/servers/oidc' });
let passed = 0;
const failed = [];
const seen = new Set();   // codes, states, nonces: none of them may stand in the log

/** What the stories of cases.js may use. */
function newStory() {
  const story = {
    world,
    from: world.log().length,
    forget() { story.from = world.log().length; },
    visitor: () => new Visitor(world.base),
    sql: (text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${world.folder}/var/machiya.db`, text]),
    /** Somebody who logged in with a mailed code just now. */
    async citizen(email) {
      const visitor = new Visitor(world.base);
      const token = (text) => text.match(/name="csrf" value="([^"]+)"/)[1];
      const first = await visitor.ask(`${world.base}/login`);
      const sent = await visitor.form(`${world.base}/login`, { csrf: token(first.text), email, next: '/drafts' });
      const second = await visitor.ask(sent.location);
      await visitor.form(`${world.base}/login/code`, { csrf: token(second.text), code: second.text.match(/class="demo-code" value="(\d+)"/)[1], next: '/drafts', action: 'next' });
      if ((await visitor.signedIn()) !== 'citizen') throw new Error('the mailed code did not log in');
      return visitor;
    },
    /** Begins to add a provider: the address that the page leads to. */
    async add(visitor, id) {
      const page = await visitor.ask(`${world.base}/my/security`);
      const csrf = page.text.match(/name="csrf" value="([^"]+)"/)[1];
      const answer = await visitor.form(`${world.base}/my/security/providers/${id}`, { csrf });
      const link = answer.text.match(/<a class="button button--primary" href="([^"]+)"/);
      if (!link) throw new Error(`no link to the provider: ${answer.status}`);
      return link[1].replaceAll('&amp;', '&');
    },
    /** The browser was logged in before and stays so, whatever is refused. */
    keeps(visitor, answer) { return { ...answer, visitor, before: 'citizen' }; },
  };
  return story;
}

async function attempt(test, story) {
  const visitor = story.visitor();
  const left = await visitor.leave(test.id ?? 'digital-agency');
  for (const name of ['state', 'nonce']) if (left.includes(`${name}=`)) seen.add(new URL(left).searchParams.get(name));
  if (left.startsWith(world.base)) return { location: left, visitor };
  const back = await visitor.agree(test.leave ? test.leave(left) : left, test.account, test.press);
  if (!back) throw new Error('the provider itself refused');
  const code = new URL(back).searchParams.get('code');
  if (code && code.length > 20) seen.add(code);
  return { ...(await visitor.ask(test.arrive ? test.arrive(back, story) : back)), visitor };
}

/** Why a refusal is not as it must be; undefined when it is. */
async function faultOf(test, answer, story) {
  const causes = world.lines('sign-in-refused', story.from).map((line) => line.cause);
  const visitor = answer.visitor ?? new Visitor(world.base);
  if (!answer.location?.startsWith(`${world.base}/login/refused?`)) return `not refused: ${answer.status} ${answer.location ?? ''}`;
  if (causes.length !== 1 || causes[0] !== test.cause) return `cause ${causes.join(', ') || 'none'} instead of ${test.cause}`;
  const page = await visitor.ask(answer.location);
  if (page.status !== 200 || !page.text.includes('<h1>') || !/href="\/(staff\/)?login"/.test(page.text)) return `no page for people: ${page.status}`;
  if (page.text.includes('<script>alert')) return 'the provider writes into our page';
  const who = await visitor.signedIn();
  return who === (answer.before ?? '') ? undefined : `logged in as "${who}"`;
}

let stale = false;
async function run(test, check) {
  const story = newStory();
  await world.first.be(test.fault);
  if (test.reload || stale) await world.reload();
  stale = Boolean(test.reload);
  let why;
  try {
    story.forget();
    why = await check(test, await (test.steps ? test.steps(story) : attempt(test, story)), story);
  } catch (error) {
    why = `${error.message}`;
  }
  if (why === undefined) ++passed;
  else failed.push(`${test.name}: ${why}`);
}

const wanted = (tests) => tests.filter((test) => test.name.includes(options.only));
for (const test of wanted(admitted))
  await run(test, async (t, answer) => (answer.location === `${world.base}/drafts` && (await answer.visitor.signedIn()) === t.who ? undefined
    : `not let in: ${answer.status} ${answer.location}; ${world.lines('sign-in-refused').map((line) => line.cause).at(-1)}`));
for (const test of wanted(refused)) await run(test, faultOf);

/** A session is as old as the proof that the provider gave: one of an hour ago must be renewed before a sensitive act. */
async function ageOfProof(test, answer, story) {
  const page = await answer.visitor.ask(`${world.base}/my/security`);
  const sent = await answer.visitor.form(`${world.base}/my/security/providers/gbiz-id`, { csrf: page.text.match(/name="csrf" value="([^"]+)"/)[1] });
  if (test.old !== Boolean(sent.location?.includes('/login/confirm'))) return `${sent.status} ${sent.location ?? ''}`;
  const left = (await story.visitor().ask(`${world.base}/login/with/digital-agency?fresh=yes`)).location;
  return left.includes('prompt=login') && left.includes('max_age=900') ? undefined : `the provider is not asked for a fresh log-in: ${left}`;
}
for (const test of wanted([{ name: 'a proof of now', old: false }, { name: 'a proof of an hour ago', old: true, fault: { idToken: { claims: { auth_time: 'now-3600' } } } }])) await run(test, ageOfProof);

/** A way is taken back by its person, never the last one; nobody comes in by it afterwards as that person. */
async function takeBack(test, answer, story) {
  const remove = async (visitor) => {
    const page = await visitor.ask(`${world.base}/my/security`);
    if (!page.text.includes('action="/my/security/providers/digital-agency/remove"')) return 'no button to take it back';
    return (await visitor.form(`${world.base}/my/security/providers/digital-agency/remove`, { csrf: page.text.match(/name="csrf" value="([^"]+)"/)[1] })).location;
  };
  const only = await remove(answer.visitor);
  if (!only?.endsWith('done=way-last')) return `the last way in: ${only}`;
  if ((await answer.visitor.signedIn()) !== 'citizen') return 'the last way in: the session is gone';
  const mailed = await story.citizen('two-ways@example.jp');
  const back = await mailed.agree(await story.add(mailed, 'digital-agency'), 'taro');
  await mailed.ask(back);
  const done = await remove(mailed);
  if (!done?.endsWith('done=way-removed')) return `not taken back: ${done}`;
  if ((await mailed.ask(`${world.base}/my/security`)).text.includes('/my/security/providers/digital-agency/remove')) return 'it still stands there';
  return story.sql("SELECT count(*) FROM audit_row WHERE action = 'login.remove'").toString().trim() === '1' ? undefined : 'no row in the audit';
}
for (const test of wanted([{ name: 'a way is taken back' }])) await run(test, takeBack);

// Where is what went through? Not in the log; tokens, subjects and people not in the database either, as it lies on the disk.
const tokens = [...(await world.first.be()), ...(await world.second.be())];
const log = world.log();
await world.stop();
/** Tokens of providers in what browsers were told (OWASP ASVS 5.0.0 v10.1.1). */
const told = (answers) => tokens.filter((token) => answers.some((text) => text.includes(token)));
if (told([...Visitor.received, `<p hidden>${tokens[0]}</p>`]).length !== 1 + told(Visitor.received).length) failed.push('a planted token is not found in what browsers were told');
if (told(Visitor.received).length > 0) failed.push('a token of a provider was told to a browser');
if (!options.only && Visitor.received.length < 100) failed.push('the search for tokens in answers has nothing to search');
const disk = readdirSync(`${world.folder}/var`).filter((name) => name.startsWith('machiya.db')).map((name) => readFileSync(`${world.folder}/var/${name}`)).reduce((all, part) => Buffer.concat([all, part]));
if (!disk.includes('oidc_pending') || (!options.only && tokens.length < 50)) failed.push('the search for tokens has nothing to search');
for (const secret of [...seen, ...world.secrets, ...tokens, '大阪 花子', '花子', '1990-04-01']) {
  if (log.includes(secret)) failed.push('a token, code, state, nonce, secret or person stands in the log');
  if (disk.includes(secret)) failed.push('a token, code, state, nonce, secret or person stands in the database as it is');
}
if (/hanako/.test(log) || disk.includes('hanako')) failed.push('a subject stands in the log or the database as it is');

if (options.planted) {
  const found = failed.filter((line) => line.includes(options.planted));
  for (const line of found) console.log(`found: ${line}`);
  console.log(found.length > 0 ? `the planted fault was found ${found.length} times` : 'NOT FOUND: the planted fault');
  process.exit(found.length > 0 && found.length === failed.length ? 0 : 1);
}
for (const line of failed) console.log(`FAILED ${line}`);
console.log(`${passed} passed (${wanted(refused).length} cheats refused, the others honest log-ins), ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
