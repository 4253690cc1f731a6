// Things to look at, made through the pages by the contract for outside clients: a draft in the middle, one to be checked, one
// sent, a case with an action, reports released and not, a form kept over a log-in. Each name is a placeholder of the
// addresses that GET /api/v1/_pages gives.
import { PlainClient } from '../plain_client.js';
import { byCard } from './answers.js';
import { plainCases, staffClient, startProcedure, walkProcedure } from './walk.js';

const cases = { ...plainCases(), 'resident-record-by-card': byCard };
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

/** A message of the city, written by one and released by another: its public page. */
async function releasedMessage(author, second) {
  await author.get('/staff/messages/new');
  await author.submit({ 'title.ja': '見本のお知らせ', 'body.ja': '一段目です。\n\n二段目です。', topic: 'living' });
  const path = pathOf(author);
  await author.submit({}, { act: 'submit' });
  await second.get(path);
  await second.submit({}, { act: 'release' });
  if (second.page.status !== 200) throw new Error(`the sample message was not released: ${second.page.text.slice(0, 300)}`);
  return path.replace('/staff', '');
}

/** Who may see a staff page, by the permission of its route and the roles of city/osaka/policy.yaml. */
export function accountFor(permission) {
  if (permission.startsWith('admin.')) return 'admin';
  if (permission.startsWith('report.')) return 'moderator';
  if (permission.startsWith('security.')) return 'ciso';
  if (permission.startsWith('person.')) return 'counter';
  if (permission.startsWith('signage.') || permission.startsWith('callout.')) return 'crisis';
  if (permission.startsWith('alarm.')) return 'construction-clerk';  // the sample is a bridge
  if (permission.startsWith('device.')) return 'construction-clerk';
  if (permission.startsWith('register.')) return 'construction-approver';  // the samples are parks and trees
  return permission.startsWith('audit.') || permission.startsWith('breakglass.') ? 'auditor' : 'health-clerk';  // the samples are dogs: the clerk of that department
}

/** One row through the form of a register: its path. `values` by the names of the form. */
export async function addRow(client, register, values) {
  await client.get(`/staff/registers/${register}/new`);
  await client.submit(values, { action: 'next' });
  if (!client.page.address.includes('/rows/')) throw new Error(`no row of ${register}: ${client.page.text.slice(0, 600)}`);
  return pathOf(client);
}

/** A dangerous tree that was looked at ten days ago: it must be treated in four days, so there is a reminder. */
function treeOf(park) {
  const [year, month, day] = new Date(Date.now() + (9 - 240) * 3600e3).toISOString().slice(0, 10).split('-');
  return {
    tag: '900001', park: park.split('/').at(-1), species: 'cherry', protected_tree: 'no', grade: 'C', 'inspected.era': 'western',
    'inspected.year': year, 'inspected.month': String(Number(month)), 'inspected.day': String(Number(day)),
  };
}

/** Addresses of the registers' pages: a park, a tree in it with a reminder, a maintenance round. */
async function registerPaths(client) {
  const park = await addRow(client, 'parks', {
    code: '90001', park_name: '検査公園', ward: 'kita', kind: 'block', 'opened.era': 'western', 'opened.year': '2019', 'opened.month': '5', 'opened.day': '1', office: '北部',
    'place.lat': '34.7040', 'place.lon': '135.5110',
  });
  const round = await addRow(client, 'maintenance-rounds', {
    round_no: '2026-9001', park: park.split('/').at(-1), kind: 'mow', 'starts.year': '2026', 'starts.month': '11', 'starts.day': '24', 'ends.year': '2026', 'ends.month': '12', 'ends.day': '4',
    planned_quantity: '120', quantity_unit: 'm2',
  });
  const tree = await addRow(client, 'park-trees', treeOf(park));
  await client.get(round);
  const action = /href="([^"]+\/actions\/[^"]+)"/.exec(client.page.html)?.[1];
  if (!action) throw new Error(`a new maintenance round has no action: ${client.page.text.slice(0, 300)}`);
  const views = (register, names) => names.map((name) => `/staff/registers/${register}?view=${name}`);
  return {
    'staff-register': ['/staff/registers/parks', ...views('parks', ['by-ward', 'map', 'wards']), '/staff/registers/parks?view=by-ward&count=kind', '/staff/registers/park-trees?view=to-inspect', ...views('maintenance-rounds', ['board', 'plan', 'calendar', 'sheet']),
      ...views('road-park-report', ['open', 'all', 'board', 'calendar', 'chart', 'answers', 'map'])],
    'staff-register-form': ['/staff/registers/park-trees/new'], 'staff-register-row': [park, round, tree], 'staff-register-change': [`${park}/change`],
    'staff-register-action': [action], 'staff-register-bulk': ['/staff/registers/parks/bulk?column=office'], 'register-import': ['/staff/registers/parks/import'],
  };
}

/** Addresses of one sign: its pages for staff, its player with and without script. */
async function signPaths(client) {
  await client.get('/staff/signage/new');
  await client.submit({ name: '検査の画面', language: ['ja', 'en'], playlist: ['welcome'] }, { act: 'save' });
  const staff = pathOf(client);
  const player = /href="(\/signage\/[0-9a-z]{26})"/.exec(client.page.html)[1];
  return { 'staff-signage-screen': [staff], 'staff-signage-report': [`${staff}/report`], 'signage-player': [player], 'signage-plain': [`${player}/plain?pause=1`] };
}

/** Addresses of a call-out that is prepared: its board, who is meant, the names of a department. */
async function calloutPaths(client) {
  await client.get('/staff/callouts/members');
  await client.submit({ file: PlainClient.file('staff.csv', 'text/csv', '職員番号,氏名,所属,役職,sms\r\n9001,東山 一,市民局,係長,09010000001\r\n') });
  await client.get('/staff/callouts/new');
  await client.submit({ template: 'earthquake' });
  const board = pathOf(client);
  await client.get('/staff/callouts/members');
  const names = client.page.links().map((link) => new URL(link.href, client.page.address).pathname).find((path) => /^\/staff\/callouts\/members\/[a-z-]+$/.test(path));
  return { 'staff-callout': [board], 'staff-callout-people': [`${board}/people`], 'staff-callout-names': [names] };
}

/** Addresses of a subscription, and of an alarm: a bridge that is strained more than its definition allows. */
async function sensorPaths(base, admin, clerk) {
  await admin.get('/staff/clients');
  await admin.submit({ name: `sensor-${Date.now()}`, scopes: 'entities.write' }, { action: 'create' });
  const token = /<code class="token">([^<]+)</.exec(admin.page.html)?.[1];
  const answer = await fetch(`${base}/ngsi-ld/v1/entityOperations/upsert`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify([{ id: 'urn:ngsi-ld:BridgeStrain:sample', type: 'BridgeStrain', strain: { type: 'Property', value: 950 } }]),
  });
  if (!answer.ok) throw new Error(`the strain of a bridge was not taken: ${answer.status} ${await answer.text()}`);
  const wish = { id: `urn:ngsi-ld:Subscription:${Date.now()}`, type: 'Subscription', description: '橋のひずみ', entities: [{ type: 'BridgeStrain' }], notification: { endpoint: { uri: 'https://subscriber.example/told' } } };
  const made = await fetch(`${base}/ngsi-ld/v1/subscriptions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(wish) });
  if (made.status !== 201) throw new Error(`the sample subscription was not made: ${made.status} ${await made.text()}`);
  const subscription = `/staff/subscriptions/${encodeURIComponent(wish.id)}`;
  for (let tries = 0; tries < 200; ++tries) {   // the rules follow the broker
    await clerk.get('/staff/alarms');
    const path = clerk.page.links().map((link) => new URL(link.href, clerk.page.address).pathname).find((one) => /^\/staff\/alarms\/[0-9a-z]{26}$/.test(one));
    if (path) return { 'staff-alarm': [path], 'staff-subscription': [subscription] };
  }
  throw new Error('a bridge is strained and there is no alarm');
}

/** Addresses of a device, and of something that it sent which could not be taken. */
async function devicePaths(base, clerk) {
  const id = `counter-${Date.now()}`;
  await clerk.get('/staff/devices/new?profile=parking-counter');
  await clerk.submit({ id, name: '見本の計数器', 'detail-parking': id, 'detail-spaces': '100', lat: '34.7', lon: '135.5' });
  const device = pathOf(clerk);
  await clerk.submit({ label: '見本', days: '1' }, { act: 'key' });
  const key = /[0-9a-z]{26}\.[0-9a-z]{26}/.exec(clerk.page.text)?.[0];
  const send = (body) => fetch(`${base}/api/ingest/v1/json`, { method: 'POST', headers: { Authorization: `Bearer ${key}` }, body: JSON.stringify(body) });
  const taken = await send({ free: 40, time: new Date().toISOString() });
  if (taken.status !== 204) throw new Error(`the sample device was not heard: ${taken.status} ${await taken.text()}`);
  const { kept } = await (await send({ time: new Date().toISOString() })).json();
  return { 'staff-device': [device], 'staff-devices-new': ['/staff/devices/new', '/staff/devices/new?profile=parking-counter'], 'staff-misfit': [`/staff/devices/misfits/${kept}`] };
}

/** Everything the pages need: {visitors: {name: client}, staff(account), number, paths: {kind: [path…]}}; the clients are signed in. */
export async function makeSamples(base, email) {
  const citizen = new PlainClient(base);
  await citizen.get('/login');
  await citizen.logIn(email);
  const item = await draftUntil(citizen, 'change-of-address', email, (page) => /\/drafts\/[^/]+\/[^/]+\/[^/]+$/.test(new URL(page.address).pathname));
  const house = await draftUntil(citizen, 'dog-registration', email, (page) => page.forms().some((f) => f.names.includes('dog_name')));
  const check = await draftUntil(citizen, 'dog-registration', email, (page) => page.address.endsWith('/check'));
  const toSign = await draftUntil(citizen, 'resident-record-by-card', email, (page) => page.address.endsWith('/check'));
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
  const registers = await registerPaths(await staff('construction-approver'));
  const message = await releasedMessage(await staff('crisis'), await staff('crisis-second'));
  const kept = await keptForm(base, email, number);
  const sign = await signPaths(await staff('crisis'));
  const callout = await calloutPaths(await staff('crisis'));
  const sensors = await sensorPaths(base, await staff('admin'), await staff('construction-clerk'));
  const devices = await devicePaths(base, await staff('construction-clerk'));
  // One who has asked for a code and not yet given it.
  const pending = new PlainClient(base);
  await pending.get('/login');
  await pending.submit({ email: `pending-${email}` });
  return {
    visitors: { citizen, kept: kept.client, pending, anonymous: new PlainClient(base) }, staff, number,
    paths: {
      interview: [house, item], 'check-answers': [check, toSign], sign: [toSign.replace(/check$/, 'sign')], receipt: [sent], application: [`/applications/${number}`],
      withdraw: [`/applications/${number}/withdraw`], 'login-continue': [`/login/continue/${kept.ticket}`],
      'staff-case': [`/staff/cases/${number}`], 'staff-action': [`/staff/cases/${number}/actions/begin`],
      ...registers, ...sign, ...callout, ...sensors, ...devices, message: [message],
      'staff-report': [`/staff/reports/${hidden}`, `/staff/reports/${released}`], report: [`/reports/${released}`, `/reports/${hidden}`],
    },
  };
}
