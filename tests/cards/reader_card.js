// A My Number Card in a reader: card_process.js behind vsmartcard's virtual reader and pcscd, read and asked for signatures by OpenSC's own driver for these cards,
// as on a person's computer.
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { keep } from '../browser/lib/children.js';

const module = '/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so';
const token = 'JPKI (Digital Signature PIN)';
const pin = '123456';

/** The reader of this machine. pcscd listens where the system expects it, so it needs root; one at a time. */
export class Reader {
  static async plug() {
    const out = new Reader();
    const words = ['pcscd', '--foreground', '--info'];
    out.daemon = keep(spawn(...(process.getuid() === 0 ? [words[0], words.slice(1)] : ['sudo', ['-n', ...words]]), { stdio: ['ignore', 'pipe', 'pipe'] }));
    let said = '';
    await new Promise((done, fail) => {
      for (const stream of [out.daemon.stdout, out.daemon.stderr]) stream.on('data', (part) => { if ((said += part).includes('daemon ready')) done(); });
      // A desk with readers of its own has one running, with the virtual reader among them.
      out.daemon.on('exit', () => (said.includes('another pcscd') ? done() : fail(new Error(`pcscd ended: ${said.slice(-600)}`))));
    });
    return out;
  }
  async unplug() {
    if (this.daemon.exitCode !== null) return;
    const gone = once(this.daemon, 'exit');
    this.daemon.kill('SIGTERM');
    await gone;
  }
}

export class ReaderCard {
  /** Puts a card of the authority into the reader: the holder's certificate `name` and its key, which from now on only the card has. */
  static async insert(authority, name, login) {
    const out = new ReaderCard();
    authority.openssl('x509', '-in', 'ca.pem', '-outform', 'DER', '-out', 'ca.der');
    const bytes = (file) => authority.read(file).toString('base64');
    out.authority = authority;
    out.name = name;
    // The person types the password for each signature; here OpenSC keeps what was typed.
    writeFileSync(authority.at('opensc.conf'), 'app default {\n  framework pkcs15 {\n    use_pin_caching = true;\n    pin_cache_ignore_user_consent = true;\n  }\n}\n');
    out.environment = { OPENSC_CONF: authority.at('opensc.conf'), PKCS11_MODULE_PATH: module };
    out.card = keep(fork(new URL('card_process.js', import.meta.url).pathname, [JSON.stringify({ key: authority.read(`${name}.key`).toString(), pin,
      certificates: { sign: bytes(`${name}.der`), signCa: bytes('ca.der'), login: bytes(`${login}.der`), loginCa: bytes('ca.der') } })]));
    await once(out.card, 'message');
    out.driver = out.tool('opensc-tool', '--wait', '--name').trim();
    return out;
  }
  tool(program, ...words) {
    return execFileSync(program, words, { cwd: this.authority.folder, stdio: 'pipe', env: { ...process.env, ...this.environment } }).toString();
  }
  /** What a wrong password is answered with: the tool's complaint. */
  refused(wrong) {
    try {
      return this.tool('pkcs11-tool', '--module', module, '--token-label', token, '--login', '--pin', wrong, '--list-objects');
    } catch (error) {
      return error.stderr.toString();
    }
  }
  /** The certificate as the card gives it, once the password was given. */
  certificate() {
    this.tool('pkcs11-tool', '--module', module, '--token-label', token, '--login', '--pin', pin, '--read-object', '--type', 'cert', '--id', '02', '--output-file', 'read.der');
    return this.authority.read('read.der');
  }
  sign(document) {
    writeFileSync(this.authority.at('read.der'), this.certificate());
    this.tool('openssl', 'x509', '-inform', 'DER', '-in', 'read.der', '-out', 'read.pem');
    writeFileSync(this.authority.at('document'), document);
    this.tool('openssl', 'cms', '-engine', 'pkcs11', '-keyform', 'engine', '-sign', '-binary', '-in', 'document', '-signer', 'read.pem', '-inkey',
      `pkcs11:token=${encodeURIComponent(token).replace('(', '%28').replace(')', '%29')};id=%02;type=private;pin-value=${pin}`, '-outform', 'DER', '-out', 'document.p7s');
    return this.authority.read('document.p7s');
  }
  async remove() {
    const gone = once(this.card, 'exit');
    this.card.disconnect();
    await gone;
  }
}
