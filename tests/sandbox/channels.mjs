// The outside services of "the city tells", on loopback, in one process: LINE Messaging API, a push service, an SMS gateway, an SMTP sink
// and a webhook receiver. Stricter than the real ones, and faulty on demand. README.md has the options and the control port.
//   node tests/sandbox/channels.mjs [--log FILE] [--seed 7] [--faults '{"line":{"fail_after":0.02}}'] [--rate line.multicast=400/s]…
// Prints one JSON line when it listens: {"ready": true, "ports": {"line": …, "line_data": …, "push": …, "sms": …, "smtp": …, "webhook": …, "outlets": …, "control": …}, …}.
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { control } from './control.mjs';
import { Faults } from './faults.mjs';
import { listen } from './http_service.mjs';
import { LINE_RATES, Line } from './line.mjs';
import { EffectLog } from './log.mjs';
import { Judge, official } from './openapi.mjs';
import { Outlets } from './outlets.mjs';
import { Push } from './push.mjs';
import { Rates } from './rates.mjs';
import { Sms } from './sms.mjs';
import { Smtp } from './smtp.mjs';
import { Webhook } from './webhook.mjs';

const PORTS = ['line', 'line_data', 'push', 'sms', 'smtp', 'webhook', 'outlets', 'control'];
const text = (fallback) => ({ type: 'string', default: fallback });
const { values: options } = parseArgs({
  options: {
    ...Object.fromEntries(PORTS.map((name) => [`${name.replace('_', '-')}-port`, text('0')])),
    openapi: { type: 'string' }, judge: text('all'), open: text('all'), log: text(''), seed: text('1'), faults: text('{}'), rate: { type: 'string', multiple: true, default: [] },
    'no-rates': { type: 'boolean', default: false }, 'while-stdin': { type: 'boolean', default: false }, 'line-token': text('sandbox-channel-token'), 'line-secret': text('sandbox-channel-secret'),
    'sms-token': text('sandbox-sms-token'), 'webhook-secret': text('sandbox-webhook-secret-of-32-bytes'), 'outlets-token': text('sandbox-outlets-token'), capture: text(''), 'push-cert': text(''), 'push-key': text(''), bot: text(`U${'b07'.padEnd(32, '0')}`),
  },
});

/** "all", "none" or "each Nth" → 1, 0, N. */
function each(name) {
  const value = options[name];
  const n = value === 'all' ? 1 : value === 'none' ? 0 : Number(value);
  if (!Number.isInteger(n) || n < 0) throw new Error(`--${name}: all, none or a number`);
  return n;
}
function limits() {
  const own = Object.fromEntries(options.rate.map((one) => one.split('=')));
  return { ...(options['no-rates'] ? {} : LINE_RATES), ...own };
}

const world = { shift_ms: 0, ports: {} };
const now = () => Date.now() + world.shift_ms;
world.log = new EffectLog(options.log, now);
world.faults = new Faults(JSON.parse(options.faults), Number(options.seed));
world.rates = new Rates(limits());
const document = options.openapi ?? official('messaging-api.yml');
const judge = document && existsSync(document) && each('judge') ? new Judge(document) : undefined;
const services = {
  line: new Line(world, { token: options['line-token'], secret: options['line-secret'], bot: options.bot, judge, every: each('judge') }),
  push: new Push(world, { open: each('open'), tls: options['push-cert'] ? { cert: readFileSync(options['push-cert']), key: readFileSync(options['push-key']) } : undefined }), sms: new Sms(world, { token: options['sms-token'] }), smtp: new Smtp(world), webhook: new Webhook(world, { secret: options['webhook-secret'] }),
  outlets: new Outlets(world, { token: options['outlets-token'] }),
};
world.services = services;

const servers = { line: services.line.server, line_data: services.line.data_server, push: services.push.server, sms: services.sms.server, smtp: services.smtp.server, webhook: services.webhook.server, outlets: services.outlets.server, control: control(world) };
// Every byte that came to any of the services, before anybody judged it.
const capture = options.capture ? openSync(options.capture, 'w') : undefined;
const sockets = Object.fromEntries(PORTS.map((name) => [name, new Set()]));
for (const [name, server] of Object.entries(servers)) {
  server.on('connection', (socket) => {
    if (capture && name !== 'control') socket.on('data', (bytes) => writeSync(capture, bytes));
    sockets[name].add(socket);
    socket.on('close', () => sockets[name].delete(socket));
  });
  world.ports[name] = await listen(server, Number(options[`${name.replace('_', '-')}-port`]));
}
/** Cuts the connections of a service that goes down. */
world.cut = (service) => {
  for (const name of service === 'line' ? ['line', 'line_data'] : [service]) for (const socket of sockets[name]) socket.destroy();
};
world.describe = () => ({
  ready: true, ports: world.ports, pid: process.pid, bot: options.bot, seed: Number(options.seed),
  schema: judge ? judge.version : document && existsSync(document) ? 'none asked for' : 'skipped: shared data absent',
  judged: judge ? (each('judge') === 1 ? 'every request' : `SAMPLED: each ${each('judge')}th request`) : 'by the hand-written rules only',
  opened: each('open') === 1 ? 'every payload' : each('open') ? `SAMPLED: each ${each('open')}th payload` : 'no payload',
});

let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  for (const [name, server] of Object.entries(servers)) {
    server.close();
    for (const socket of sockets[name]) socket.destroy();
  }
  await world.log.close();
  process.exit(0);
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
// A test that dies takes its sandbox with it: the pipe to it ends.
if (options['while-stdin']) process.stdin.on('end', end).resume();
console.log(JSON.stringify(world.describe()));
if (!judge && each('judge')) console.log('skipped: shared data absent (LINE requests are judged by the hand-written rules only)');
