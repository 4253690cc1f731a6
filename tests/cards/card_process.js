// A My Number Card that is not there: the JPKI application of the card (its files, passwords and signatures) as a process behind vsmartcard's virtual reader, for
// software that speaks to real cards (OpenSC's driver "jpki" over pcscd).   Forked with {key, certificates: {sign, signCa, login, loginCa}, pin}; sends "ready".
import { createPrivateKey, constants, privateEncrypt } from 'node:crypto';
import { connect } from 'node:net';

const { key, certificates, pin, port } = JSON.parse(process.argv[2]);
const signing = createPrivateKey(key);
const atr = Buffer.from('3be000ff8131fe4514', 'hex');
const application = 'd392f000260100000001';
/** Files by their two bytes: certificates, and what passwords and keys are called by. */
const file = { sign: 0x0001, signCa: 0x0002, login: 0x000a, loginCa: 0x000b, loginKey: 0x0017, loginPin: 0x0018, signKey: 0x001a, signPin: 0x001b };
const content = Object.fromEntries(Object.entries(certificates).map(([name, base64]) => [file[name], Buffer.from(base64, 'base64')]));
const kTries = 5;
let selected = 0;
let open = false;      // the signing password was given
let tries = kTries;

const ok = Buffer.from('9000', 'hex');
const status = (hex) => Buffer.from(hex, 'hex');
const left = () => Buffer.from([0x63, 0xc0 | tries]);

function verify(data) {
  if (selected === file.loginPin) return data.length === 0 ? left() : status('6983');
  if (selected !== file.signPin) return status('6a88');
  if (data.length === 0) return left();
  if (tries === 0) return status('6983');
  open = data.toString('latin1') === pin;
  tries = open ? kTries : tries - 1;
  return open ? ok : left();
}

/** A DigestInfo signed by the signing key, which only the card has. */
function sign(data) {
  if (selected !== file.signKey) return status('6a88');
  if (!open) return status('6982');
  return Buffer.concat([privateEncrypt({ key: signing, padding: constants.RSA_PKCS1_PADDING }, data), ok]);
}

function read(offset, length) {
  const bytes = content[selected];
  if (!bytes) return status('6986');
  if (selected === file.sign && !open) return status('6982');   // name and address stand in it
  return offset > bytes.length ? status('6b00') : Buffer.concat([bytes.subarray(offset, offset + (length || 256)), ok]);
}

function command(apdu) {
  const [cla, ins, p1, p2] = apdu;
  const short = apdu.length > 5 ? apdu.subarray(5, 5 + apdu[4]) : Buffer.alloc(0);
  if (ins === 0xa4 && p1 === 4) return short.toString('hex') === application ? ok : status('6a82');
  if (ins === 0xa4 && p1 === 2) {
    selected = short.readUInt16BE(0);
    return Object.values(file).includes(selected) ? ok : status('6a82');
  }
  if (ins === 0xb0) return read((p1 << 8) | p2, apdu[4]);
  if (ins === 0x20) return verify(short);
  if (cla === 0x80 && ins === 0x2a) return sign(short);
  return status('6d00');
}

/** vpcd's protocol: two bytes of length, then a control byte (off, on, reset, ATR) or a command of the card. */
const reader = connect(port ?? 35963, '127.0.0.1', () => process.send('ready'));
const answer = (bytes) => reader.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
let waiting = Buffer.alloc(0);
reader.on('data', (part) => {
  waiting = Buffer.concat([waiting, part]);
  for (let length; waiting.length >= 2 && waiting.length >= 2 + (length = waiting.readUInt16BE(0));) {
    const message = waiting.subarray(2, 2 + length);
    waiting = waiting.subarray(2 + length);
    if (length > 1) answer(command(message));
    else if (message[0] === 4) answer(atr);
    else open = false;   // without power it forgets
  }
});
reader.on('error', () => process.exit(1));
process.on('disconnect', () => process.exit(0));
