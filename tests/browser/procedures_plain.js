// The twelve procedures from the list to the decision by a client that reads only HTML, as the contract for outside clients
// says (docs/api.md).   node tests/browser/procedures_plain.js --base http://127.0.0.1:8080 [--only id,id] [--until receipt]
// Ends with "N passed, N failed" and an honest exit code. Prints "sample NAME VALUE" lines for other tests.
import { parseArgs } from 'node:util';
import { PlainClient } from './plain_client.js';
import { apply, plainCases, staffClient } from './lib/walk.js';

const { values: options } = parseArgs({ options: { base: { type: 'string' }, only: { type: 'string' }, until: { type: 'string', default: 'decision' } } });
const base = options.base.replace(/\/$/, '');
const cases = plainCases();

async function decide(id, test, number, people) {
  const as = async (role) => (people[`${test.department}-${role}`] ??= await staffClient(base, `${test.department}-${role}`));
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
