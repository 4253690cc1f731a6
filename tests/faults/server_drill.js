// A drill beside a running server: passes on a sound backup and keeps its verdict; fails, and says so, on one that was tampered with or whose key is another.
//   node tests/faults/server_drill.js --binary build/release/machiya [--store sqlite|postgresql://…]
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { House, request } from './lib/house.js';

const { values: options } = parseArgs({ options: { binary: { type: 'string', default: 'build/release/machiya' }, store: { type: 'string', default: 'sqlite' } } });
const house = new House(options.binary, options.store);
const kCases = 60;
const faults = [];
const fault = (text) => { console.log(`FAULT ${text}`); faults.push(text); };
const body = JSON.stringify({ answers: { industry: 'manufacturing', size: 's50', ward: 'yodogawa', key_vision: 3, key_urgency: 3, key_commitment: 3, key_culture: 2, key_structure: 2, key_people: 2,
  key_business: 3, key_systems: 2, key_governance: 2, needs: ['advice'] } });

/** A drill into a store of its own: {code, said, kept}. */
let drills = 0;
function drill(...words) {
  const scratch = house.database.postgres ? new Scratch(`scratch_${process.pid}_${++drills}`) : null;
  const run = spawnSync(options.binary, ['drill', ...words, '--data', house.data, ...house.database.arguments, ...(scratch ? ['--scratch', scratch.url] : [])], { encoding: 'utf8' });
  scratch?.remove();
  const lines = readFileSync(join(house.data, 'drills.jsonl'), 'utf8').trim().split('\n');
  return { code: run.status, said: run.stdout + run.stderr, kept: JSON.parse(lines[lines.length - 1]), count: lines.length };
}
class Scratch {
  constructor(name) { this.name = name; this.url = options.store.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`); spawnSync('psql', [options.store, '-X', '-q', '-c', `CREATE DATABASE ${name}`]); }
  remove() { spawnSync('psql', [options.store, '-X', '-q', '-c', `DROP DATABASE ${this.name} WITH (FORCE)`]); }
}

try {
  const server = await house.start();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  for (let i = 0; i < kCases; i++) {
    const answer = await request(agent, house.port, 'POST', '/api/v1/procedures/sme-digital-check/applications', { headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `drill-${i}` }, body });
    if (answer.status !== 201) fault(`${answer.status}: ${answer.body.slice(0, 200)}`);
  }
  const good = drill();
  if (good.code !== 0 || !good.kept.passed || good.kept.data_keys < kCases || good.count !== 1) fault(`a sound drill: ${good.code} ${good.said} ${JSON.stringify(good.kept)}`);
  console.log(good.said.trim());
  // another key: nothing of the copy may count as readable
  const key = `${house.data}.key`, kept = readFileSync(key);
  writeFileSync(key, 'ab'.repeat(32) + '\n');
  const foreign = drill();
  writeFileSync(key, kept);
  if (foreign.code !== 1 || foreign.kept.passed || !/master key/.test(foreign.kept.fault)) fault(`a drill with another key: ${foreign.code} ${foreign.said}`);
  // a data key that was changed after it was written
  house.database.rows(`UPDATE data_key SET wrapped = ${house.database.postgres ? "overlay(wrapped placing '\\x00'::bytea from 40)" : "CAST(substr(wrapped, 1, 39) || x'00' || substr(wrapped, 41) AS BLOB)"} WHERE id = (SELECT max(id) FROM data_key)`);
  const broken = drill();
  if (broken.code !== 1 || broken.kept.passed || !/do not open/.test(broken.kept.fault)) fault(`a drill with a changed key: ${broken.code} ${broken.said} ${JSON.stringify(broken.kept)}`);
  const absent = drill('/no/such/backup');
  if (absent.code !== 1 || absent.kept.passed || absent.count !== 4) fault(`a drill of no file: ${absent.code} ${absent.said}`);
  agent.destroy();
  server.child.kill('SIGTERM');
  const end = await server.ended;
  if (end.code !== 0) fault(`the server ended with ${JSON.stringify(end)}`);
} catch (error) {
  fault(error.stack);
} finally {
  await house.remove();
}
console.log(`drill (${house.database.postgres ? 'postgresql' : 'sqlite'}): ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
