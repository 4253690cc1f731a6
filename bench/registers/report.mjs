// What one measurement of bench/registers/run says, and how the two servers stand to each other.
//   node report.mjs line FILE NAME RSS CPU_MS LOAD
//   node report.mjs ratios FOLDER
import { existsSync, readFileSync } from 'node:fs';

const [command, ...rest] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

function line(file, name, rss, cpu, load) {
  const r = read(file);
  const ms = (v) => (v === undefined ? '?' : Number(v).toFixed(1));
  const each = Number(cpu) / Math.max(1, r.passes_per_second * r.seconds);
  console.log(`${name.padEnd(22)} ${r.passes_per_second.toFixed(1).padStart(7)}/s  p50 ${ms(r.pass_ms.p50)}  p95 ${ms(r.pass_ms.p95)}  p99 ${ms(r.pass_ms.p99)} ms  ${each.toFixed(2)} ms of processor each  RSS ${rss} MB  (load ${load})`);
}
function ratios(folder) {
  const of = (name) => (existsSync(`${folder}/${name}.1.json`) ? read(`${folder}/${name}.1.json`) : null);
  for (const what of ['list', 'list1', 'save'])
    for (const journal of ['delete', 'wal']) {
      const [ours, peer] = [of(`machiya ${what}`), of(`directus ${journal} ${what}`)];
      if (ours && peer) console.log(`${what}: machiya : directus ${journal}   rate × ${(ours.passes_per_second / peer.passes_per_second).toFixed(1)}   p95 × ${(ours.pass_ms.p95 / peer.pass_ms.p95).toFixed(3)}`);
    }
}
({ line: () => line(...rest), ratios: () => ratios(...rest) })[command]();
