// node run.mjs PROGRAM DIR: runs a wasm32-wasi program that reads below DIR (and nothing else), with Node's own WASI.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WASI } from 'node:wasi';

const [program, dir] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [program, '/data'], preopens: { '/data': resolve(dir) }, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
