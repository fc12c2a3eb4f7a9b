// Where one is: `#page/argument?filters`. All of it is in the address, so that it can be reloaded, sent and gone back from.

/// `{ page, argument, filters }` of the address; what is no page of ours is the fleet.
export function here(pages) {
  const [path, query = ''] = location.hash.slice(1).split('?');
  const [page, ...rest] = path.split('/');
  let argument = null;
  try { argument = rest.length ? decodeURIComponent(rest.join('/')) : null; } catch { /* not an address of ours */ }
  return { page: pages.includes(page) ? page : 'fleet', argument, filters: new URLSearchParams(query) };
}

/// The address of a page, for links.
export function address(page, argument = null, filters = {}) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  return `#${page}${argument === null ? '' : `/${encodeURIComponent(argument)}`}${query ? `?${query}` : ''}`;
}

export function go(page, argument = null, filters = {}) {
  location.hash = address(page, argument, filters);
}

/// Changes filters of the page one is on. Typing does not fill the history.
export function refine(changes, { replace = false } = {}) {
  const [path, query = ''] = location.hash.slice(1).split('?');
  const filters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) filters.set(name, value); else filters.delete(name);
  }
  const text = filters.toString();
  const next = `#${path || 'fleet'}${text ? `?${text}` : ''}`;
  if (next === location.hash) return;
  if (replace) {
    history.replaceState(null, '', next);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = next;
  }
}
