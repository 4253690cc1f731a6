// The library that FIWARE's IoT agents are made of, as it is, against our broker: a device is registered with the agent, its measures become an entity's attributes.
//   npm install --prefix DIR iotagent-node-lib@4.14.0
//   node tests/conformance/iot_agent.mjs --broker http://HOST:PORT --library DIR [--port N]
// The broker is one without log-in (broker_server). The library is no dependency of this project: it is AGPL-3.0 and brings 160 packages with it, a driver of
// MongoDB among them; its own registry lies in memory here.
import assert from 'node:assert';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const { values: options } = parseArgs({ options: { broker: { type: 'string' }, library: { type: 'string' }, port: { type: 'string', default: '21561' } } });
const agent = createRequire(join(resolve(options.library), 'package.json'))('iotagent-node-lib');
const id = `thermometer-${Date.now()}`, entity = `urn:ngsi-ld:Thermometer:${id}`, tenant = 'openiot';
let passed = 0, failed = 0;
async function check(what, test) {
  try {
    await test();
    passed++;
    console.log(`ok ${what}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${what}: ${error.message ?? JSON.stringify(error)}`);
  }
}
async function read(path) {
  const answer = await fetch(`${options.broker}/ngsi-ld/v1${path}`, { headers: { 'NGSILD-Tenant': tenant } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}
const update = (device, measures) => promisify(agent.update)(entity, 'Thermometer', '', measures, device);

await promisify(agent.activate)({
  logLevel: 'FATAL', providerUrl: `http://127.0.0.1:${options.port}`, server: { port: Number(options.port), host: '127.0.0.1', ldSupport: { null: true, datasetId: true } },
  contextBroker: { url: options.broker, ngsiVersion: 'ld', jsonLdContext: 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld' },
  deviceRegistry: { type: 'memory' }, timestamp: true, service: tenant, subservice: '/', deviceRegistrationDuration: 'P1M',
  types: { Thermometer: { type: 'Thermometer', commands: [], lazy: [], active: [{ object_id: 't', name: 'temperature', type: 'Number' }] } },
});
let device;
await check('a device is registered', async () => {
  device = await promisify(agent.register)({ id, name: entity, type: 'Thermometer', service: tenant, subservice: '/', active: [{ object_id: 't', name: 'temperature', type: 'Number' }], staticAttributes: [{ name: 'height', type: 'Number', value: 2 }] });
  assert.equal(device.id, id);
});
await check('a measure becomes an attribute, static attributes with it', async () => {
  await update(device, [{ name: 'temperature', type: 'Number', value: 21.5 }]);
  const there = await read(`/entities/${entity}`);
  assert.equal(there.temperature.value, 21.5);
  assert.equal(there.height.value, 2);
});
await check('a measure with its time keeps it', async () => {
  await update(device, [{ name: 'temperature', type: 'Number', value: 22 }, { name: 'TimeInstant', type: 'DateTime', value: '2026-11-23T09:30:00Z' }]);
  const there = await read(`/entities/${entity}`);
  assert.equal(there.temperature.value, 22);
  assert.equal(Date.parse(there.temperature.observedAt), Date.parse('2026-11-23T09:30:00Z'));
});
await check('what it was is in the history', async () => {
  const past = await read(`/temporal/entities/${entity}?options=temporalValues&attrs=temperature`);
  assert.deepEqual(past.temperature.values.map(([value]) => value).sort(), [21.5, 22]);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
