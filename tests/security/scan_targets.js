// What the scanners of script/prove need of a running demonstration: a proxy in front as over TLS (which keeps them from signing out),
// everything on it made once (lib/samples.js), sessions of a citizen and of members of staff, and addresses with parameters.
//   node tests/security/scan_targets.js --base URL --out FOLDER       goes on until it is killed
// Writes targets.json: {base, targets: [{name, cookie, start: [address…], parameters: [address…]}]}.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clientOf, realPages } from '../browser/lib/real_pages.js';
import { makeSamples } from '../browser/lib/samples.js';
import { startRecorder } from './lib/recorder.js';

const { values: { base: server, out } } = parseArgs({ options: { base: { type: 'string' }, out: { type: 'string' } } });
const proxy = await startRecorder(server, { keep: false });
const base = proxy.base;
const samples = await makeSamples(base, 'scanner@example.jp');
const pages = await realPages(base, samples);
const kParameters = {
  anonymous: ['/procedures?q=dog&lang=ja', '/reports?ward=kita&page=1', '/initiatives?field=1', '/open311/v2/requests.json?service_request_id=1&status=open', '/login?next=/my', '/api/v1/procedures?lang=en'],
  citizen: ['/my?lang=ja', `/applications/${samples.number}?lang=en`],
  'staff:health-clerk': ['/staff/inbox?state=received&q=a', '/staff/search?q=dog', '/staff/export.csv?state=received'],
  'staff:construction-approver': ['/staff/registers/parks?view=by-ward&q=a&sort=code&page=1', '/staff/registers/park-trees?f.species=cherry&count=grade', '/staff/registers/parks/export.json?view=all&q=a'],
};
const targets = [];
for (const name of ['anonymous', 'citizen', 'staff:health-clerk', 'staff:construction-approver', 'staff:admin']) {
  const client = await clientOf(samples, name);
  if (name === 'anonymous') await client.get(base);
  const start = pages.filter((page) => page.visitor === name).map((page) => `${base}${page.path}`);
  targets.push({ name, cookie: client.jar.header(), start, parameters: (kParameters[name] ?? []).map((path) => `${base}${path}`) });
}
proxy.refuse(/\/logout$/);
writeFileSync(join(out, 'targets.part'), JSON.stringify({ base, targets }, null, 1));
renameSync(join(out, 'targets.part'), join(out, 'targets.json'));
console.log(targets.map((t) => `${t.name}: ${t.start.length} pages, ${t.parameters.length} with parameters`).join('\n'));
