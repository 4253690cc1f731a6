// Two ways to use a page in the browser: with a pointer, and with nothing but the keyboard.
// Both have the same actions: set(control, value) and press(selector). A control is {id, name, type, value} as read by controls().

/** Answers a file question: the shape that both the answers and the browser know. */
export const browserFile = (name, mimeType, bytes) => ({ name, mimeType, buffer: Buffer.from(bytes), bytes: true });

export class Pointer {
  constructor(page) {
    this.page = page;
    this.taps = 0;
  }
  async set(control, value) {
    const own = this.page.locator(`[id="${control.id}"]`);
    if (control.type === 'radio' || control.type === 'checkbox') {
      if (await own.isChecked()) return;
      await this.page.locator(`label[for="${control.id}"]`).click();
    } else if (control.type === 'select-one') await own.selectOption(String(value));
    else if (control.type === 'file') await own.setInputFiles(value);
    else await own.fill(String(value));
    this.taps++;
  }
  async press(selector) {
    this.taps++;
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), this.page.locator(selector).first().click()]);
  }
}

export class Keyboard {
  constructor(page) {
    this.page = page;
    this.presses = 0;
    this.stops = 0;
    this.unseen = new Set();
  }
  async key(name) {
    this.presses++;
    await this.page.keyboard.press(name);
  }
  /** Goes on with Tab until the focus is on an element of the selector; every stop on the way must show its focus. */
  async reach(selector) {
    for (let i = 0; i < 300; i++) {
      const at = await this.page.evaluate((wanted) => {
        const e = document.activeElement;
        if (!e || e === document.body || e.tagName === 'MAIN') return { on: false };
        const ring = (x) => x && getComputedStyle(x).outlineStyle !== 'none' && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
        const drawn = e.closest('svg') && [...e.querySelectorAll('path, circle, polygon')].some((x) => parseFloat(getComputedStyle(x).strokeWidth) >= 4);
        const box = e.getBoundingClientRect();
        return {
          on: e.matches(wanted), shown: ring(e) || ring(e.nextElementSibling) || drawn || Boolean(e.closest('.maplibregl-map')),
          inView: box.bottom > 0 && box.top < innerHeight, name: `${e.tagName.toLowerCase()} ${e.getAttribute('name') ?? e.textContent.trim().slice(0, 20)}`,
        };
      }, selector);
      if (at.name) {
        this.stops++;
        if (!at.shown) this.unseen.add(`focus is not seen on ${at.name}`);
        if (!at.inView) this.unseen.add(`focus is out of the window on ${at.name}`);
      }
      if (at.on) return;
      await this.key('Tab');
    }
    throw new Error(`the Tab key does not reach ${selector} on ${this.page.url()}`);
  }
  focused(read) {
    return this.page.evaluate(`(${read})(document.activeElement)`);
  }
  async set(control, value) {
    if (control.type === 'radio') return this.choose(control);
    await this.reach(`[id="${control.id}"]`);
    if (control.type === 'checkbox') {
      if (!(await this.focused('(e) => e.checked'))) await this.key('Space');
    } else if (control.type === 'select-one') {
      await this.key('Home');
      for (let i = 0; i < 80 && (await this.focused('(e) => e.value')) !== String(value); i++) await this.key('ArrowDown');
      if ((await this.focused('(e) => e.value')) !== String(value)) throw new Error(`the arrow keys do not reach "${value}" of ${control.name}`);
    } else if (control.type === 'file') {
      await (await this.page.evaluateHandle('document.activeElement')).asElement().setInputFiles(value);
    } else {
      await this.key('Control+a');
      this.presses += String(value).length;
      await this.page.keyboard.type(String(value));
    }
  }
  async choose(control) {
    await this.reach(`input[type=radio][name="${control.name}"]`);
    for (let i = 0; i < 60; i++) {
      const at = await this.focused('(e) => ({ value: e.value, checked: e.checked })');
      if (at.value === control.value) {
        if (!at.checked) await this.key('Space');
        return;
      }
      await this.key('ArrowDown');
    }
    throw new Error(`the arrow keys do not reach "${control.value}" of ${control.name}`);
  }
  async press(selector) {
    await this.reach(selector);
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), this.key('Enter')]);
  }
}
