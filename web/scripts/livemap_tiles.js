// Tiles of a map: fetched as they come into view, kept while they are likely to be seen again, asked for anew when they change.
import { readTile } from './livemap_tile.js';

const KEPT = 200;

export class Tiles {
  /** `onLoad` is called when one has come. */
  constructor(template, onLoad) {
    this.template = template;
    this.onLoad = onLoad;
    this.tiles = new Map();
    this.query = '';
    this.failed = false;
  }

  /** Tiles of another moment: those that are shown stay until theirs have come. */
  turnTo(query) {
    if (query === this.query) return;
    this.query = query;
    for (const tile of this.tiles.values()) tile.stale = true;
  }

  /** Those of a cell ("z/x/y") and all that contain or lie in it are fetched again when they are next in view. */
  changed(cell) {
    const [z, x, y] = cell.split('/').map(Number);
    for (const tile of this.tiles.values()) {
      const up = Math.max(0, tile.z - z);
      const down = Math.max(0, z - tile.z);
      if (Math.floor(tile.x / 2 ** up) === Math.floor(x / 2 ** down) && Math.floor(tile.y / 2 ** up) === Math.floor(y / 2 ** down)) tile.stale = true;
    }
  }

  get({ z, x, y, key }) {
    let tile = this.tiles.get(key);
    if (!tile) {
      tile = { z, x, y, layers: null, stale: true, busy: false };
      this.tiles.set(key, tile);
      if (this.tiles.size > KEPT) for (const old of this.tiles.keys()) {
        if (this.tiles.size <= KEPT) break;
        this.tiles.delete(old);
      }
    } else {
      this.tiles.delete(key);   // the last one in the order is the youngest
      this.tiles.set(key, tile);
    }
    if (tile.stale && !tile.busy) this.load(tile);
    return tile;
  }

  async load(tile) {
    tile.busy = true;
    tile.stale = false;
    const { query } = this;
    const address = this.template.replace('{z}', tile.z).replace('{x}', tile.x).replace('{y}', tile.y) + query;
    try {
      const answer = await fetch(address, { cache: 'no-cache' });   // the server says 304 when nothing changed
      if (!answer.ok) throw new Error(String(answer.status));
      const layers = readTile(await answer.arrayBuffer());
      if (query === this.query) tile.layers = layers;
      else tile.stale = true;
      this.failed = false;
    } catch {
      this.failed = true;
      setTimeout(() => { tile.stale = true; this.onLoad(); }, 5000);
    }
    tile.busy = false;
    this.onLoad();
  }
}
