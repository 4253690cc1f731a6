// A test authority shaped like the one of the national card (JPKI), made by the openssl command line: root, cards with what stands in a signing
// certificate, revocation lists, an OCSP responder. Keys of cards lie in a file, or in a token that never gives them out.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';

export const signingPolicy = '1.2.3.4.1';
const use = (bits) => `basicConstraints=CA:FALSE\nkeyUsage=critical,${bits}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n`;
const person = { name: '町家　花子', gender: '2', birth: '319850203', address: '大阪府大阪市北区中之島一丁目3番20号' };
const other = (oid, text) => `1.2.392.200149.8.5.5.${oid};FORMAT:UTF8,UTF8String:${text}`;

const config = (who) => '[ca]\ndefault_ca=test\n[test]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n'
  + `[card]\n${use('digitalSignature,nonRepudiation')}certificatePolicies=${signingPolicy}\nsubjectAltName=@names\n`
  + `[login]\n${use('digitalSignature')}certificatePolicies=1.2.3.4.2\n[responder]\n${use('digitalSignature')}extendedKeyUsage=critical,OCSPSigning\n`
  + `[names]\notherName.1=${other(1, who.name)}\notherName.2=${other(3, who.gender)}\notherName.3=${other(4, who.birth)}\notherName.4=${other(5, who.address)}\n`;

export class Authority {
  constructor(folder, name = 'Test authority') {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'lists'), { recursive: true });
    this.folder = resolve(folder);
    for (const [file, text] of [['conf', config(person)], ['index', ''], ['serial', '01\n']]) writeFileSync(this.at(file), text);
    this.openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    this.list();
  }
  at(file) {
    return join(this.folder, file);
  }
  read(file) {
    return readFileSync(this.at(file));
  }
  openssl(...words) {
    return execFileSync('openssl', words, { cwd: this.folder, stdio: 'pipe', env: { ...process.env, ...this.environment } });
  }
  /** A card with its key in a file: NAME.key, NAME.pem, NAME.der. `who` changes what the certificate says of its holder. */
  issue(name, { kind = 'card', days = 1, who = {} } = {}) {
    this.openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    this.certify(name, { kind, days, who });
  }
  certify(name, { kind = 'card', days = 1, who = {}, dates = [] } = {}) {
    writeFileSync(this.at('conf'), config({ ...person, ...who }));
    this.openssl('ca', '-batch', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', '-extensions', kind,
      ...(dates.length ? ['-startdate', dates[0], '-enddate', dates[1]] : ['-days', String(days)]));
    this.openssl('x509', '-in', `${name}.pem`, '-outform', 'DER', '-out', `${name}.der`);
  }
  revoke(name) {
    this.openssl('ca', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-revoke', `${name}.pem`, '-crl_reason', 'keyCompromise');
    this.list();
  }
  /** The list of now, as the operator's folder has it: lists/cards.crl. */
  list() {
    this.openssl('ca', '-config', 'conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-gencrl', '-crldays', '1', '-out', 'crl.pem');
    this.openssl('crl', '-in', 'crl.pem', '-outform', 'DER', '-out', 'crl.der');
    copyFileSync(this.at('crl.der'), this.at('lists/cards.crl'));
  }
  /** A detached CMS signature (DER) by a card whose key lies in a file; `more`: other words of the command line. */
  sign(name, document, ...more) {
    return this.cms(document, ['-signer', `${name}.pem`, '-inkey', `${name}.key`, ...more]);
  }
  cms(document, words) {
    writeFileSync(this.at('document'), document);
    this.openssl('cms', '-sign', '-binary', '-in', 'document', '-outform', 'DER', '-out', 'document.p7s', ...words);
    return this.read('document.p7s');
  }
  /** An OCSP responder on this port of the loopback: OpenSSL answers each question from the index as it is then. */
  async respond(port) {
    if (!existsSync(this.at('responder.pem'))) this.issue('responder', { kind: 'responder' });
    this.responding = createServer(async (request, response) => {
      writeFileSync(this.at('question.der'), await buffer(request));
      try {
        this.openssl('ocsp', '-index', 'index', '-CA', 'ca.pem', '-rsigner', 'responder.pem', '-rkey', 'responder.key', '-reqin', 'question.der', '-respout', 'answer.der', '-nmin', '5');
        response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(this.read('answer.der'));
      } catch {
        response.writeHead(500).end();   // the server under test is told nothing; what it makes of that is looked at
      }
    }).listen(port, '127.0.0.1');
    await once(this.responding, 'listening');
  }
  async silence() {
    this.responding.closeAllConnections();
    this.responding.close();
    await once(this.responding, 'close');
  }
}

/** A card that nobody copies: its key was made in a PKCS#11 token (softhsm2) and never leaves it; OpenSSL signs through the token. */
export class TokenCard {
  static module = '/usr/lib/softhsm/libsofthsm2.so';
  static pin = '123456';
  constructor(authority, name, options = {}) {
    Object.assign(this, { authority, name, key: `pkcs11:token=${name};object=sign;type=private;pin-value=${TokenCard.pin}` });
    mkdirSync(authority.at('tokens'), { recursive: true });
    writeFileSync(authority.at('softhsm.conf'), `directories.tokendir = ${authority.at('tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
    authority.environment = { SOFTHSM2_CONF: authority.at('softhsm.conf'), PKCS11_MODULE_PATH: TokenCard.module };
    this.tool('softhsm2-util', '--init-token', '--free', '--label', name, '--pin', TokenCard.pin, '--so-pin', '12345678');
    this.pkcs11('--keypairgen', '--key-type', 'rsa:2048', '--id', '01', '--label', 'sign');
    authority.openssl('req', '-engine', 'pkcs11', '-keyform', 'engine', '-key', this.key, '-new', '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    authority.certify(name, options);
    this.pkcs11('--write-object', `${name}.der`, '--type', 'cert', '--id', '01', '--label', 'sign');
  }
  tool(program, ...words) {
    return execFileSync(program, words, { cwd: this.authority.folder, stdio: 'pipe', env: { ...process.env, ...this.authority.environment } }).toString();
  }
  pkcs11(...words) {
    return this.tool('pkcs11-tool', '--module', TokenCard.module, '--token-label', this.name, '--login', '--pin', TokenCard.pin, ...words);
  }
  sign(document, ...more) {
    return this.authority.cms(document, ['-engine', 'pkcs11', '-keyform', 'engine', '-signer', `${this.name}.pem`, '-inkey', this.key, ...more]);
  }
}
