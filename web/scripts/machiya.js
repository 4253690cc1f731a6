// Progressive enhancement: every page works without this file. Each helper is loaded only where the page asks for it.
const on = (selector, load) => {
  const elements = [...document.querySelectorAll(selector)];
  if (elements.length > 0) load().then((module) => elements.forEach((element) => module.enhance(element)));
};

// The error summary takes the focus when the page comes back with errors.
document.querySelector('[data-focus]')?.focus();

// The language menu closes with Escape and when the focus leaves it.
for (const menu of document.querySelectorAll('.languages__menu')) {
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}

on('[data-preview]', () => import('./preview.js'));
on('[data-address]', () => import('./address.js'));
on('[data-place]', () => import('./place.js'));
on('[data-events]', () => import('./live.js'));
on('[data-map-view]', () => import('./map_view.js'));
on('[data-livemap]', () => import('./livemap.js'));
on('[data-passkey]', () => import('./passkey.js'));
on('[data-push], [data-push-leave]', () => import('./push.js'));
on('[data-grid]', () => import('./grid.js'));
