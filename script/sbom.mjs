// The list of parts of the built server as SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/): see script/sbom.
//   node script/sbom.mjs BUILD_FOLDER FILE
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const [folder, out] = process.argv.slice(2);
const run = (program, ...args) => execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
const id = (kind, name) => `SPDXRef-${kind}-${name.replace(/[^A-Za-z0-9.-]+/g, '-')}`;

/** Packages that own these files: dpkg -S in pieces that fit a command line; files that no package owns end the program. */
function ownersOf(paths) {
  const owners = new Set();
  const unknown = new Set(paths);
  for (let at = 0; at < paths.length; at += 500) {
    const piece = paths.slice(at, at + 500);
    // A file of a merged /usr may be registered without "/usr".
    const spellings = piece.flatMap((path) => (path.startsWith('/usr/lib') ? [path, path.slice(4)] : [path]));
    let text = '';
    try {
      text = run('dpkg-query', '-S', ...spellings);
    } catch (error) {
      text = error.stdout ?? '';   // 1: some were not found; the others are there
    }
    for (const line of text.split('\n')) {
      const found = /^([^ :]+(?::[a-z0-9]+)?)(?:, [^:]+)?: (\/.+)$/.exec(line);
      if (!found) continue;
      owners.add(found[1]);
      for (const path of [found[2], `/usr${found[2]}`]) unknown.delete(path);
    }
  }
  if (unknown.size) throw new Error(`no Debian package owns ${[...unknown].slice(0, 3).join(', ')}`);
  return [...owners].sort();
}

/** Files of the libraries that the program is linked with. */
const librariesOf = (program) => [...run('ldd', program).matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((m) => realpathSync(m[1]));
/** System headers that the program's own objects were compiled with, as the compiler wrote them down. */
function headersOf() {
  const objects = run('ninja', '-C', folder, '-t', 'deps').split(/\n(?=\S)/).filter((piece) => /^src\//.test(piece) && !/_tests?\.dir|\/testing|preview/.test(piece.split('\n')[0]));
  const all = new Set(objects.flatMap((piece) => [...piece.matchAll(/^ {4}(\/usr\/include\/\S+|\/usr\/lib\/\S+)$/gm)].map((m) => m[1])));
  return [...new Set([...all].filter(existsSync).map((path) => realpathSync(path)))];
}

// Names of licences in Debian's copyright files (DEP-5) that mean exactly one SPDX identifier.
const kLicences = {
  'Apache-2.0': 'Apache-2.0', 'Apache-2': 'Apache-2.0', 'BSL-1.0': 'BSL-1.0', CC0: 'CC0-1.0', 'CC0-1.0': 'CC0-1.0', ISC: 'ISC', 'LGPL-2+': 'LGPL-2.0-or-later', 'LGPL-2.1': 'LGPL-2.1-only',
  'LGPL-2.1+': 'LGPL-2.1-or-later', 'LGPL-3+': 'LGPL-3.0-or-later', 'GPL-2+': 'GPL-2.0-or-later', 'GPL-3+': 'GPL-3.0-or-later', curl: 'curl', PostgreSQL: 'PostgreSQL', 'MPL-2.0': 'MPL-2.0', 'OLDAP-2.8': 'OLDAP-2.8',
};
/** Copyright files that say more than one known word: their whole text, once each (SPDX 2.3 §10). */
const extracted = new Map();
/** The licence of a Debian package: the one of "Files: *", a choice of known ones, or a reference to the text that Debian keeps. */
function licenceOf(name) {
  const path = realpathSync(`/usr/share/doc/${name.split(':')[0]}/copyright`);
  const text = readFileSync(path, 'utf8');
  const all = text.split(/\n\s*\n/).find((stanza) => /^Files: *\n? *\*\s*$/m.test(stanza));
  const words = (/^License: *(.+)$/m.exec(all ?? '')?.[1] ?? '').trim().split(/ or /).map((word) => kLicences[word.trim()]);
  if (words.every(Boolean)) return words.length > 1 ? `(${words.join(' OR ')})` : words[0];
  const key = `LicenseRef-deb-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  if (!extracted.has(key)) extracted.set(key, { licenseId: key, name: `copyright of ${name.split(':')[0]}`, extractedText: text });
  return key;
}

function debianPackage(name) {
  const [version, architecture, source] = run('dpkg-query', '-W', '-f', '${Version}\t${Architecture}\t${source:Package}', name).split('\t');
  return {
    SPDXID: id('deb', name.split(':')[0]), name: name.split(':')[0], versionInfo: version, supplier: 'Organization: Debian', downloadLocation: 'NOASSERTION', filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION', licenseDeclared: licenceOf(name), copyrightText: 'NOASSERTION', sourceInfo: `source package ${source}`,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: `pkg:deb/debian/${encodeURIComponent(name.split(':')[0])}@${encodeURIComponent(version)}?arch=${architecture}` }],
  };
}

/** The licence that an npm package names: an SPDX expression (which holds no small words), or a reference to the text that it brings. */
function npmLicence(path, said) {
  if (!said || /^[A-Za-z0-9.+-]+$/.test(said) || /^\(?[A-Za-z0-9.+-]+( (OR|AND|WITH) [A-Za-z0-9.+-]+)+\)?$/.test(said)) return said ?? 'NOASSERTION';
  const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'COPYING'].map((one) => `${root}${path}/${one}`).find(existsSync);
  const text = file ? readFileSync(file, 'utf8') : said;
  const key = `LicenseRef-npm-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
  if (!extracted.has(key)) extracted.set(key, { licenseId: key, name: said, extractedText: text });
  return key;
}

/** Packages of the lock file; `inside` are copied into what browsers load (script/data.mjs). */
function npmPackages() {
  const inside = ['maplibre-gl', '@digital-go-jp/design-tokens'];
  const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  return Object.entries(lock.packages).filter(([path]) => path).map(([path, about]) => {
    const name = path.replace(/^.*node_modules\//, '');
    const purl = `pkg:npm/${name.replace('@', '%40')}@${about.version}`;
    const sha512 = about.integrity?.startsWith('sha512-') ? Buffer.from(about.integrity.slice(7), 'base64').toString('hex') : null;
    return {
      relation: inside.includes(name) ? 'CONTAINS' : about.dev ? 'TEST_DEPENDENCY_OF' : 'BUILD_DEPENDENCY_OF',
      part: {
        SPDXID: id('npm', `${path.replace(/node_modules\//g, '')}`), name, versionInfo: about.version, downloadLocation: 'NOASSERTION', filesAnalyzed: false,
        licenseConcluded: 'NOASSERTION', licenseDeclared: npmLicence(path, about.license), copyrightText: 'NOASSERTION', ...(sha512 && { checksums: [{ algorithm: 'SHA512', checksumValue: sha512 }] }),
        externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
      },
    };
  });
}

function bill() {
  const binary = resolve(root, folder, 'machiya');
  const digest = createHash('sha256').update(readFileSync(binary)).digest('hex');
  const self = {
    SPDXID: 'SPDXRef-machiya', name: 'machiya', versionInfo: JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version ?? digest.slice(0, 12), downloadLocation: 'NOASSERTION', filesAnalyzed: false,
    primaryPackagePurpose: 'APPLICATION', licenseConcluded: 'Apache-2.0', licenseDeclared: 'Apache-2.0', copyrightText: 'NOASSERTION', checksums: [{ algorithm: 'SHA256', checksumValue: digest }],
  };
  const linked = ownersOf(librariesOf(binary));
  const compiled = ownersOf(headersOf()).filter((name) => !linked.includes(name));
  const npm = npmPackages();
  const relate = (a, relationshipType, b) => ({ spdxElementId: a, relationshipType, relatedSpdxElement: b });
  const of = (relation, part) => (relation === 'CONTAINS' ? relate(self.SPDXID, relation, part) : relate(part, relation, self.SPDXID));
  return {
    spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0', SPDXID: 'SPDXRef-DOCUMENT', name: 'machiya', documentNamespace: `https://spdx.org/spdxdocs/machiya-${digest}`,
    creationInfo: { created: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), creators: ['Tool: script-sbom'] },
    packages: [self, ...linked.map(debianPackage), ...compiled.map(debianPackage), ...npm.map((p) => p.part)],
    hasExtractedLicensingInfos: [],   // filled below, when all packages have been asked
    relationships: [
      relate('SPDXRef-DOCUMENT', 'DESCRIBES', self.SPDXID),
      ...linked.map((name) => relate(self.SPDXID, 'DYNAMIC_LINK', id('deb', name.split(':')[0]))),
      ...compiled.map((name) => relate(id('deb', name.split(':')[0]), 'BUILD_DEPENDENCY_OF', self.SPDXID)),
      ...npm.map((p) => of(p.relation, p.part.SPDXID)),
    ],
  };
}

const document = bill();
document.hasExtractedLicensingInfos = [...extracted.values()];
writeFileSync(out, `${JSON.stringify(document, null, 1)}\n`);
const count = (type) => document.relationships.filter((r) => r.relationshipType === type).length;
console.log(`${out}: ${count('DYNAMIC_LINK')} linked and ${document.packages.filter((p) => p.SPDXID.startsWith('SPDXRef-deb')).length} Debian packages, ${document.packages.filter((p) => p.SPDXID.startsWith('SPDXRef-npm')).length} npm packages`);
