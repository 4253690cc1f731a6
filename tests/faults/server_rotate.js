// Exchange of the master key under load: a server with clients that submit and send again while its master key is exchanged again and again
// and the process is killed in the middle of it.
//   node tests/faults/server_rotate.js --binary build/release/machiya --rounds 1 [--kills 1] [--cases N] [--store sqlite|postgresql://…] [--seed N] [--sabotage]
// After each exchange: nobody was answered with an error, every case ever acknowledged opens, the retired key is refused by the program, and no data key
// stands under it. --sabotage takes the key out of the file before the exchange ends: the run must then fail.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { House, request, seeded, until } from './lib/house.js';

const { values: options } = parseArgs({
  options: { binary: { type: 'string', default: 'build/release/machiya' }, rounds: { type: 'string', default: '1' }, kills: { type: 'string', default: '1' },
    cases: { type: 'string', default: '300' }, store: { type: 'string', default: 'sqlite' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    sabotage: { type: 'boolean', default: false } },
});
const kClients = 6;
const kMostDelayMs = 1500;   // it only chooses where in the exchange a kill falls
const random = seeded(Number(options.seed));
const body = JSON.stringify({ answers: { industry: 'manufacturing', size: 's50', ward: 'yodogawa', key_vision: 3, key_urgency: 3, key_commitment: 3, key_culture: 2, key_structure: 2, key_people: 2,
  key_business: 3, key_systems: 2, key_governance: 2, needs: ['advice'] } });

const house = new House(options.binary, options.store);
const keyFile = `${house.data}.key`;
const acknowledged = new Map();   // key of the submission -> number
const faults = [];
const fault = (text) => { if (faults.length < 40) console.log(`FAULT ${text}`); faults.push(text); };
const counts = { submitted: 0, again: 0, kills: 0, exchanges: 0 };

const submit = (agent, key) => request(agent, house.port, 'POST', '/api/v1/procedures/sme-digital-check/applications', { headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key }, body });

/** Submits, and sends an earlier one again (its digest must be found), until told to stop. */
async function client(agent, name, state) {
  for (let n = 0; !state.ended; n++) {
    const key = `${state.life}-${name}-${n}`;
    try {
      const answer = await submit(agent, key);
      if (answer.status !== 201) { fault(`${answer.status} for ${key}: ${answer.body.slice(0, 300)}`); return; }
      acknowledged.set(key, JSON.parse(answer.body).number);
      counts.submitted++;
      const keys = [...acknowledged.keys()];
      const earlier = keys[Math.floor(random() * keys.length)];
      const again = await submit(agent, earlier);
      if (again.status !== 200 || JSON.parse(again.body).number !== acknowledged.get(earlier)) fault(`${earlier} sent again: ${again.status} ${again.body.slice(0, 200)}`);
      counts.again++;
    } catch (error) {
      if (!state.ended) fault(`a connection ended: ${error.message}`);
      return;
    }
  }
}

const command = (...words) => execFileSync(options.binary, [...words, '--data', house.data, ...house.database.arguments], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const status = () => command('keys', 'status');

let life = 0;
/** A life of the server with its clients. */
async function begin() {
  const server = await house.start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: kClients });
  const state = { ended: false, life: ++life };
  const clients = Array.from({ length: kClients }, (_, name) => client(agent, name, state));
  return { server, stop: async () => { state.ended = true; await Promise.all(clients); agent.destroy(); },
    kill: async () => { state.ended = true; server.child.kill('SIGKILL'); await server.ended; await Promise.all(clients); agent.destroy(); counts.kills++; } };
}

/** The key file as a thief has it: the program refuses to serve, and to look, with it. */
function refusedWith(stolen) {
  const kept = readFileSync(keyFile);
  copyFileSync(stolen, keyFile);
  const run = spawnSync(options.binary, ['keys', 'status', '--data', house.data, ...house.database.arguments], { encoding: 'utf8' });
  writeFileSync(keyFile, kept);
  if (run.status === 0 || !/lacks generation|is not the one/.test(run.stderr)) fault(`the retired key is not refused: ${run.status} ${run.stdout}${run.stderr}`);
}

async function exchange(round) {
  const stolen = `${house.folder}/stolen-${round}.key`;
  let one = await begin();
  copyFileSync(keyFile, stolen);   // the first start has made it
  await until('cases', () => counts.submitted >= round * Number(options.cases));
  console.log(command('keys', 'rotate'));
  for (let i = 0; i < Number(options.kills); i++) {
    await after(random() * kMostDelayMs);
    await one.kill();
    one = await begin();
  }
  if (options.sabotage) writeFileSync(keyFile, readFileSync(keyFile, 'utf8').split('\n').filter((line) => !/^1 /.test(line)).join('\n'));
  await until('the end of the exchange', () => faults.length > 0 || / exchanged|^exchanged/m.test(status()));
  if (faults.length === 0) {
    console.log(command('keys', 'retire', '--now').replace(/;.*/, ''));
    await until('cases after it', () => faults.length > 0 || counts.submitted >= round * Number(options.cases) + 50);
  }
  await one.stop();
  one.server.child.kill('SIGTERM');
  const end = await one.server.ended;
  if (end.code !== 0) fault(`the server ended with ${JSON.stringify(end)}:\n${one.server.log}`);
  if (/does not open|lacks generation/.test(one.server.log)) fault(`the log tells of keys that do not open:\n${one.server.log}`);
  const generation = round + 1;
  const left = house.database.number(`SELECT count(*) FROM data_key WHERE generation < ${generation} AND erased = 0`);
  if (left !== 0) fault(`${left} data keys stand under older generations`);
  refusedWith(stolen);
  counts.exchanges++;
}

/** Every acknowledged case is there, and every key of the database opens. */
async function allOpen() {
  const server = await house.start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const [key, number] of acknowledged) {
    const answer = await submit(agent, key);
    if (answer.status !== 200 || JSON.parse(answer.body).number !== number) fault(`${key} at the end: ${answer.status}`);
  }
  agent.destroy();
  server.child.kill('SIGTERM');
  await server.ended;
  const proof = command('keys', 'verify');
  console.log(proof);
  if (!/all open$/.test(proof) || Number.parseInt(proof, 10) < acknowledged.size) fault(`keys verify: ${proof}`);
}

try {
  for (let round = 1; round <= Number(options.rounds) && faults.length === 0; round++) await exchange(round);
  if (faults.length === 0) await allOpen();
} catch (error) {
  fault(error.stack);
} finally {
  await house.remove();
}
console.log(`${counts.exchanges} exchanges (${house.database.postgres ? 'postgresql' : 'sqlite'}, seed ${options.seed}), ${counts.kills} kills, ${counts.submitted} submitted, ${counts.again} sent again, ${faults.length} faults`);
process.exit(faults.length || counts.exchanges < Number(options.rounds) ? 1 : 0);
