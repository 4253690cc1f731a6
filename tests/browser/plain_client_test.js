// Tests of the plain client against a small server of this file.  node --test tests/browser/plain_client_test.js
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { PlainClient } from './plain_client.js';

const pages = {
  '/': '<title>T</title><h1>町<ruby>家<rt>や</rt></ruby></h1><a rel="procedure" href="/p/dog">犬の登録</a><a href="/form">開始</a>',
  '/form': `<form method="post" action="/form" enctype="multipart/form-data"><input type="hidden" name="csrf" value="k">
    <label for="a">名前</label><input id="a" name="dog_name" required aria-describedby="a-error"><p id="a-error">入力してください</p>
    <input type="radio" name="sex" value="m" checked><input type="radio" name="sex" value="f">
    <select name="era"><option value="western">西暦</option><option value="R" selected>令和</option></select>
    <textarea name="note">\n  x</textarea><input type="checkbox" name="ok" value="yes"><input type="file" name="photo">
    <input name="off" value="1" disabled>
    <button name="action" value="next">次へ</button><button name="action" value="back">戻る</button></form>`,
};
let server;
let base;
let seen;
before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    seen = { method: request.method, url: request.url, cookie: request.headers.cookie ?? '', type: request.headers['content-type'] ?? '', body: Buffer.concat(chunks).toString() };
    if (request.method === 'POST') {
      response.writeHead(303, { Location: '/', 'Set-Cookie': ['sid=abc; HttpOnly', 'old=; Max-Age=0'] }).end();
    } else if (pages[request.url]) response.writeHead(200, { 'Content-Type': 'text/html' }).end(pages[request.url]);
    else response.writeHead(404).end('<h1>no</h1>');
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test('reads pages, links and data', async () => {
  const client = new PlainClient(base);
  const page = await client.get('/');
  assert.equal(page.heading, '町家');
  assert.deepEqual(page.links()[0], { href: '/p/dog', rel: 'procedure', text: '犬の登録' });
  assert.equal((await client.follow({ rel: 'procedure' })).status, 404);
  assert.throws(() => client.follow('無い'), /no such link/);
});

test('sends what a browser would, and the button', async () => {
  const client = new PlainClient(base);
  await client.get('/form');
  assert.deepEqual(client.page.errors(), { dog_name: '入力してください' });
  assert.equal(client.form(['dog_name']).field('dog_name').label, '名前');
  const pairs = client.form(['dog_name']).pairs({ dog_name: 'ポチ', ok: 'yes' }, { action: 'next' });
  assert.deepEqual(pairs, [['csrf', 'k'], ['dog_name', 'ポチ'], ['sex', 'm'], ['era', 'R'], ['note', '  x'], ['ok', 'yes'], ['photo', null], ['action', 'next']]);
  assert.throws(() => client.form(['sex']).pairs({ sex: 'x' }), /offers m, f/);
  assert.throws(() => client.form(['sex']).pairs({ nope: '1' }), /no field "nope"/);
  assert.throws(() => client.form(['sex']).pairs({}, { action: 'fly' }), /no button/);
});

test('posts multipart, follows 303 as GET and keeps cookies', async () => {
  const client = new PlainClient(base);
  await client.get('/form');
  await client.submit({ dog_name: 'ポチ', photo: PlainClient.file('a.jpg', 'image/jpeg', 'bytes') }, { action: 'next' });
  assert.equal(seen.method, 'GET');
  assert.equal(seen.url, '/');
  assert.equal(seen.cookie, 'sid=abc');
});
