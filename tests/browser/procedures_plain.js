// The twelve procedures from the list to the decision by a client that reads only HTML, as the contract for outside clients
// says (docs/api.md).   node tests/browser/procedures_plain.js --base http://127.0.0.1:8080 [--only id,id] [--until receipt]
// Ends with "N passed, N failed" and an honest exit code. Prints "sample NAME VALUE" lines for other tests.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PlainClient } from './plain_client.js';
import { answerFor, procedures } from './lib/answers.js';
import { samplePdf, sampleJpeg } from './lib/sample_files.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, only: { type: 'string' }, until: { type: 'string', default: 'decision' }, samples: { type: 'string' } } });
const base = options.base.replace(/\/$/, '');
const password = process.env.MACHIYA_STAFF_PASSWORD ?? 'machiya-demo-only';
const cases = procedures(PlainClient.file('papers.pdf', 'application/pdf', samplePdf()), PlainClient.file('photo.jpg', 'image/jpeg', sampleJpeg()));

/** Fills the interview form of the current page; gives the button to press. */
function fill(page, answers, items) {
  const form = page.forms().find((f) => f.buttons.some((b) => b.name === 'action' && b.value === 'next'));
  if (!form) throw new Error(`no interview form on ${page.address} ("${page.heading}", ${page.status}): ${page.text.slice(0, 300)}`);
  const group = Object.keys(answers).find((key) => Array.isArray(answers[key]) && typeof answers[key][0] === 'object' && !(answers[key][0] instanceof File) &&
    form.names.some((n) => n.split('.')[0] in answers[key][0]) && !form.names.some((n) => answers[n] !== undefined));
  let source = answers;
  let more = false;
  if (group) {
    items[group] = (items[group] ?? -1) + 1;
    source = answers[group][items[group]];
    more = items[group] + 1 < answers[group].length;
  }
  const values = {};
  for (const field of form.names) {
    const value = answerFor(field, source);
    if (value !== undefined) values[field] = value;
  }
  return { values, action: more ? 'add' : 'next' };
}

async function apply(id, test, email) {
  const client = new PlainClient(base);
  await client.get('/procedures');
  const link = client.page.links().find((l) => l.rel.split(/\s+/).includes('procedure') && l.href.endsWith(`/${id}`));
  if (!link) throw new Error(`/procedures does not list ${id}`);
  await client.get(link.href);
  const start = client.page.forms().find((f) => f.method === 'post' && /start/.test(f.action));
  if (!start) throw new Error('no start form');
  await client.submit({}, start.buttons.length ? { [start.buttons[0].name]: start.buttons[0].value } : null);
  const items = {};
  let last = '';
  let again = 0;
  for (let step = 0; step < 60; step++) {
    const page = client.page;
    const receipt = page.data('receipt-number');
    if (receipt) return { client, number: receipt };
    if (page.status >= 400) throw new Error(`${page.status} on ${page.address}: ${page.text.slice(0, 300)}`);
    if (page.forms().some((f) => f.names.includes('email') && !f.names.includes('phone'))) {
      await client.logIn(email);
      continue;
    }
    const errors = page.errors();
    // An answer may bring further questions onto the same page; twice is enough for that.
    again = page.address === last ? again + 1 : 0;
    if (Object.keys(errors).length && again > 2) throw new Error(`errors on ${page.address}: ${JSON.stringify(errors)}`);
    last = page.address;
    const form = page.forms().find((f) => f.buttons.some((b) => b.name === 'action' && (b.value === 'send' || b.value === 'next')));
    if (form && form.names.every((n) => ['csrf', 'base', 'revision'].includes(n))) {
      const send = form.buttons.find((b) => b.value === 'send') ?? form.buttons.find((b) => b.value === 'next');
      await client.submit({}, { action: send.value });
      continue;
    }
    const { values, action } = fill(page, test.answers, items);
    await client.submit(values, { action });
  }
  throw new Error('more than 60 steps');
}

async function staff(user) {
  const client = new PlainClient(base);
  await client.get('/staff/login');
  const code = client.page.data('demo-totp');
  await client.submit({ name: user, password, code });
  if (client.page.address.includes('/login')) throw new Error(`staff log-in of ${user} failed: ${client.page.text.slice(0, 200)}`);
  return client;
}

async function decide(id, test, number, people) {
  const as = async (role) => (people[`${test.department}-${role}`] ??= await staff(`${test.department}-${role}`));
  for (const action of test.decide) {
    const client = await as(action === 'confirm' ? 'approver' : 'clerk');
    await client.get(`/staff/cases/${number}`);
    if (client.page.status !== 200) throw new Error(`staff page of ${number}: ${client.page.status}`);
    if (action === 'confirm') {
      await client.submit({}, { action: 'confirm' });
    } else {
      await client.get(`/staff/cases/${number}/actions/${action}`);
      await client.submit({}, { action: 'next' });
    }
    if (client.page.status >= 400) throw new Error(`${action}: ${client.page.status} ${client.page.text.slice(0, 200)}`);
  }
  const client = await as('clerk');
  await client.get(`/staff/cases/${number}`);
  if (!client.page.text.includes(test.end)) throw new Error(`the case is not "${test.end}": ${client.page.text.slice(0, 400)}`);
}

let passed = 0;
let failed = 0;
const people = {};
const wanted = options.only?.split(',') ?? Object.keys(cases);
for (const id of wanted) {
  try {
    const { client, number } = await apply(id, cases[id], `plain-${id}@example.jp`);
    if (options.until !== 'receipt') await decide(id, cases[id], number, people);
    console.log(`ok ${id} ${number} (${client.requests} requests)`);
    passed++;
  } catch (error) {
    console.log(`FAILED ${id}: ${error.message}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
