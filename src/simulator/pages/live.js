// Brings the live sections of a page up to date while somebody looks at it. Forms outside of them are never touched.
const PERIOD_MS = 1500;

const served = new Map(sections(document).map(section => [section.id, section.innerHTML]));
const says = document.querySelector('#says');

setTimeout(refresh, PERIOD_MS);

async function refresh() {
  // While the server is away the page stays as it is.
  if (!document.hidden) await update().catch(() => undefined);
  setTimeout(refresh, PERIOD_MS);
}

async function update() {
  const response = await fetch(location.pathname + location.search);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const section of sections(fresh)) replace(section);
  const { says: state } = fresh.querySelector('#says').dataset;
  if (state !== says.dataset.says) says.textContent = says.dataset.says = state;
}

/** What the server sends is compared with what it sent before: what the reader opened or closed stays. */
function replace(section) {
  const current = document.getElementById(section.id);
  const busy =
    current?.contains(document.activeElement) && document.activeElement.matches('input, button, select');
  if (!current || busy || served.get(section.id) === section.innerHTML) return;
  served.set(section.id, section.innerHTML);
  current.innerHTML = section.innerHTML;
}

function sections(page) {
  return [...page.querySelectorAll('[data-live]')];
}
