// The session of an approver of the demonstration, for the load generator: COOKIES gets one Cookie value, the csrf token is printed.
//   node session.mjs BASE USER COOKIES
import { writeFileSync } from 'node:fs';
import { staffClient } from '../../tests/browser/lib/walk.js';

const [base, user, cookies] = process.argv.slice(2);
const client = await staffClient(base, user);
await client.get('/staff/registers/bench-trees/new');
const token = client.page.elements.find((e) => e.tagName === 'input' && e.attrs.some((a) => a.name === 'name' && a.value === 'csrf'));
writeFileSync(cookies, `${client.jar.header()}\n`);
console.log(token.attrs.find((a) => a.name === 'value').value);
