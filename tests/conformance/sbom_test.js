// The list of parts (script/sbom) of the built server: valid after the rules of SPDX 2.3 that can be checked here, and complete
// when compared with what the program is really linked with and what the lock file names.
//   node --test tests/conformance/sbom_test.js      needs build/release/machiya
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(root, 'build/release/machiya');
const folder = mkdtempSync(join(tmpdir(), 'machiya-sbom-'));
let bill;
before(() => {
  execFileSync(process.execPath, [join(root, 'script/sbom.mjs'), 'build/release', join(folder, 'bill.json')], { cwd: root });
  bill = JSON.parse(readFileSync(join(folder, 'bill.json'), 'utf8'));
});
after(() => rmSync(folder, { recursive: true }));

const kRelations = new Set(['DESCRIBES', 'DYNAMIC_LINK', 'BUILD_DEPENDENCY_OF', 'TEST_DEPENDENCY_OF', 'CONTAINS']);
const kLicences = /^(NOASSERTION|0BSD|Apache-2\.0|BlueOak-1\.0\.0|BSD-[23]-Clause|BSL-1\.0|CC0-1\.0|CC-BY-[34]\.0|ISC|LGPL-(2\.0|2\.1|3\.0)-(only|or-later)|GPL-[23]\.0-(only|or-later)|MIT|MIT-0|MPL-(1\.1|2\.0)|OLDAP-2\.8|PostgreSQL|Python-2\.0|Unlicense|curl|Zlib|LicenseRef-[A-Za-z0-9.-]+)$/;

/** What breaks the rules of SPDX 2.3 (§6, §7, §10, §11), each with its place. */
function faultsOf(document) {
  const out = [];
  const need = (condition, what) => condition || out.push(what);
  need(document.spdxVersion === 'SPDX-2.3' && document.dataLicense === 'CC0-1.0' && document.SPDXID === 'SPDXRef-DOCUMENT', 'head');
  need(/^https:\/\/[^\s#]+$/.test(document.documentNamespace ?? ''), 'namespace: a URI without a fragment');
  need(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(document.creationInfo?.created ?? '') && document.creationInfo.creators?.every((c) => /^(Tool|Organization|Person): ./.test(c)), 'creation');
  const ids = [document.SPDXID, ...document.packages.map((p) => p.SPDXID)];
  need(new Set(ids).size === ids.length, 'identifiers: each once');
  const texts = new Set((document.hasExtractedLicensingInfos ?? []).map((i) => i.licenseId));
  for (const p of document.packages) {
    need(/^SPDXRef-[A-Za-z0-9.-]+$/.test(p.SPDXID), `${p.SPDXID}: identifier`);
    need(p.name && p.versionInfo && p.downloadLocation && p.filesAnalyzed === false, `${p.SPDXID}: name, version, location`);
    for (const licence of (p.licenseDeclared ?? '').replace(/[()]/g, '').split(/ (?:OR|AND|WITH) /)) {
      need(kLicences.test(licence), `${p.SPDXID}: licence ${licence}`);
      need(!licence.startsWith('LicenseRef-') || texts.has(licence), `${p.SPDXID}: no text of ${licence}`);
    }
    for (const sum of p.checksums ?? []) need(new RegExp(`^[0-9a-f]{${{ SHA256: 64, SHA512: 128 }[sum.algorithm]}}$`).test(sum.checksumValue), `${p.SPDXID}: checksum`);
    for (const ref of p.externalRefs ?? []) need(/^pkg:(deb\/debian|npm)\/[^@\s]+@[^@\s]+$/.test(ref.referenceLocator) && ref.referenceType === 'purl', `${p.SPDXID}: purl ${ref.referenceLocator}`);
  }
  for (const info of document.hasExtractedLicensingInfos ?? []) need(info.extractedText?.length > 20, `${info.licenseId}: text`);
  for (const r of document.relationships) need(kRelations.has(r.relationshipType) && ids.includes(r.spdxElementId) && ids.includes(r.relatedSpdxElement), `relation ${r.spdxElementId} ${r.relationshipType} ${r.relatedSpdxElement}`);
  const related = new Set(document.relationships.flatMap((r) => [r.spdxElementId, r.relatedSpdxElement]));
  for (const id of ids) need(related.has(id), `${id}: stands alone`);
  return out;
}

/** Libraries of the running program that no listed package brings: asked the other way round, by what the packages hold. */
function unlisted(document) {
  const linked = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n').map((line) => /(\/\S+) \(0x/.exec(line)?.[1]).filter(Boolean).map((path) => realpathSync(path));
  assert.ok(linked.length > 20);
  const names = document.relationships.filter((r) => r.relationshipType === 'DYNAMIC_LINK').map((r) => document.packages.find((p) => p.SPDXID === r.relatedSpdxElement)?.name).filter(Boolean);
  const held = new Set(names.flatMap((name) => execFileSync('dpkg-query', ['-L', name], { encoding: 'utf8' }).split('\n')).flatMap((path) => [path, `/usr${path}`]));
  return linked.filter((path) => !held.has(path));
}
const unlistedNpm = (document) => Object.entries(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages).filter(([path]) => path)
  .filter(([path, about]) => !document.packages.some((p) => p.name === path.replace(/^.*node_modules\//, '') && p.versionInfo === about.version)).map(([path]) => path);

test('the list is valid SPDX 2.3', () => assert.deepEqual(faultsOf(bill), []));
test('planted faults are seen', () => {
  const broken = (change) => {
    const copy = structuredClone(bill);
    change(copy);
    return copy;
  };
  for (const change of [(b) => delete b.documentNamespace, (b) => (b.packages[3].SPDXID = b.packages[4].SPDXID), (b) => (b.packages[2].licenseDeclared = 'Free'), (b) => (b.hasExtractedLicensingInfos = []),
    (b) => b.relationships.pop(), (b) => (b.packages[1].versionInfo = ''), (b) => (b.packages[0].checksums[0].checksumValue = 'x'), (b) => (b.creationInfo.created = 'today')]) assert.ok(faultsOf(broken(change)).length > 0, String(change));
  assert.equal(unlisted(broken((b) => (b.packages = b.packages.filter((p) => p.name !== 'libsodium23')))).length, 1);
  assert.equal(unlistedNpm(broken((b) => (b.packages = b.packages.filter((p) => p.name !== 'maplibre-gl')))).length, 1);
});
test('every library that the server is linked with is in the list', () => assert.deepEqual(unlisted(bill), []));
test('libraries of headers alone are in the list', () => {
  for (const name of ['libboost1.74-dev', 'libstdc++-12-dev']) assert.ok(bill.packages.some((p) => p.name === name), name);
});
test('every npm package of the lock file is in the list', () => assert.deepEqual(unlistedNpm(bill), []));
test('versions are the installed ones and the sum is the program\'s', () => {
  for (const p of bill.packages.filter((q) => q.SPDXID.startsWith('SPDXRef-deb-'))) assert.equal(p.versionInfo, execFileSync('dpkg-query', ['-W', '-f', '${Version}', p.name], { encoding: 'utf8' }), p.name);
  assert.equal(bill.packages[0].checksums[0].checksumValue, createHash('sha256').update(readFileSync(program)).digest('hex'));
});
test('every direct dependency stands in docs/dependencies.md', () => {
  const document = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  for (const name of Object.keys({ ...JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies, ...JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies })) assert.ok(document.includes(name), name);
});
