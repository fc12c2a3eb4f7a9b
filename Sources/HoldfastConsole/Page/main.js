// Puts the page together: what is the same everywhere, and which page is shown in it.

import * as account from './account.js';
import * as alerts from './alerts.js';
import * as audit from './audit.js';
import * as fleet from './fleet.js';
import * as letters from './letters.js';
import * as pauses from './pauses.js';
import * as settings from './settings.js';
import { activeAlerts, lookForAlerts } from './active-alerts.js';
import { whenTokenNeeded } from './api.js';
import { askForToken } from './ask.js';
import { byId, fill, make, oncePerFrame, write } from './dom.js';
import { startKeys } from './keys.js';
import { ago, isChinese, number, otherName, refreshTimes, switchLanguage, texts } from './language.js';
import { ask, listen, model, start } from './model.js';
import { learnRole } from './role.js';
import { address, here } from './router.js';
import { startSearch, translateSearch } from './search.js';
import { startTheme, theme } from './theme.js';

const pages = { fleet, alerts, letters, pauses, audit, settings, account };
const inNavigation = ['fleet', 'alerts', 'letters', 'pauses', 'audit', 'settings'];
// A connection that is back within this is not spoken of.
const lostAfter = 1500;

let shown = null;
let isDrawn = false;
let route = here(Object.keys(pages));

const draw = oncePerFrame(() => {
  drawConnection();
  drawNavigation();
  pages[route.page].draw(route);
  const title = pages[route.page].title(route);
  if (model.isLoaded && !isDrawn) {
    isDrawn = true;
    // For whoever measures how soon there is something to see.
    performance.mark('holdfast-drawn');
  }
  document.title = title ? `${title} · Holdfast` : 'Holdfast';
  refreshTimes();
});

function show() {
  route = here(Object.keys(pages));
  const which = JSON.stringify([route.page, route.argument, texts().languageName]);
  if (which !== shown) {
    const isOther = shown !== null;
    shown = which;
    byId('view').className = `page-${route.page}`;
    byId('view').replaceChildren(...pages[route.page].build(route));
    if (isOther) scrollTo(0, 0);
  }
  draw();
}

function drawNavigation() {
  const count = { alerts: activeAlerts()?.length };
  fill(byId('nav'), JSON.stringify([texts().languageName, route.page, count]), () => inNavigation.map((page) => make('a', {
    href: address(page), 'aria-current': page === route.page || (page === 'fleet' && route.page === 'account') ? 'page' : null,
  }, texts().pages[page], count[page] ? make('span', { class: 'pill' }, number(count[page])) : null)));
}

/// The connection to Holdfast itself.
function drawConnection() {
  const t = texts();
  const isLost = model.lostSince !== null && Date.now() - model.lostSince > lostAfter;
  write(byId('live'), isLost ? t.lostShort : model.isLoaded ? t.live : t.connecting);
  byId('live').className = `live ${isLost ? 'off' : model.isLoaded ? 'on' : ''}`;
  byId('lost').hidden = !isLost;
  if (isLost) write(byId('lost'), t.lost(ago(new Date(model.lostSince).toISOString())));
  document.body.classList.toggle('stale', isLost);
}

function speak() {
  const t = texts();
  document.documentElement.lang = isChinese() ? 'zh-CN' : 'en';
  byId('language').textContent = otherName();
  byId('language').lang = isChinese() ? 'en' : 'zh-CN';
  byId('skip').textContent = t.skip;
  byId('nav').setAttribute('aria-label', t.navigation);
  nameTheme();
  translateSearch();
  show();
}

function nameTheme() {
  byId('theme').setAttribute('aria-label', texts().theme[theme()]);
  byId('theme').title = texts().theme[theme()];
}

// Not by its address: that would be another page.
byId('skip').addEventListener('click', (event) => { event.preventDefault(); byId('view').focus(); });
byId('language').addEventListener('click', () => { switchLanguage(); speak(); });
addEventListener('hashchange', show);
addEventListener('look', draw);
setInterval(draw, 1000);
listen((name) => { if (name === 'alert') lookForAlerts(true); });

whenTokenNeeded(async () => {
  // Of all the questions that were refused one brings the dialog; the others must not ask again meanwhile.
  if (!await askForToken()) return;
  await learnRole().catch(() => {});
  shown = null;
  show();
  ask();
});
startTheme(byId('theme'), () => { nameTheme(); draw(); });
startSearch();
startKeys(pages);
learnRole().then(() => { shown = null; show(); }, () => {});
speak();
start(draw);
