// An SMTP sink (RFC 5321) on loopback with PIPELINING, 8BITMIME, SIZE and ENHANCEDSTATUSCODES: takes everything that is well formed and
// counts one effect for each envelope recipient. Strict where receivers are: CRLF only, lines of at most 998 bytes, From, Date and
// Message-ID present, at most 100 recipients. SMTP has no idempotency: a fault after accepting shows what a sender makes of that.
import net from 'node:net';
import { name_of } from './log.mjs';

const MOST_RECIPIENTS = 100;
const MOST_BYTES = 10 * 1024 * 1024;
const END = Buffer.from('\r\n.\r\n');
const PATH = /^(FROM|TO):<([^<>\s]*)>((?: [A-Z0-9-]+(?:=[^\s]+)?)*)$/i;

/** What is wrong with a message as it came over the wire (dots already taken away), or undefined. */
export function message_fault(bytes, eight_bit) {
  const text = bytes.toString('latin1');
  if (/[^\r]\n|^\n|\r[^\n]|\r$/.test(text)) return 'a line does not end with CRLF';
  if (text.includes('\0')) return 'NUL';
  if (!eight_bit && /[\x80-\xff]/.test(text)) return '8-bit data without BODY=8BITMIME';
  if (text.split('\r\n').some((line) => line.length > 998)) return 'a line of more than 998 bytes';
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 2);
  for (const name of ['From', 'Date', 'Message-ID']) {
    const found = head.match(new RegExp(`^${name}:[ \\t]*[^\\s]`, 'gim'));
    if (!found || found.length !== 1) return `${found ? 'more than one' : 'no'} ${name}`;
  }
  return undefined;
}

class Session {
  constructor(sink, socket) {
    this.sink = sink;
    this.socket = socket;
    this.waiting = Buffer.alloc(0);
    this.reset();
    this.greeted = false;
    this.busy = Promise.resolve();
    this.say(220, 'sandbox ESMTP');
    socket.on('data', (part) => {
      this.waiting = this.waiting.length ? Buffer.concat([this.waiting, part]) : part;
      this.busy = this.busy.then(() => this.read()).catch((error) => { console.error(`smtp: ${error.stack}`); socket.destroy(); });
    });
    socket.on('error', () => socket.destroy());
  }
  reset() {
    this.from = undefined;
    this.to = [];
    this.eight_bit = false;
    this.data = false;
  }
  say(code, text, enhanced = '') {
    if (!this.socket.destroyed) this.socket.write(`${code} ${enhanced ? `${enhanced} ` : ''}${text}\r\n`);
  }
  refuse(code, text, enhanced, rule) {
    if (rule) this.sink.world.log.violation('smtp', `${code}`, rule, text);
    this.say(code, text, enhanced);
  }

  async read() {
    for (;;) {
      if (this.data) {
        // The end may be the very first bytes: an empty message.
        const at = this.waiting.subarray(0, 3).equals(END.subarray(2)) ? -2 : this.waiting.indexOf(END);
        if (at === -1) {
          if (this.waiting.length > MOST_BYTES) this.socket.destroy();
          return;
        }
        const raw = this.waiting.subarray(0, at + 2);
        this.waiting = this.waiting.subarray(at + 5);
        this.data = false;
        if (!(await this.message(raw))) return;
        continue;
      }
      const at = this.waiting.indexOf('\n');
      if (at === -1) {
        if (this.waiting.length > 2048) this.socket.destroy();
        return;
      }
      const line = this.waiting.subarray(0, at + 1).toString('latin1');
      this.waiting = this.waiting.subarray(at + 1);
      if (!line.endsWith('\r\n')) this.refuse(500, 'a command does not end with CRLF', '5.5.2', 'line');
      else this.command(line.slice(0, -2));
    }
  }

  command(line) {
    const [verb] = line.split(' ', 1);
    const rest = line.slice(verb.length + 1);
    switch (verb.toUpperCase()) {
      case 'EHLO':
        this.greeted = true;
        this.reset();
        this.socket.write(`250-sandbox\r\n250-PIPELINING\r\n250-SIZE ${MOST_BYTES}\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n`);
        return;
      case 'HELO': this.greeted = true; this.reset(); return this.say(250, 'sandbox');
      case 'NOOP': return this.say(250, 'OK', '2.0.0');
      case 'RSET': this.reset(); return this.say(250, 'OK', '2.0.0');
      case 'QUIT': this.say(221, 'bye', '2.0.0'); return this.socket.end();
      case 'MAIL': return this.mail(rest);
      case 'RCPT': return this.rcpt(rest);
      case 'DATA':
        if (this.to.length === 0) return this.refuse(503, 'no valid recipients', '5.5.1');
        this.data = true;
        return this.say(354, 'end with <CRLF>.<CRLF>');
      default: return this.refuse(502, 'no such command', '5.5.1', verb);
    }
  }

  mail(rest) {
    const found = PATH.exec(rest);
    if (!this.greeted || this.from !== undefined) return this.refuse(503, 'bad sequence', '5.5.1', 'MAIL');
    if (!found || found[1].toUpperCase() !== 'FROM') return this.refuse(501, 'syntax', '5.5.4', 'MAIL');
    const wait_ms = this.sink.world.rates.take('smtp.message');
    if (wait_ms) {
      this.sink.world.log.count('smtp', 'limited');
      return this.refuse(450, `too many messages, again in ${Math.ceil(wait_ms / 1000)} s`, '4.7.1');
    }
    this.eight_bit = /BODY=8BITMIME/i.test(found[3]);
    this.from = found[2];
    return this.say(250, 'OK', '2.1.0');
  }

  rcpt(rest) {
    const found = PATH.exec(rest);
    if (this.from === undefined) return this.refuse(503, 'MAIL first', '5.5.1');
    if (!found || found[1].toUpperCase() !== 'TO' || !/^[^@]+@[^@]+$/.test(found[2])) return this.refuse(501, 'syntax', '5.1.3', 'RCPT');
    if (this.to.length >= MOST_RECIPIENTS) return this.refuse(452, 'too many recipients', '4.5.3');
    const planned = this.sink.answers.get(found[2].toLowerCase());
    if (planned) return this.refuse(planned, 'as planned', `${String(planned)[0]}.1.1`);
    this.to.push(found[2]);
    return this.say(250, 'OK', '2.1.5');
  }

  /** The end of DATA: false when the connection is not to be read from any more. */
  async message(raw) {
    const { world } = this.sink;
    const bytes = Buffer.from(raw.toString('latin1').replace(/(^|\r\n)\./g, '$1'), 'latin1');
    const fault = world.faults.draw('smtp');
    if (fault.delay_ms) await new Promise((done) => setTimeout(done, fault.delay_ms));
    if (world.faults.is_down('smtp') || fault.kind === 'drop_before') { this.socket.destroy(); return false; }
    if (fault.kind === 'hang_before') return false;
    const { from, to, eight_bit } = this;
    this.reset();
    if (fault.kind === 'fail_before' || fault.kind === 'limit') {
      world.log.count('smtp', fault.kind === 'limit' ? 'limited' : '');
      this.say(451, 'try again later', '4.3.0');
      return true;
    }
    const wrong = message_fault(bytes, eight_bit);
    if (wrong) {
      world.log.count('smtp', 'refused');
      this.refuse(554, wrong, '5.6.0', 'DATA');
      return true;
    }
    world.log.count('smtp', 'accepted');
    const id = /^Message-ID:[ \t]*(\S+)/im.exec(bytes.toString('latin1'))[1];
    world.log.accept({ service: 'smtp', op: 'message', what: name_of(id), key: id, from, bytes: bytes.length, to });
    if (this.sink.kept.length < this.sink.keep) this.sink.kept.push({ from, to, text: bytes.toString('latin1') });
    if (fault.kind === 'drop_after') { this.socket.destroy(); return false; }
    if (fault.kind === 'hang_after') return false;
    if (fault.kind === 'fail_after') this.say(451, 'try again later', '4.3.0');
    else this.say(250, 'OK', '2.0.0');
    return true;
  }
}

export class Smtp {
  constructor(world) {
    this.world = world;
    this.clear();
    this.server = net.createServer((socket) => {
      socket.setNoDelay(true);
      if (world.faults.is_down('smtp')) return socket.destroy();
      return new Session(this, socket);
    });
  }
  clear() {
    this.answers = new Map();   // mailbox → code that RCPT answers
    this.kept = [];
    this.keep = 0;              // how many whole messages are kept, as latin1 text
  }
}
