// Rich menus as the LINE Messaging API keeps them: made, given a picture once, named by aliases, shown to all or to some.
import { randomBytes } from 'node:crypto';
import { image_of, menu_fault, users_fault } from './line_rules.mjs';

const MOST_IMAGE_BYTES = 1024 * 1024;

export class Menus {
  /** answers: {bad(message, fault), gone()} in LINE's shape. */
  constructor(answers) {
    Object.assign(this, answers);
    this.clear();
  }
  clear() {
    this.menus = new Map();
    this.images = new Map();
    this.aliases = new Map();
    this.of_user = new Map();
    this.default_menu = undefined;
    this.batches = new Map();
  }
  taken(effect, answer) {
    return { effect, accept: (request_id) => answer(request_id) };
  }

  /** [method, path pattern, handler(match, json, request)] of everything about menus. Texts that never vary stand before patterns. */
  routes() {
    const ok = () => ({ status: 200, json: {} });
    return [
      ['POST', /^\/v2\/bot\/richmenu$/, (_, json) => this.create(json)],
      ['POST', /^\/v2\/bot\/richmenu\/validate$/, (_, json) => (menu_fault(json) ? this.bad('The request body has 1 error(s)', menu_fault(json)) : ok())],
      ['GET', /^\/v2\/bot\/richmenu\/list$/, () => ({ status: 200, json: { richmenus: [...this.menus].map(([richMenuId, menu]) => ({ richMenuId, ...menu })) } })],
      ['POST', /^\/v2\/bot\/richmenu\/alias$/, (_, json) => this.name(json)],
      ['GET', /^\/v2\/bot\/richmenu\/alias\/list$/, () => ({ status: 200, json: { aliases: [...this.aliases].map(([richMenuAliasId, richMenuId]) => ({ richMenuAliasId, richMenuId })) } })],
      ['GET', /^\/v2\/bot\/richmenu\/alias\/([^/]+)$/, ([, id]) => (this.aliases.has(id) ? { status: 200, json: { richMenuAliasId: id, richMenuId: this.aliases.get(id) } } : this.gone())],
      ['POST', /^\/v2\/bot\/richmenu\/alias\/([^/]+)$/, ([, id], json) => this.rename(id, json)],
      ['DELETE', /^\/v2\/bot\/richmenu\/alias\/([^/]+)$/, ([, id]) => (this.aliases.delete(id) ? ok() : this.gone())],
      ['POST', /^\/v2\/bot\/richmenu\/bulk\/link$/, (_, json) => this.bulk(json, json?.richMenuId)],
      ['POST', /^\/v2\/bot\/richmenu\/bulk\/unlink$/, (_, json) => this.bulk(json, undefined)],
      ['POST', /^\/v2\/bot\/richmenu\/batch$/, (_, json) => this.batch(json, false)],
      ['POST', /^\/v2\/bot\/richmenu\/validate\/batch$/, (_, json) => this.batch(json, true)],
      ['GET', /^\/v2\/bot\/richmenu\/progress\/batch$/, (_, __, { query }) => this.batches.get(query.get('requestId')) ?? this.gone()],
      ['GET', /^\/v2\/bot\/richmenu\/([^/]+)$/, ([, id]) => (this.menus.has(id) ? { status: 200, json: { richMenuId: id, ...this.menus.get(id) } } : this.gone())],
      ['DELETE', /^\/v2\/bot\/richmenu\/([^/]+)$/, ([, id]) => this.remove(id)],
      ['POST', /^\/v2\/bot\/user\/all\/richmenu\/([^/]+)$/, ([, id]) => this.show_all(id)],
      ['GET', /^\/v2\/bot\/user\/all\/richmenu$/, () => (this.default_menu ? { status: 200, json: { richMenuId: this.default_menu } } : this.gone())],
      ['DELETE', /^\/v2\/bot\/user\/all\/richmenu$/, () => { this.default_menu = undefined; return ok(); }],
      ['POST', /^\/v2\/bot\/user\/([^/]+)\/richmenu\/([^/]+)$/, ([, user, id]) => this.bulk({ userIds: [user] }, id, 200)],
      ['GET', /^\/v2\/bot\/user\/([^/]+)\/richmenu$/, ([, user]) => (this.of_user.has(user) ? { status: 200, json: { richMenuId: this.of_user.get(user) } } : this.gone())],
      ['DELETE', /^\/v2\/bot\/user\/([^/]+)\/richmenu$/, ([, user]) => { this.of_user.delete(user); return ok(); }],
    ];
  }

  create(menu) {
    const fault = menu_fault(menu);
    if (fault) return this.bad('The request body has 1 error(s)', fault);
    if (this.menus.size >= 1000) return this.bad('The number of rich menus exceeds the limit');
    const richMenuId = `richmenu-${randomBytes(16).toString('hex')}`;
    return this.taken('richmenu', () => { this.menus.set(richMenuId, menu); return { status: 200, json: { richMenuId } }; });
  }

  /** The picture: once, of the size that the menu has. */
  upload(id, { headers, body }) {
    const menu = this.menus.get(id);
    if (!menu) return this.gone();
    if (this.images.has(id)) return this.bad('An image has already been uploaded to the richmenu');
    const image = image_of(body);
    if (body.length > MOST_IMAGE_BYTES) return { status: 413, json: { message: 'Image is too large' } };
    if (!image || image.type !== headers['content-type']) return { status: 415, json: { message: 'The media type of the image is not what it says' } };
    if (image.width !== menu.size.width || image.height !== menu.size.height) return this.bad('The image size differs from the size of the rich menu');
    return this.taken('richmenu-image', () => { this.images.set(id, body); return { status: 200, json: {} }; });
  }

  name({ richMenuAliasId, richMenuId }) {
    if (!/^[a-z0-9_-]{1,32}$/.test(richMenuAliasId ?? '')) return this.bad('Invalid richmenu alias id');
    if (this.aliases.has(richMenuAliasId)) return this.bad('conflict richmenu alias id');
    if (!this.images.has(richMenuId)) return this.bad('richmenu not found, or it has no image');
    return this.taken('richmenu-alias', () => { this.aliases.set(richMenuAliasId, richMenuId); return { status: 200, json: {} }; });
  }
  rename(id, { richMenuId }) {
    if (!this.aliases.has(id)) return this.gone();
    if (!this.images.has(richMenuId)) return this.bad('richmenu not found, or it has no image');
    return this.taken('richmenu-alias', () => { this.aliases.set(id, richMenuId); return { status: 200, json: {} }; });
  }

  remove(id) {
    if (!this.menus.has(id)) return this.gone();
    return this.taken('richmenu', () => {
      this.menus.delete(id);
      this.images.delete(id);
      if (this.default_menu === id) this.default_menu = undefined;
      return { status: 200, json: {} };
    });
  }
  show_all(id) {
    if (!this.menus.has(id)) return this.gone();
    if (!this.images.has(id)) return this.bad('must upload richmenu image before applying it to user');
    return this.taken('richmenu-default', () => { this.default_menu = id; return { status: 200, json: {} }; });
  }
  bulk(json, id, status = 202) {
    const fault = users_fault(json?.userIds, 'userIds');
    if (fault) return this.bad('The request body has 1 error(s)', fault);
    if (id !== undefined && !this.images.has(id)) return this.gone();
    return this.taken('richmenu-link', () => {
      for (const user of json.userIds) id === undefined ? this.of_user.delete(user) : this.of_user.set(user, id);
      return { status, json: {} };
    });
  }

  batch({ operations }, only_validate) {
    if (!Array.isArray(operations) || operations.length === 0 || operations.length > 1000) return this.bad('operations: 1 to 1000');
    for (const [i, one] of operations.entries())
      for (const name of ['from', 'to']) if (one[name] !== undefined && !this.menus.has(one[name])) return this.bad('The request body has 1 error(s)', { where: `operations[${i}].${name}`, detail: 'no such rich menu' });
    if (only_validate) return { status: 200, json: {} };
    return this.taken('richmenu-batch', (id) => {
      for (const [user, menu] of this.of_user) {
        for (const one of operations) {
          if (one.type === 'link' && menu === one.from) this.of_user.set(user, one.to);
          if (one.type === 'unlinkAll' || (one.type === 'unlink' && menu === one.from)) this.of_user.delete(user);
        }
      }
      const now = new Date().toISOString();
      this.batches.set(id, { status: 200, json: { phase: 'succeeded', acceptedTime: now, completedTime: now } });
      return { status: 202, json: {} };
    });
  }
}
