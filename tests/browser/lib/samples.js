// Things to look at, made through the pages by the contract for outside clients: a draft in the middle, one to be checked, one
// sent, a case with an action, reports released and not, a form kept over a log-in. Each name is a placeholder of the
// addresses that GET /api/v1/_pages gives.
import { PlainClient } from '../plain_client.js';
import { plainCases, staffClient, startProcedure, walkProcedure } from './walk.js';

const cases = plainCases();
const pathOf = (client) => new URL(client.page.address).pathname;

async function draftUntil(client, id, email, until) {
  await startProcedure(client, id);
  await walkProcedure(client, cases[id].answers, email, until);
  return pathOf(client);
}

/** A form that was sent after its session had ended and is shown again after the log-in: the path of that page. */
async function keptForm(base, email, number) {
  const client = new PlainClient(base);
  await client.get('/login');
  await client.logIn(email);
  const other = new PlainClient(base);
  await other.get('/');
  for (const [name, value] of client.jar.entries()) other.jar.set(name, value);
  await client.get(`/applications/${number}/withdraw`);
  await other.get('/');
  await other.request('/logout', { method: 'POST', body: new URLSearchParams({ csrf: other.page.forms().find((f) => f.field('csrf')).field('csrf').value }) });
  const form = client.page.forms().find((f) => f.method === 'post' && /withdraw/.test(f.action));
  await client.request(form.action, { method: 'POST', body: new URLSearchParams(form.pairs({}).map(([name, value]) => [name, value ?? ''])) });
  await client.logIn(email);
  return { client, ticket: pathOf(client).split('/').at(-1) };
}

async function report(base) {
  const client = new PlainClient(base);
  await startProcedure(client, 'road-park-report');
  return walkProcedure(client, cases['road-park-report'].answers, '');
}

/** Who may see a staff page, by the permission of its route and the roles of city/osaka/policy.yaml. */
export function accountFor(permission) {
  if (permission.startsWith('admin.')) return 'admin';
  if (permission.startsWith('report.')) return 'moderator';
  if (permission.startsWith('person.')) return 'counter';
  return permission.startsWith('audit.') ? 'auditor' : 'health-clerk';  // the samples are dogs: the clerk of that department
}

/** Everything the pages need: {visitors: {name: client}, staff(account), number, paths: {kind: [path…]}}; the clients are signed in. */
export async function makeSamples(base, email) {
  const citizen = new PlainClient(base);
  await citizen.get('/login');
  await citizen.logIn(email);
  const item = await draftUntil(citizen, 'change-of-address', email, (page) => /\/drafts\/[^/]+\/[^/]+\/[^/]+$/.test(new URL(page.address).pathname));
  const house = await draftUntil(citizen, 'dog-registration', email, (page) => page.forms().some((f) => f.names.includes('dog_name')));
  const check = await draftUntil(citizen, 'dog-registration', email, (page) => page.address.endsWith('/check'));
  const sent = await draftUntil(citizen, 'dog-registration', email, () => false);
  const number = citizen.page.data('receipt-number');
  const released = await report(base);
  const hidden = await report(base);
  const staffClients = new Map();
  const staff = async (account) => {
    if (!staffClients.has(account)) staffClients.set(account, await staffClient(base, account));
    return staffClients.get(account);
  };
  const moderator = await staff('moderator');
  await moderator.get(`/staff/reports/${released}`);
  await moderator.submit({}, { action: 'release' });
  const kept = await keptForm(base, email, number);
  // One who has asked for a code and not yet given it.
  const pending = new PlainClient(base);
  await pending.get('/login');
  await pending.submit({ email: `pending-${email}` });
  return {
    visitors: { citizen, kept: kept.client, pending, anonymous: new PlainClient(base) }, staff, number,
    paths: {
      interview: [house, item], 'check-answers': [check], receipt: [sent], application: [`/applications/${number}`],
      withdraw: [`/applications/${number}/withdraw`], 'login-continue': [`/login/continue/${kept.ticket}`],
      'staff-case': [`/staff/cases/${number}`], 'staff-action': [`/staff/cases/${number}/actions/begin`],
      'staff-report': [`/staff/reports/${hidden}`, `/staff/reports/${released}`], report: [`/reports/${released}`, `/reports/${hidden}`],
    },
  };
}
