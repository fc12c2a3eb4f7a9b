// Puts the page together.

import { whenTokenNeeded } from './api.js';
import { askForToken } from './ask.js';
import { byId, oncePerFrame } from './dom.js';
import { isChinese, otherName, switchLanguage, texts } from './language.js';
import { drawMap, filterMap, startMap } from './map.js';
import { model, start } from './model.js';
import { drawConnection, drawOverview, filter, refreshTimes } from './overview.js';
import { drawPanel, openAccount, startPanel } from './panel.js';

const draw = oncePerFrame(() => {
  drawConnection();
  drawOverview(choose, openAccount);
  drawMap();
  drawPanel();
  drawEmptyMap();
});

function choose(chosen) {
  filter.chosen = chosen;
  draw();
}

const wanted = () => byId('search').value.trim().toLowerCase();

filterMap((account) => (!wanted() || account.id.toLowerCase().includes(wanted()))
  && (!filter.chosen || account[filter.chosen.kind] === filter.chosen.name));

function drawEmptyMap() {
  const isEmpty = model.isLoaded && wanted() !== '' && ![...model.accounts.keys()].some((id) => id.toLowerCase().includes(wanted()));
  byId('map-empty').hidden = !isEmpty;
  byId('map-empty').textContent = texts().nothingFound;
}

function speak() {
  document.documentElement.lang = isChinese() ? 'zh-CN' : 'en';
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = texts()[element.dataset.text];
  byId('language').textContent = otherName();
  byId('search').placeholder = texts().search;
  byId('search').setAttribute('aria-label', texts().search);
  draw();
}

byId('language').addEventListener('click', () => { switchLanguage(); speak(); });
byId('search').addEventListener('input', draw);
byId('search').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  const found = [...model.accounts.keys()].filter((id) => id.toLowerCase().includes(wanted()));
  const best = found.find((id) => id.toLowerCase() === wanted()) ?? (found.length === 1 ? found[0] : null);
  if (best) openAccount(best);
});
addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === '/' && !isTyping && !document.querySelector('dialog[open]')) { event.preventDefault(); byId('search').focus(); }
});
setInterval(() => { drawConnection(); refreshTimes(); }, 1000);

whenTokenNeeded(askForToken);
startMap(openAccount);
startPanel();
speak();
start(draw);
