// kill -9 under load: a server with 16 clients that submit, killed at a random moment, started again on the same data.
//   node tests/faults/server_kill.js --binary build/release/machiya --rounds 3 [--store sqlite|postgresql://…] [--seed N] [--sabotage]
// After every kill: each acknowledged submission is there once and whole (record, history, audit, outbox, data key), nothing half is there,
// the same Idempotency-Key gives the same number, and `machiya audit verify` finds the chain intact. At the end every event has had its effect once.
// --sabotage deletes one acknowledged case before the check: the run must then fail.
import { setTimeout as after } from 'node:timers/promises';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { House, request, seeded, until } from './lib/house.js';

const { values: options } = parseArgs({
  options: { binary: { type: 'string', default: 'build/release/machiya' }, rounds: { type: 'string', default: '3' }, store: { type: 'string', default: 'sqlite' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }, sabotage: { type: 'boolean', default: false } },
});
const kClients = 16;
const kMostAcknowledged = 120;   // a round ends after 1 to this many
const kMostDelayMs = 25;         // and so many ms later: it only chooses where in the work the kill falls
const kRepeats = 24;             // acknowledged keys sent again after each kill
const random = seeded(Number(options.seed));
const body = JSON.stringify({ answers: { industry: 'manufacturing', size: 's50', ward: 'yodogawa', key_vision: 3, key_urgency: 3, key_commitment: 3, key_culture: 2, key_structure: 2, key_people: 2,
  key_business: 3, key_systems: 2, key_governance: 2, needs: ['advice'] } });

const house = new House(options.binary, options.store);
const acknowledged = new Map();   // key -> number
let unanswered = [];              // keys sent without an answer
let sentAgain = 0;
const faults = [];
const fault = (text) => { if (faults.length < 40) console.log(`FAULT ${text}`); faults.push(text); };

const submit = (agent, key) => request(agent, house.port, 'POST', '/api/v1/procedures/sme-digital-check/applications', { headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key }, body });

/** One client: sends until the server is gone. */
async function client(agent, round, name, state) {
  for (let n = 0; !state.killed; n++) {
    const key = `kill-${round}-${name}-${n}`;
    let answer;
    try {
      answer = await submit(agent, key);
    } catch {
      unanswered.push(key);
      if (!state.killed) fault(`round ${round}: a connection ended before the kill`);
      return;
    }
    if (answer.status !== 201) return fault(`round ${round}: ${answer.status} for ${key}: ${answer.body.slice(0, 300)}`);
    acknowledged.set(key, JSON.parse(answer.body).number);
    if (++state.count === state.wanted) state.reached();
  }
}

async function loadAndKill(server, round) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: kClients });
  const state = { killed: false, count: 0, wanted: 1 + Math.floor(random() * kMostAcknowledged) };
  const enough = new Promise((done) => { state.reached = done; });
  const clients = Array.from({ length: kClients }, (_, name) => client(agent, round, name, state));
  await Promise.race([enough, Promise.all(clients)]);
  await after(random() * kMostDelayMs);
  state.killed = true;
  server.child.kill('SIGKILL');
  await server.ended;
  await Promise.all(clients);
  agent.destroy();
}

/** Keys without an answer go again (every client would), and some acknowledged ones too: the same number each time. */
async function sendAgain() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: kClients });
  const keys = [...acknowledged.keys()];
  const chosen = keys.slice(-kRepeats / 2).concat(Array.from({ length: Math.min(keys.length, kRepeats / 2) }, () => keys[Math.floor(random() * keys.length)]));
  for (const key of [...unanswered, ...new Set(chosen)]) {
    const answer = await submit(agent, key);
    const number = answer.status < 300 ? JSON.parse(answer.body).number : '';
    const known = acknowledged.get(key);
    if (!number) fault(`${key} sent again: ${answer.status} ${answer.body.slice(0, 300)}`);
    else if (known && known !== number) fault(`${key} sent again: ${number}, first it was ${known}`);
    else if (known && answer.status !== 200) fault(`${key} sent again: ${answer.status}, not 200`);
    else acknowledged.set(key, number);
    sentAgain++;
  }
  unanswered = [];
  agent.destroy();
}

// Each row of these lists is a fault. A case of this procedure is closed as it comes in: two acts, two audit rows, three events.
const wholeness = {
  'history': `SELECT r.number FROM record r WHERE (SELECT count(*) FROM record_event e WHERE e.record = r.id) <> 2
    OR NOT EXISTS (SELECT 1 FROM record_event e WHERE e.record = r.id AND e.sequence = 1 AND e.action = 'submit')
    OR NOT EXISTS (SELECT 1 FROM record_event e WHERE e.record = r.id AND e.sequence = 2 AND e.action = 'close')`,
  'state': "SELECT number FROM record WHERE state <> 'done' OR ended IS NULL OR sealed IS NULL OR sealed_log IS NULL OR idempotency IS NULL",
  'audit': `SELECT r.number FROM record r LEFT JOIN audit_row a ON a.object = 'case:' || r.number GROUP BY r.number
    HAVING sum(CASE WHEN a.action = 'case.submit' THEN 1 ELSE 0 END) <> 1 OR sum(CASE WHEN a.action = 'case.close' THEN 1 ELSE 0 END) <> 1`,
  'outbox': `SELECT r.number FROM record r LEFT JOIN event_outbox o ON o.key = r.number GROUP BY r.number
    HAVING sum(CASE WHEN o.type = 'case.submitted.v1' THEN 1 ELSE 0 END) <> 1 OR sum(CASE WHEN o.type = 'case.changed.v1' THEN 1 ELSE 0 END) <> 1
      OR sum(CASE WHEN o.type = 'case.decided.v1' THEN 1 ELSE 0 END) <> 1`,
  'data key': 'SELECT r.number FROM record r LEFT JOIN data_key k ON k.id = r.data_key WHERE k.id IS NULL OR k.erased <> 0',
  'history without a case': 'SELECT e.record FROM record_event e LEFT JOIN record r ON r.id = e.record WHERE r.id IS NULL',
  'audit without a case': "SELECT a.object FROM audit_row a LEFT JOIN record r ON r.number = substr(a.object, 6) WHERE a.action LIKE 'case.%' AND r.id IS NULL",
  'event without a case': "SELECT o.key FROM event_outbox o LEFT JOIN record r ON r.number = o.key WHERE o.type LIKE 'case.%' AND r.id IS NULL",
  'key without a case': 'SELECT k.id FROM data_key k LEFT JOIN record r ON r.data_key = k.id WHERE r.id IS NULL AND k.erased = 0',
};
const found = { lost: 0, half: 0, duplicate: 0, chain: 0 };

function check(round) {
  const { database } = house;
  if (options.sabotage && round === 1) database.rows(`DELETE FROM record WHERE number = '${[...acknowledged.values()][0]}'`);
  const present = new Map();
  for (const [number] of database.rows('SELECT number FROM record')) present.set(number, (present.get(number) ?? 0) + 1);
  for (const [key, number] of acknowledged)
    if (!present.has(number)) { found.lost++; fault(`round ${round}: lost ${number} (${key})`); }
  const numbers = new Set(acknowledged.values());
  if (numbers.size !== acknowledged.size) { found.duplicate++; fault(`round ${round}: ${acknowledged.size} keys have ${numbers.size} numbers`); }
  for (const [number, times] of present) {
    if (times !== 1) { found.duplicate++; fault(`round ${round}: ${number} stands ${times} times`); }
    if (!numbers.has(number)) { found.duplicate++; fault(`round ${round}: ${number} is nobody's: a key was carried out twice`); }
  }
  for (const [what, sql] of Object.entries(wholeness))
    for (const [number] of database.rows(sql)) { found.half++; fault(`round ${round}: ${what} of ${number}`); }
  const verdict = house.verify();
  if (!verdict.intact) { found.chain++; fault(`round ${round}: audit verify: ${verdict.text}`); }
}

async function effectsOnce() {
  const { database } = house;
  await until('the events to be delivered', () => database.number('SELECT count(*) FROM event_outbox WHERE state = 0') === 0);
  for (const what of ['submitted', 'channel:api', 'decided:done']) {
    const counted = database.number(`SELECT coalesce(sum(amount), 0) FROM case_count WHERE what = '${what}'`);
    if (counted !== acknowledged.size) fault(`the statistics count ${counted} ${what}, not ${acknowledged.size}: an event had its effect not once`);
  }
}

let rounds = 0;
try {
  let server = await house.start();
  for (let round = 1; round <= Number(options.rounds) && faults.length === 0; round++) {
    await loadAndKill(server, round);
    server = await house.start();
    await sendAgain();
    check(round);
    rounds = round;
    if (process.stderr.isTTY) process.stderr.write(`\r${round} of ${options.rounds} rounds, ${acknowledged.size} acknowledged `);
  }
  if (faults.length === 0) await effectsOnce();
  server.child.kill('SIGTERM');
  const end = await server.ended;
  if (end.code !== 0) fault(`the last server ended with ${JSON.stringify(end)}:\n${server.log}`);
} catch (error) {
  fault(error.stack);
} finally {
  await house.remove();
}
console.log(`${rounds} rounds (${house.database.postgres ? 'postgresql' : 'sqlite'}, seed ${options.seed}), ${acknowledged.size} acknowledged, ${sentAgain} sent again, ` +
  `${found.lost} lost, ${found.half} half, ${found.duplicate} duplicate, audit chain ${found.chain ? 'BROKEN' : 'intact'}, ${faults.length} faults`);
process.exit(faults.length || rounds < Number(options.rounds) ? 1 : 0);
