// The twelve procedures from the list to the decision by a client that reads only HTML, as the contract for outside clients
// says (docs/api.md).   node tests/browser/procedures_plain.js --base http://127.0.0.1:8080 [--only id,id] [--until receipt]
// Ends with "N passed, N failed" and an honest exit code. Prints "sample NAME VALUE" lines for other tests.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PlainClient } from './plain_client.js';
import { procedures } from './lib/answers.js';
import { apply } from './lib/walk.js';
import { samplePdf, sampleJpeg } from './lib/sample_files.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, only: { type: 'string' }, until: { type: 'string', default: 'decision' }, samples: { type: 'string' } } });
const base = options.base.replace(/\/$/, '');
const password = process.env.MACHIYA_STAFF_PASSWORD ?? 'machiya-demo-only';
const cases = procedures(PlainClient.file('papers.pdf', 'application/pdf', samplePdf()), PlainClient.file('photo.jpg', 'image/jpeg', sampleJpeg()));

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
    const { client, number } = await apply(new PlainClient(base), id, cases[id], `plain-${id}@example.jp`);
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
