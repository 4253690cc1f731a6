// One Chromium for a whole run, as an unprivileged user (../chromium). Its own sandbox needs rights that containers often
// lack; the pages are our own, on loopback.
import { chromium } from 'playwright-core';

export const languages = ['ja', 'ja-easy', 'en', 'zh-Hans', 'ko', 'vi'];
export const staffLanguages = ['ja', 'en'];

export function launch() {
  return chromium.launch({
    executablePath: new URL('../chromium', import.meta.url).pathname,
    headless: true,
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export function newContext(browser, options = {}) {
  return browser.newContext({ locale: 'ja-JP', timezoneId: 'Asia/Tokyo', viewport: { width: 390, height: 844 }, reducedMotion: 'reduce', ...options });
}

/** Gives the session of a plain client to a browser context. */
export function handOver(client, context, base) {
  return context.addCookies(client.jar.entries().map(([name, value]) => ({ name, value, url: base })));
}
