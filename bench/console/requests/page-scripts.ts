/** Code that runs in the page; as text, because the benchmark itself is compiled without a DOM. */

/** Milliseconds from the start of the navigation to the frame that shows the first rows. */
export const ROWS_SHOWN = `new Promise((done) => {
  const look = () => document.querySelector('[role="rowheader"]') ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
  look();
})`;

/**
 * Scrolls by so many pixels in each frame until so many are behind or nothing more comes for 5 s.
 * Frames at the end of what is loaded, waiting for more, are counted apart: there is nothing to draw in them.
 */
export const SCROLL = (selector: string, pxPerFrame: number, px: number | 'all'): string => `new Promise((done) => {
  const box = document.querySelector('${selector}');
  const enough = ${px === 'all' ? 'box.scrollHeight - box.clientHeight' : px};
  const frames = [];
  let waited = 0;
  let last = null;
  let moved = 0;
  let movedAt = performance.now();
  const tick = (now) => {
    const before = box.scrollTop;
    box.scrollTop += ${pxPerFrame};
    const step = box.scrollTop - before;
    if (last !== null) step > 0 ? frames.push(now - last) : (waited += now - last);
    last = now;
    moved += step;
    if (step > 0) movedAt = now;
    if (moved >= enough - 1 || now - movedAt > 5000) done({ frames, waitedMs: waited, px: moved, rows: box.querySelectorAll('[role=row], tr').length, elements: document.querySelectorAll('*').length });
    else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
})`;

/** Does something to the list, and gives the milliseconds to the frame in which its first row is another. */
export const UNTIL_OTHER_ROWS = (act: string): string => `(async () => {
  const first = () => document.querySelector('[role="grid"] [aria-rowindex="2"] a')?.getAttribute('href');
  const before = first();
  const set = (field, value) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value);
    field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  };
  const start = performance.now();
  ${act}
  while (first() === before || first() === undefined) await new Promise((next) => requestAnimationFrame(next));
  await new Promise((next) => requestAnimationFrame(next));
  return performance.now() - start;
})()`;

export const JUMP = (moment: string): string => UNTIL_OTHER_ROWS(`
  set(document.querySelector('input[name="at"]'), '${moment}');
  await new Promise((next) => requestAnimationFrame(next));
  [...document.querySelectorAll('button')].find((button) => button.textContent === 'Jump').click();`);
export const FILTER = UNTIL_OTHER_ROWS(`set(document.querySelector('select[name="flag"]'), 'dropped');`);

/** All of some requests in an ordinary table, with the console's own style: what there is without windowing. */
export const PLAIN = (query: string, requests: number): string => `(async () => {
  const items = [];
  let cursor = null;
  while (items.length < ${requests}) {
    const page = await (await fetch('/api/v1/traces?limit=200&${query}' + (cursor ? '&cursor=' + cursor : ''))).json();
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  const start = performance.now();
  const row = (tag, cells) => {
    const line = document.createElement('tr');
    for (const cell of cells) line.append(Object.assign(document.createElement(tag), { textContent: cell, className: 'px-3' }));
    return line;
  };
  const table = Object.assign(document.createElement('table'), { className: 'w-full border-collapse text-sm' });
  table.append(row('th', ['Admitted', 'Status', 'Duration', 'First token', 'Tokens', 'Segment', 'Release', 'Flags']));
  for (const one of items.slice(0, ${requests})) table.append(row('td', [new Date(one.at).toLocaleString(), one.status, one.durationMs, one.timeToFirstTokenMs, one.promptTokens + ', ' + one.completionTokens, Object.values(one.segment).join(' '), one.releaseId.slice(0, 10), (one.flags ?? []).join(' ')]));
  const box = Object.assign(document.createElement('div'), { id: 'plain', className: 'overflow-auto' });
  box.style.height = '500px';
  box.append(table);
  document.body.replaceChildren(box);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
})()`;
