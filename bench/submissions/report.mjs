// What one measurement says, and how the servers stand to each other after all rounds.
//   node report.mjs line FILE NAME RSS LOAD     one line of a measurement
//   node report.mjs ratios FOLDER               our servers against the peers: means over the rounds (FOLDER/NAME.ROUND.json)
import { readFileSync, readdirSync } from 'node:fs';

const [command, ...rest] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function line(file, name, rss, load) {
  const r = read(file);
  const ms = (v) => (v === undefined ? '?' : Number(v).toFixed(1));
  const rate = r.passes_per_second.toFixed(r.passes_per_second < 100 ? 1 : 0);
  console.log(`${name.padEnd(16)} ${rate.padStart(6)} submissions/s  p50 ${ms(r.pass_ms.p50)} ms  p95 ${ms(r.pass_ms.p95)} ms  p99 ${ms(r.pass_ms.p99)} ms  RSS ${rss} MB  (${Math.round(r.seconds)} s, load ${load})`);
}
function ratios(folder) {
  const by = {};
  for (const file of readdirSync(folder).filter((name) => /\.\d+\.json$/.test(name))) (by[file.replace(/\.\d+\.json$/, '')] ??= []).push(read(`${folder}/${file}`));
  const rate = (name) => mean(by[name].map((r) => r.passes_per_second));
  const p95 = (name) => mean(by[name].map((r) => r.pass_ms.p95));
  for (const [ours, peer] of [['machiya sqlite', 'directus delete'], ['machiya sqlite', 'directus wal'], ['machiya sqlite', 'parse-server'], ['machiya pg', 'parse-server']]) {
    if (by[ours] && by[peer]) console.log(`${ours} : ${peer}   throughput × ${(rate(ours) / rate(peer)).toFixed(1)}   p95 × ${(p95(ours) / p95(peer)).toFixed(3)}`);
  }
}
({ line: () => line(...rest), ratios: () => ratios(...rest) })[command]();
