// Things that must not be in the program: dangerous functions, broken algorithms, protocols that docs/asvs.yml calls not
// applicable. Each search is first shown a line that it must find.   node --test tests/conformance/absent_test.js
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter((path) => path && existsSync(join(root, path)));
const pick = (pattern, but = /^$/) => files.filter((path) => pattern.test(path) && !but.test(path));
const kTests = /_test\.cpp$|\/testing\/|\/testing\.h$|\/preview\/|\/tck\//;
const server = pick(/^src\/.*\.(cpp|h)$/, kTests);
const scripts = pick(/^web\/scripts\/.*\.js$/);
const templates = pick(/^web\/templates\/.*\.html$/);

/** Code without its comments: what is said about a thing is not the thing. */
const bare = (text) => text.replace(/\/\*[\s\S]*?\*\/|(?<![:"'])\/\/[^\n]*/g, '');
const hits = (list, pattern) => list.flatMap((path) => bare(readFileSync(join(root, path), 'utf8')).split('\n').filter((line) => pattern.test(line)).map((line) => `${path}: ${line.trim().slice(0, 120)}`));
/** A test that `pattern` is nowhere in `list` but on lines that `allowed` names, and that the planted line would be found. */
const absent = (name, list, pattern, planted, allowed = /^$/) =>
  test(name, () => {
    assert.match(bare(planted), pattern, 'the search finds the planted line');
    assert.ok(list.length > 0);
    assert.deepEqual(hits(list, pattern).filter((hit) => !allowed.test(hit)), []);
  });

describe('the server', () => {
  absent('starts no shell and no program that somebody named', server, /\b(system|popen|execl[pe]?|execv[pe]*|posix_spawnp?|fork|vfork)\s*\(/, 'int r = system(text.c_str());', // The worker, and pg_dump of a backup: each with a list of arguments, never through a shell.
    /^src\/platform\/(worker\/child|store\/pg_copy)\.cpp: .*posix_spawnp?\(&pid/);
  absent('uses no string function without a bound', server, /\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|scanf|sscanf|stpcpy)\s*\(/, 'strcpy(to, from);');
  absent('formats with constant forms only', server, /\b(printf|fprintf|snprintf|dprintf)\((?!\s*")(?![^,()]+,\s*(?:sizeof [^,]+,\s*)?")/, 'snprintf(text, sizeof text, form, v);');
  absent('uses no broken or unauthenticated cipher, padding or digest', server, /\b(EVP_(aes|des|rc4|bf|cast5|idea|seed|camellia)\w*_(ecb|cbc|ofb|cfb)\w*|RC4\w*|DES_\w+|MD[245]\w*\(|EVP_md[245]\b|EVP_md5_sha1|SHA1\(|RSA_PKCS1_PADDING|RSA_public_encrypt|crypto_stream_(salsa|xsalsa|chacha)\w*)\b/, 'EVP_EncryptInit_ex(c, EVP_aes_256_ecb(), 0, k, 0);',
    // Signatures of the national card are verified in the padding that it makes them with; nothing is encrypted so.
    /^src\/platform\/jpki\/certificates\.cpp: .*RSA_PKCS1_PADDING/);
  absent('draws nothing that must not be guessed from a weak generator', server, /\b(s?rand|drand48|random)\s*\(\)|\b(mt19937|minstd_rand|default_random_engine|SeededRng)\b/, 'auto n = rand();',
    /^src\/(base\/rng\.(h|cpp)|platform\/jobs\/jobs\.cpp|platform\/store\/pg_store\.cpp|ask\/(cases|registers)\/(seed\w*|scenario_runner|cases_fixture|rights_world)\.(cpp|h)|sense\/[\w\/]*(samples|bench|fixture)\.h|tell\/(audiences\/seed\.cpp|outlets\/testing_world\.h|bulletins\/sample\/main\/main\.cpp)):/);
  absent('follows no redirect and speaks no other protocol when it calls out', server, /CURLOPT_FOLLOWLOCATION(?!, *0L)|CURLPROTO_(ALL|FILE|FTP|GOPHER|DICT|LDAP)/, 'curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);');
  absent('deserialises no objects', server, /boost\/serialization|cereal\/|msgpack|\bpickle\b|unserialize/, '#include <boost/serialization/vector.hpp>');
  absent('asks no secret question', [...server, ...templates, ...pick(/^web\/locale\/.*\.json$/)], /secret[_ ]?question|password[_ ]?hint|mother'?s maiden|秘密の質問|security_question/i, '"login.secret_question": "…"');
  absent('resolves no outside entity of XML', server, /XML_SetExternalEntityRefHandler|XML_SetParamEntityParsing\(.*ALWAYS|libxml\/|xmlReadFile/, 'XML_SetExternalEntityRefHandler(p, &load);');
  for (const [name, pattern, planted] of [
    ['LDAP', /\bldap_\w+\(|<ldap\.h>/, 'ldap_search_ext_s(l);'], ['XPath', /\bxmlXPath\w+|\bxpath_\w+\(/i, 'xmlXPathEvalExpression(e, c);'], ['LaTeX', /\b(pdf|xe|lua)latex\b|shell-escape/, 'run("pdflatex");'],
    ['JNDI', /\bjndi:|JNI_\w+/i, '"jndi:ldap://x"'], ['memcache', /memcached?[_.:]/i, 'memcached_get(m);'], ['GraphQL', /graphql/i, 'add("/graphql");'],
    ['WebSocket', /sec-websocket|beast\/websocket|\bws(s)?:\/\//i, '#include <boost/beast/websocket.hpp>'], ['SAML', /\bsaml/i, 'saml_response();'],
    ['WebRTC', /\b(srtp|dtls|stun|webrtc)\w*/i, 'dtls_srtp_init();'], ['JSONP', /\bjsonp\b|query\("callback"\)/i, 'request.query("callback")'],
    ['IMAP', /CURLOPT_CONNECT_ONLY|imaps?:\/\//, '"imap://host"'], ['text messages to telephones as a second factor', /\b(sms_sender|send_sms|twilio)\b/i, 'send_sms(code);'],
  ]) absent(`speaks no ${name}`, server, pattern, planted);
});

describe('pages and their scripts', () => {
  absent('evaluate no text as a program', scripts, /\beval\s*\(|new Function\s*\(|set(Timeout|Interval)\s*\(\s*['"`]/, 'eval(text);');
  absent('write no text as markup', scripts, /\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc/, 'box.innerHTML = text;');
  absent('keep nothing in the browser', scripts, /\b(localStorage|sessionStorage|indexedDB|caches)\b|document\.cookie/, "localStorage.setItem('a', b);",
    // A public sign keeps what everybody sees, for the time without a network; the push worker keeps the subscription that the browser itself keeps, beside
    // the key it was made for: it is the proof when the push service gives the browser a new address.
    /^web\/scripts\/(signage\w*|push|push_worker)\.js:/);

  // A page asks its own worker to look after the subscription: a service worker hears pages of its own origin alone, and the message is one fixed word.
  absent('listen to no messages of other windows', scripts, /postMessage|addEventListener\(\s*['"]message|\bonmessage\b|window\.opener/, "addEventListener('message', f);",
    /^web\/scripts\/(push\.js: known\?\.active\?\.postMessage\('look'\)|push_worker\.js: self\.addEventListener\('message', \(event\) => event\.data === 'look')/);
  absent('merge no foreign keys into objects', scripts, /__proto__|\.prototype\s*\[|Object\.assign\(\s*\{\}\s*,\s*JSON\.parse|constructor\[/, "a['__proto__'] = b;");
  absent('use no plug-ins or dead technology', templates, /<(object|embed|applet|frame|frameset|marquee|bgsound)\b|application\/x-(shockwave|java|silverlight)/i, '<object data="x.swf">');
  absent('tell no other site about their visitors', templates, /(src|href|action)="https?:\/\/(?!www\.gsi\.go\.jp)|google-analytics|gtag\(|<iframe/i, '<script src="https://tracker.example/t.js">', /^web\/templates\/[\w/-]+\.html: .*<a /);
  absent('let passwords be pasted', scripts, /password[\s\S]*preventDefault|onpaste/i, "password.addEventListener('paste', (e) => e.preventDefault());");
});

describe('the repository', () => {
  absent('holds no secret', pick(/\.(cpp|h|js|mjs|sh|yaml|yml|json|md|conf|service|cmake|sql)$/, /package-lock\.json|tests\/conformance\/absent_test\.js/), /-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|xox[baprs]-[A-Za-z0-9-]{10,}/, '-----BEGIN RSA PRIVATE KEY-----');
  test('a key file or database is never committed', () => assert.deepEqual(pick(/\.(key|pem|p12|pfx|db|sqlite|db-wal)$|(^|\/)\.env$/), []));
});

test('the program is linked with none of the libraries of what it does not speak', (t) => {
  const program = join(root, 'build/release/machiya');
  if (!existsSync(program)) return t.skip('build/release/machiya is not built');
  const foreign = /lib(memcached|xml2|xslt|websockets|srtp2?|nice|usrsctp|lasso|xmlsec1|jni|jvm)\.so/;
  assert.match('libxml2.so.2 => /usr/lib/libxml2.so.2', foreign);
  const linked = execFileSync('objdump', ['-p', program], { encoding: 'utf8' }).split('\n').filter((line) => /NEEDED/.test(line));
  assert.ok(linked.length > 10, linked.join());
  assert.deepEqual(linked.filter((line) => foreign.test(line)), []);
});
