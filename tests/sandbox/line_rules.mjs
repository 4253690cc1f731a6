// What LINE's reference says in words and its schema does not: lengths, colours, schemes, places. Written by hand, so that it judges
// also where the official document is not at hand. Each rule returns what is wrong as {where, detail}, or undefined.
// Texts are counted in UTF-16 units, as LINE counts messages; action labels, which LINE counts in grapheme clusters, are counted so too:
// never less, so a label that passes here passes there.

export const USER_ID = /^U[0-9a-f]{32}$/;
export const RETRY_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MENU_ALIAS = /^[a-z0-9_-]{1,32}$/;

/** Longest texts. The alternative text of Flex may be longer by now; what is shown as a notification is not, so the older limit holds here. */
export const LIMITS = { text: 5000, alt: 400, label: 20, flex_label: 40, uri: 1000, data: 300, bubble_bytes: 30 * 1024, carousel_bytes: 50 * 1024, bubbles: 12, sender: 20 };

const COLOR = /^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$/;
const KEYWORD_OR_PIXELS = /^(none|xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|full|\d+(\.\d+)?px|\d+(\.\d+)?%)$/;
const BORDER = /^(none|light|normal|medium|semi-bold|bold|\d+(\.\d+)?px)$/;
const TEXT_SIZE = /^(xxs|xs|sm|md|lg|xl|xxl|3xl|4xl|5xl|\d+(\.\d+)?px)$/;
const SCHEMES = /^(https?|line|tel):/;

const is_text = (value, most) => typeof value === 'string' && value.length > 0 && value.length <= most;
/** Half of a surrogate pair: a character was cut in two. */
export const is_torn = (text) => /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
const wrong = (where, detail) => ({ where, detail });

export function action_fault(action, where, label_most) {
  if (typeof action !== 'object' || action === null) return wrong(where, 'an action is an object');
  if (action.label !== undefined && !is_text(action.label, label_most)) return wrong(`${where}.label`, `1 to ${label_most} characters`);
  if (label_most === LIMITS.flex_label && action.label === undefined) return wrong(`${where}.label`, 'a button has a label');
  switch (action.type) {
    case 'uri':
      if (!is_text(action.uri, LIMITS.uri)) return wrong(`${where}.uri`, `1 to ${LIMITS.uri} characters`);
      if (!SCHEMES.test(action.uri)) return wrong(`${where}.uri`, 'invalid uri scheme');
      return undefined;
    case 'postback':
      if (!is_text(action.data, LIMITS.data)) return wrong(`${where}.data`, `1 to ${LIMITS.data} characters`);
      if (action.displayText !== undefined && !is_text(action.displayText, 300)) return wrong(`${where}.displayText`, '1 to 300 characters');
      return undefined;
    case 'message': return is_text(action.text, 300) ? undefined : wrong(`${where}.text`, '1 to 300 characters');
    case 'richmenuswitch':
      if (!MENU_ALIAS.test(action.richMenuAliasId ?? '')) return wrong(`${where}.richMenuAliasId`, 'no alias');
      return is_text(action.data, LIMITS.data) ? undefined : wrong(`${where}.data`, `1 to ${LIMITS.data} characters`);
    default: return typeof action.type === 'string' ? undefined : wrong(`${where}.type`, 'must be specified');
  }
}

const SIZED = ['margin', 'spacing', 'paddingAll', 'paddingTop', 'paddingBottom', 'paddingStart', 'paddingEnd', 'offsetTop', 'offsetBottom', 'offsetStart', 'offsetEnd', 'cornerRadius', 'width', 'height', 'maxWidth', 'maxHeight'];
const COLORED = ['color', 'backgroundColor', 'borderColor', 'separatorColor'];

function look_fault(part, where) {
  for (const name of COLORED) if (part[name] !== undefined && !COLOR.test(part[name])) return wrong(`${where}.${name}`, 'invalid color');
  for (const name of SIZED) {
    if (part[name] === undefined || (name === 'height' && part.type === 'button')) continue;
    if (!KEYWORD_OR_PIXELS.test(part[name])) return wrong(`${where}.${name}`, 'invalid size');
  }
  if (part.borderWidth !== undefined && !BORDER.test(part.borderWidth)) return wrong(`${where}.borderWidth`, 'invalid width');
  if (part.type === 'text' && part.size !== undefined && !TEXT_SIZE.test(part.size)) return wrong(`${where}.size`, 'invalid size');
  return undefined;
}

/** What may stand within what (reference: "Flex Message elements and layout"). */
const WITHIN = {
  vertical: ['box', 'button', 'image', 'video', 'text', 'separator', 'filler'], horizontal: ['box', 'button', 'image', 'video', 'text', 'separator', 'filler'],
  baseline: ['icon', 'text', 'filler'],
};

function component_fault(part, where, depth) {
  if (typeof part !== 'object' || part === null) return wrong(where, 'a component is an object');
  if (depth > 10) return wrong(where, 'nested too deeply');
  const look = look_fault(part, where);
  if (look) return look;
  if (part.action !== undefined && part.type !== 'button') {
    const fault = action_fault(part.action, `${where}.action`, LIMITS.label);
    if (fault) return fault;
  }
  switch (part.type) {
    case 'box': {
      const allowed = WITHIN[part.layout];
      if (!allowed) return wrong(`${where}.layout`, 'no such layout');
      if (!Array.isArray(part.contents)) return wrong(`${where}.contents`, 'must be specified');
      for (const [i, one] of part.contents.entries()) {
        if (!allowed.includes(one?.type)) return wrong(`${where}.contents[${i}]`, `a ${one?.type} may not stand in a ${part.layout} box`);
        const fault = component_fault(one, `${where}.contents[${i}]`, depth + 1);
        if (fault) return fault;
      }
      return undefined;
    }
    case 'text':
      if (part.contents !== undefined) return undefined;
      if (typeof part.text !== 'string' || part.text === '') return wrong(`${where}.text`, 'must be non-empty text');
      return is_torn(part.text) ? wrong(`${where}.text`, 'a character is cut in two') : undefined;
    case 'button': return action_fault(part.action, `${where}.action`, LIMITS.flex_label);
    default: return undefined;
  }
}

function bubble_fault(bubble, where) {
  if (bubble?.type !== 'bubble') return wrong(`${where}.type`, 'bubble expected');
  if (Buffer.byteLength(JSON.stringify(bubble)) > LIMITS.bubble_bytes) return wrong(where, `more than ${LIMITS.bubble_bytes} bytes`);
  for (const name of ['header', 'hero', 'body', 'footer']) {
    if (bubble[name] === undefined) continue;
    if (name !== 'hero' && bubble[name]?.type !== 'box') return wrong(`${where}.${name}`, 'must be a box');
    const fault = component_fault(bubble[name], `${where}.${name}`, 1);
    if (fault) return fault;
  }
  for (const [name, style] of Object.entries(bubble.styles ?? {})) {
    const fault = look_fault(style, `${where}.styles.${name}`);
    if (fault) return fault;
  }
  return undefined;
}

function flex_fault(message, where) {
  if (!is_text(message.altText, LIMITS.alt)) return wrong(`${where}.altText`, `1 to ${LIMITS.alt} characters`);
  if (is_torn(message.altText)) return wrong(`${where}.altText`, 'a character is cut in two');
  if (message.contents?.type !== 'carousel') return bubble_fault(message.contents, `${where}.contents`);
  const bubbles = message.contents.contents;
  if (!Array.isArray(bubbles) || bubbles.length === 0 || bubbles.length > LIMITS.bubbles) return wrong(`${where}.contents.contents`, `1 to ${LIMITS.bubbles} bubbles`);
  if (Buffer.byteLength(JSON.stringify(message.contents)) > LIMITS.carousel_bytes) return wrong(`${where}.contents`, `more than ${LIMITS.carousel_bytes} bytes`);
  for (const [i, bubble] of bubbles.entries()) {
    const fault = bubble_fault(bubble, `${where}.contents.contents[${i}]`);
    if (fault) return fault;
  }
  return undefined;
}

/** The `messages` of any sending request. */
export function messages_fault(messages) {
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > 5) return wrong('messages', 'Size must be between 1 and 5');
  for (const [i, message] of messages.entries()) {
    const where = `messages[${i}]`;
    let fault;
    if (message?.type === 'text') {
      if (!is_text(message.text, LIMITS.text)) fault = wrong(`${where}.text`, `Length must be between 1 and ${LIMITS.text}`);
      else if (message.text.trim() === '') fault = wrong(`${where}.text`, 'May not be empty');
      else if (is_torn(message.text)) fault = wrong(`${where}.text`, 'a character is cut in two');
    } else if (message?.type === 'flex') fault = flex_fault(message, where);
    else if (typeof message?.type !== 'string') fault = wrong(`${where}.type`, 'must be specified');
    if (!fault && message.sender?.name !== undefined && !is_text(message.sender.name, LIMITS.sender)) fault = wrong(`${where}.sender.name`, `1 to ${LIMITS.sender} characters`);
    for (const [k, item] of (message?.quickReply?.items ?? []).entries()) fault ??= action_fault(item.action, `${where}.quickReply.items[${k}].action`, LIMITS.label);
    if (fault) return fault;
  }
  return undefined;
}

/** A list of user ids: 1 to 500, each well formed, none twice. */
export function users_fault(to, where) {
  if (!Array.isArray(to) || to.length < 1 || to.length > 500) return wrong(where, 'Size must be between 1 and 500');
  for (let i = 0; i < to.length; i++) if (typeof to[i] !== 'string' || !USER_ID.test(to[i])) return wrong(`${where}[${i}]`, 'no user id');
  return new Set(to).size === to.length ? undefined : wrong(where, 'the same user twice');
}

/** A rich menu (reference: "Rich menu object"): an image of 800 to 2500 by at least 250, at least 1.45 times as wide as high; 20 areas. */
export function menu_fault(menu) {
  for (const name of ['size', 'selected', 'name', 'chatBarText', 'areas']) if (menu?.[name] === undefined) return wrong(name, 'must be specified');
  const { width, height } = menu.size;
  if (!(width >= 800 && width <= 2500 && height >= 250 && width / height >= 1.45)) return wrong('size', '800 to 2500 wide, at least 250 high, at least 1.45 times as wide as high');
  if (!is_text(menu.name, 300)) return wrong('name', '1 to 300 characters');
  if (!is_text(menu.chatBarText, 14)) return wrong('chatBarText', '1 to 14 characters');
  if (!Array.isArray(menu.areas) || menu.areas.length > 20) return wrong('areas', 'at most 20');
  for (const [i, { bounds, action }] of menu.areas.entries()) {
    if (!bounds || !(bounds.x + bounds.width <= width && bounds.y + bounds.height <= height)) return wrong(`areas[${i}].bounds`, 'outside of the image');
    const fault = action_fault(action, `areas[${i}].action`, LIMITS.label);
    if (fault) return fault;
  }
  return undefined;
}

/** Width, height and type of a PNG or JPEG, or undefined. */
export function image_of(bytes) {
  if (bytes.length > 24 && bytes.readUInt32BE(0) === 0x89504e47) return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return { type: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}
