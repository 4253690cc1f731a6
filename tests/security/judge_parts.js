// Are the Debian packages of the list of parts the newest of the archive that this machine asks (security updates included)?
//   node tests/security/judge_parts.js FILE.spdx.json      after apt-get update
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const names = JSON.parse(readFileSync(process.argv[2], 'utf8')).packages.filter((p) => p.SPDXID.startsWith('SPDXRef-deb-')).map((p) => p.name);
const told = execFileSync('apt-cache', ['policy', ...names], { encoding: 'utf8', maxBuffer: 1 << 26 });
let behind = 0;
let judged = 0;
for (const [, name, installed, candidate] of told.matchAll(/^(\S+):\n  Installed: (\S+)\n  Candidate: (\S+)/gm)) {
  judged += 1;
  if (installed === candidate) continue;
  behind += 1;
  console.log(`BEHIND ${name}: ${installed} is installed, the archive has ${candidate}`);
}
if (judged < names.length) console.log(`only ${judged} of ${names.length} packages are known to the archive`);
console.log(`${judged} packages, ${behind} behind the archive`);
process.exit(behind || judged < names.length ? 1 : 0);
