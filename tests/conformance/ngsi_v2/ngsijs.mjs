// An unmodified client of NGSIv2 (npm ngsijs) against a real broker: what it writes it reads back, errors reach it as its own errors, notifications arrive,
// context providers are asked.
//   node tests/conformance/ngsi_v2/ngsijs.mjs [--binary build/release/src/sense/component/check/broker_server] [--plant]
// --plant: something between the two says one thing otherwise (a type, a header, a status); each must be found, else this ends with 1.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as http_request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/src/sense/component/check/broker_server' }, plant: { type: 'boolean', default: false } } });
const NGSI = createRequire(import.meta.url)('ngsijs');
const folder = mkdtempSync(join(tmpdir(), 'ngsijs-'));
const kDeadline = 60_000;   // ms: far beyond what any of it takes

/** Takes notifications, one after the other. */
class Receiver {
  constructor() {
    this.came = [];
    this.waiting = [];
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      response.end();
      const one = { method: request.method, url: request.url, headers: request.headers, body };
      const next = this.waiting.shift();
      if (next) next(one);
      else this.came.push(one);
    });
  }
  async start() {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
  }
  next() {
    if (this.came.length > 0) return Promise.resolve(this.came.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

/** A context provider of lamps: tells what it holds, takes what is written. */
class Lamps {
  constructor() {
    this.asked = [];
    this.level = 7;
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      this.asked.push({ url: request.url, headers: request.headers, body: JSON.parse(body) });
      if (request.url === '/v2/op/update') {
        this.level = this.asked.at(-1).body.entities[0].level.value;
        response.writeHead(204).end();
      } else {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([{ id: 'Lamp1', type: 'Lamp', level: { type: 'Number', value: this.level, metadata: {} } }]));
      }
    });
  }
  async start() {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
  }
}

/** Hands everything on to the broker, but for what `change` does to an answer. */
async function go_between(target, change) {
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const onward = http_request(target + request.url, { method: request.method, headers: request.headers }, async (answer) => {
      let body = '';
      for await (const piece of answer) body += piece;
      const said = { status: answer.statusCode, headers: { ...answer.headers }, body };
      change(said, request);
      delete said.headers['content-length'], delete said.headers['transfer-encoding'];
      response.writeHead(said.status, said.headers).end(said.body);
    });
    onward.end(Buffer.concat(pieces));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const room = (id, more = {}) => ({ id, type: 'Room', temperature: { type: 'Number', value: 21.5, metadata: { accuracy: { type: 'Number', value: 0.1 } } }, ...more });
let runs = 0;

/** Everything that the client can ask for; throws at the first difference. */
async function examine(origin, receiver, lamps) {
  const service = `run${++runs}`, servicepath = '/city/ward', correlator = `correlator-${runs}`;
  const where = { service, servicepath, correlator };
  const v2 = new NGSI.Connection(origin).v2, details = (await new NGSI.Connection(origin).getServerDetails()).details;
  assert.match(details.orion.version, /^\d+\.\d+/);

  // ---- entities
  const made = await v2.createEntity(room('Room1'), where);
  assert.deepEqual(made.entity, room('Room1'));
  assert.equal(made.correlator, correlator);
  await assert.rejects(v2.createEntity(room('Room1'), where), NGSI.AlreadyExistsError);
  await assert.rejects(v2.createEntity({ ...room('Room 1') }, where), NGSI.BadRequestError);
  await v2.createEntity({ id: 'Room2', type: 'Room', temperature: 25, location: { type: 'Point', coordinates: [135.5, 34.7] } }, { ...where, keyValues: true });
  await v2.createEntity({ id: 'Room2', type: 'Room', temperature: 26 }, { ...where, keyValues: true, upsert: true });
  assert.deepEqual((await v2.getEntity({ id: 'Room1', ...where })).entity, room('Room1'));
  assert.deepEqual((await v2.getEntity({ id: 'Room2', type: 'Room', keyValues: true, ...where })).entity, { id: 'Room2', type: 'Room', temperature: 26, location: { type: 'Point', coordinates: [135.5, 34.7] } });
  await assert.rejects(v2.getEntity({ id: 'none', ...where }), NGSI.NotFoundError);
  await v2.createEntity({ id: 'Room1', type: 'Hall' }, where);
  await assert.rejects(v2.getEntity({ id: 'Room1', ...where }), NGSI.TooManyResultsError);
  await v2.deleteEntity({ id: 'Room1', type: 'Hall', ...where });
  const list = await v2.listEntities({ ...where, type: 'Room', q: 'temperature>20', count: true, limit: 1, orderBy: '!temperature', keyValues: true });
  assert.equal(list.count, 2);
  assert.deepEqual(list.results.map((e) => e.id), ['Room2']);
  assert.deepEqual((await v2.listEntities({ ...where, idPattern: '1$', values: true, attrs: 'temperature' })).results, [[21.5]]);
  assert.deepEqual((await v2.listEntities({ ...where, servicepath: '/elsewhere' })).results, []);
  await assert.rejects(v2.listEntities({ ...where, q: 'temperature>' }), /400/);

  // ---- attributes
  await v2.appendEntityAttributes({ id: 'Room1', humidity: { type: 'Percent', value: 60 } }, where);
  await assert.rejects(v2.appendEntityAttributes({ id: 'Room1', humidity: { value: 61 } }, { ...where, strict: true }));
  await v2.updateEntityAttributes({ id: 'Room1', humidity: { type: 'Percent', value: 62 } }, where);
  assert.deepEqual((await v2.getEntityAttributes({ id: 'Room1', ...where })).attributes.humidity, { type: 'Percent', value: 62, metadata: {} });
  await v2.replaceEntityAttribute({ value: 63, metadata: { unitCode: { type: 'Text', value: 'P1' } } }, { id: 'Room1', attribute: 'humidity', ...where });
  assert.deepEqual((await v2.getEntityAttribute({ id: 'Room1', attribute: 'humidity', ...where })).attribute, { type: 'Number', value: 63, metadata: { unitCode: { type: 'Text', value: 'P1' } } });
  for (const value of [64, 'text', true, null, { a: [1, null] }, ['x']]) {
    await v2.replaceEntityAttributeValue({ id: 'Room1', attribute: 'note', value, ...where }).catch(async () => {
      await v2.appendEntityAttributes({ id: 'Room1', note: { value } }, where);
    });
    assert.deepEqual((await v2.getEntityAttributeValue({ id: 'Room1', attribute: 'note', ...where })).value, value);
  }
  await v2.deleteEntityAttribute({ id: 'Room1', attribute: 'note', ...where });
  await assert.rejects(v2.getEntityAttribute({ id: 'Room1', attribute: 'note', ...where }), NGSI.NotFoundError);
  await v2.replaceEntityAttributes({ id: 'Room1', temperature: { type: 'Number', value: 20 } }, where);
  assert.deepEqual((await v2.getEntity({ id: 'Room1', keyValues: true, ...where })).entity, { id: 'Room1', type: 'Room', temperature: 20 });

  // ---- types and batches
  const types = await v2.listTypes({ ...where, count: true });
  assert.equal(types.count, 1);
  assert.deepEqual(types.results[0], { type: 'Room', attrs: { location: { types: ['StructuredValue'] }, temperature: { types: ['Number'] } }, count: 2 });
  assert.equal((await v2.getType({ id: 'Room', ...where })).type.count, 2);
  await assert.rejects(v2.getType({ id: 'Nothing', ...where }), NGSI.NotFoundError);
  await v2.batchUpdate({ actionType: 'append', entities: [1, 2, 3].map((n) => ({ id: `S${n}`, type: 'Sensor', n: { type: 'Number', value: n } })) }, where);
  assert.deepEqual((await v2.batchQuery({ entities: [{ idPattern: '^S', type: 'Sensor' }], expression: { q: 'n>1' }, attrs: ['n'] }, { ...where, keyValues: true, count: true })).results,
    [{ id: 'S2', type: 'Sensor', n: 2 }, { id: 'S3', type: 'Sensor', n: 3 }]);
  await assert.rejects(v2.batchUpdate({ actionType: 'update', entities: [{ id: 'none', type: 'Sensor', n: { value: 1 } }] }, where));

  // ---- update operators
  await v2.updateEntityAttributes({ id: 'S1', n: { type: 'Number', value: { $inc: 41 } } }, where);
  await v2.appendEntityAttributes({ id: 'S1', list: { value: { $push: 'a' } } }, where);
  await v2.updateEntityAttributes({ id: 'S1', list: { value: { $addToSet: 'b' } } }, where);
  assert.deepEqual((await v2.getEntity({ id: 'S1', keyValues: true, ...where })).entity, { id: 'S1', type: 'Sensor', n: 42, list: ['a', 'b'] });

  // ---- context providers
  lamps.asked = [];
  const provided = { dataProvided: { entities: [{ id: 'Lamp1', type: 'Lamp' }], attrs: ['level'] }, provider: { http: { url: `${lamps.origin}/v2` } } };
  const { registration } = await v2.createRegistration(provided, where);
  lamps.level = 7;
  assert.deepEqual((await v2.getEntity({ id: 'Lamp1', type: 'Lamp', keyValues: true, ...where })).entity, { id: 'Lamp1', type: 'Lamp', level: 7 });
  assert.deepEqual(lamps.asked[0].body, { entities: [{ id: 'Lamp1', type: 'Lamp' }], attrs: ['level'] });
  assert.deepEqual([lamps.asked[0].url, lamps.asked[0].headers['fiware-service'], lamps.asked[0].headers['fiware-servicepath']], ['/v2/op/query', service, servicepath]);
  await v2.updateEntityAttributes({ id: 'Lamp1', type: 'Lamp', level: { type: 'Number', value: 3 } }, where);
  assert.equal((await v2.getEntityAttributeValue({ id: 'Lamp1', attribute: 'level', ...where })).value, 3);
  assert.deepEqual((await v2.getRegistration({ id: registration.id, ...where })).registration.forwardingInformation.timesSent, 3);
  assert.equal((await v2.listRegistrations({ ...where, count: true })).count, 1);
  await v2.deleteRegistration({ id: registration.id, ...where });
  await assert.rejects(v2.getRegistration({ id: registration.id, ...where }), NGSI.NotFoundError);
  await assert.rejects(v2.getEntity({ id: 'Lamp1', ...where }), NGSI.NotFoundError);

  // ---- subscriptions and what they tell
  const { subscription } = await v2.createSubscription({
    description: 'rooms', subject: { entities: [{ idPattern: '.*', type: 'Room' }], condition: { attrs: ['temperature'] } },
    notification: { http: { url: `${receiver.origin}/notify` }, attrs: ['temperature'] },
  }, where);
  const custom = await v2.createSubscription({
    subject: { entities: [{ id: 'Room2', type: 'Room' }], condition: { expression: { q: 'temperature>30' } } },
    notification: { httpCustom: { url: `${receiver.origin}/custom`, method: 'PUT', qs: { room: '${id}' }, headers: { 'X-Service': '${service}' }, payload: 'now ${temperature}' } },
  }, where);
  await v2.updateEntityAttributes({ id: 'Room1', temperature: { type: 'Number', value: 22 } }, where);
  const told = await receiver.next();
  assert.deepEqual(JSON.parse(told.body), { subscriptionId: subscription.id, data: [{ id: 'Room1', type: 'Room', temperature: { type: 'Number', value: 22, metadata: {} } }] });
  assert.equal(told.headers['fiware-service'], service);
  assert.equal(told.headers['fiware-servicepath'], servicepath);
  assert.equal(told.headers['ngsiv2-attrsformat'], 'normalized');
  await v2.updateSubscription({ id: subscription.id, status: 'inactive' }, where);
  await v2.replaceEntityAttributeValue({ id: 'Room2', attribute: 'temperature', value: 31, ...where });
  const put = await receiver.next();
  assert.deepEqual([put.method, put.url, put.headers['x-service'], put.body], ['PUT', '/custom?room=Room2', service, 'now 31']);
  const shown = (await v2.getSubscription({ id: subscription.id, ...where })).subscription;
  assert.deepEqual([shown.status, shown.description, shown.notification.timesSent], ['inactive', 'rooms', 1]);
  assert.equal((await v2.listSubscriptions({ ...where, count: true })).count, 2);
  for (const id of [subscription.id, custom.subscription.id]) await v2.deleteSubscription({ id, ...where });
  await assert.rejects(v2.getSubscription({ id: subscription.id, ...where }), NGSI.NotFoundError);
}

// Each says one thing otherwise.
const kPlanted = {
  'a type': (answer) => { answer.body = answer.body.replaceAll('"type":"Number"', '"type":"number"'); },
  'the total': (answer) => { if (answer.headers['fiware-total-count']) answer.headers['fiware-total-count'] = '1'; },
  'a status': (answer, request) => { if (answer.status === 422 && request.method === 'POST') answer.status = 400; },
  'the correlator': (answer) => { delete answer.headers['fiware-correlator']; },
  'where providers are': (answer) => { if (answer.headers.location?.includes('/registrations/')) answer.headers.location += '0'; },
  'the error': (answer) => { if (answer.status === 409) answer.status = 404; },
};

const receiver = new Receiver();
await receiver.start();
const lamps = new Lamps();
await lamps.start();
const broker = spawn(options.binary, ['127.0.0.1:0', folder, '', '', receiver.origin, lamps.origin], { stdio: ['pipe', 'pipe', 'inherit'] });
const deadline = setTimeout(() => { console.log('FAULT no end'); broker.kill('SIGKILL'); process.exit(1); }, kDeadline);
const [origin] = await once(createInterface({ input: broker.stdout }), 'line');
let failed = 0;
try {
  if (!options.plant) await examine(origin, receiver, lamps);
  for (const [what, change] of Object.entries(options.plant ? kPlanted : {})) {
    const between = await go_between(origin, change);
    const found = await examine(between.origin, receiver, lamps).then(() => null, (e) => e);
    between.server.close();
    console.log(found ? `found, as it must be: ${what}` : `FAULT not found: ${what}`);
    if (!found) ++failed;
  }
} finally {
  clearTimeout(deadline);
  broker.stdin.end();
  await once(broker, 'exit');
  receiver.server.close(), lamps.server.close();
  rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exit(1);
if (!options.plant) console.log('ngsijs and the broker understand each other');
process.exit(0);
