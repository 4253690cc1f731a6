// Compares the rounds of bench/siege/run: node report.mjs FOLDER ROUNDS RSS_MB LOAD
import { readFileSync } from 'node:fs';

const [folder, rounds, rss, load] = process.argv.slice(2);
const read = (name) => Array.from({ length: Number(rounds) }, (_, i) => JSON.parse(readFileSync(`${folder}/${name}.${i + 1}.json`, 'utf8')));
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const alone = read('alone'), siege = read('siege');
for (const [name, runs] of [['alone', alone], ['under siege', siege]])
  console.log(`${name}: ${runs.map((r) => `${Math.round(r.requests_per_second)}/s p50 ${r.request_ms.p50.toFixed(2)} p99 ${r.request_ms.p99.toFixed(2)} ms`).join('; ')}`);
const ratio = median(siege.map((r) => r.request_ms.p99)) / median(alone.map((r) => r.request_ms.p99));
console.log(`p99 of healthy clients under siege: × ${ratio.toFixed(2)} of alone (at most 2); RSS ${rss} MB after it, load ${load}`);
process.exit(ratio <= 2 ? 0 : 1);
