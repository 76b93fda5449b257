/** Code that runs in the page; as text, because the benchmark itself is compiled without a DOM. */

/** Resolves when what was drawn so far has been presented: after the frame that follows. */
export const NEXT_FRAME = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

/** Milliseconds from the start of the navigation to the frame in which the console's map was drawn. */
export const MAP_DRAWN = `new Promise((done) => {
  const look = () => {
    const canvas = document.querySelector('[role="grid"] canvas');
    // The painter gives the canvas its size in the frame in which it draws.
    if (canvas && canvas.width > 400) requestAnimationFrame(() => done(performance.now()));
    else requestAnimationFrame(look);
  };
  look();
})`;

/** Chooses "experts by load" in the console; milliseconds from there to the frame in which the map is drawn anew. */
export const SORT_CONSOLE = `(async () => {
  const canvas = document.querySelector('[role="grid"] canvas');
  const strip = () => canvas.getContext('2d').getImageData(100, 100, 200, 1).data.join();
  const select = [...document.querySelectorAll('label')].find((label) => label.textContent.startsWith('Experts by')).querySelector('select');
  const before = strip();
  const start = performance.now();
  Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(select, 'load');
  select.dispatchEvent(new Event('change', { bubbles: true }));
  while (strip() === before) await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - start;
})()`;

/** Starts to note the time between frames. */
export const WATCH_FRAMES = `(() => {
  const frames = [];
  let last = performance.now();
  window.benchFrames = frames;
  window.benchWatching = true;
  const tick = (now) => {
    frames.push(now - last);
    last = now;
    if (window.benchWatching) requestAnimationFrame(tick);
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
})()`;
export const FRAMES = '(() => { window.benchWatching = false; return window.benchFrames; })()';

/** Starts to note how long after its event each interaction was presented (Event Timing). */
export const WATCH_EVENTS = `(() => {
  window.benchEvents = [];
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) window.benchEvents.push(duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: false });
})()`;
export const EVENTS = 'window.benchEvents';

/** Reads the usage of the wide model into the page, as rows of shares. */
export const LOAD_DATA = (model: string, from: string, to: string): string => `fetch('/api/v1/usage?model=${model}&from=${from}&to=${to}').then((answer) => answer.json()).then(({ groups, experts }) => {
  window.benchRows = groups[0].layers.map(({ share }) => share);
  window.benchExperts = experts;
  document.body.innerHTML = '<div style="height: 300px"></div><div id="bench" style="width: 1150px; height: 600px"></div><div style="height: 900px"></div>';
  return window.benchRows.length;
})`;

/** Rows as they are, or each sorted by load: what "experts by load" does. */
const ROWS = '(isSorted ? window.benchRows.map((row) => row.toSorted((a, b) => b - a)) : window.benchRows)';

/** The map as SVG: a rectangle for each cell, coloured by its class of ratio, a title for each, framed when pointed at. */
export const SVG_DRAW = `window.benchDraw = (isSorted) => {
  const rows = ${ROWS};
  const experts = window.benchExperts;
  const [width, height] = [1110 / experts, 560 / rows.length];
  const colour = (share) => {
    const t = Math.max(-1, Math.min(1, Math.log2(share * experts) / 2));
    const mix = Math.round(Math.abs(t) * 100);
    return 'color-mix(in oklab, ' + (t < 0 ? '#2166ac' : '#b2500f') + ' ' + mix + '%, #f1f1ee)';
  };
  const cells = rows.flatMap((row, at) => row.map((share, expert) => '<rect x="' + (40 + expert * width) + '" y="' + (22 + at * height) + '" width="' + width + '" height="' + height + '" fill="' + colour(share) + '"><title>layer ' + at + ', expert ' + expert + ': ' + (100 * share).toFixed(2) + '%</title></rect>'));
  document.getElementById('bench').innerHTML = '<svg width="1150" height="590"><style></style>' + cells.join('') + '<rect id="mark" fill="none" stroke="#131a22" stroke-width="2" pointer-events="none"/></svg><div id="tip" style="position:absolute"></div>';
  const [svg, mark, tip] = [document.querySelector('#bench svg'), document.getElementById('mark'), document.getElementById('tip')];
  svg.addEventListener('pointermove', (event) => {
    if (event.target.tagName !== 'rect') return;
    for (const name of ['x', 'y', 'width', 'height']) mark.setAttribute(name, event.target.getAttribute(name));
    tip.textContent = event.target.textContent;
    tip.style.left = event.pageX + 'px';
    tip.style.top = event.pageY + 'px';
  });
}`;

/** The map as Apache ECharts draws it on a canvas, with its own tooltip and emphasis, without animation. */
export const ECHARTS_DRAW = `(() => {
  const chart = echarts.init(document.getElementById('bench'), null, { renderer: 'canvas' });
  window.benchDraw = (isSorted) => {
    const rows = ${ROWS};
    const experts = window.benchExperts;
    chart.setOption({
      animation: false,
      tooltip: { formatter: ({ value }) => 'layer ' + value[1] + ', expert ' + value[0] + ': ' + value[2] },
      grid: { left: 40, top: 22, right: 0, bottom: 0 },
      xAxis: { type: 'category', position: 'top', data: Array.from({ length: experts }, (_, expert) => expert) },
      yAxis: { type: 'category', inverse: true, data: rows.map((_, layer) => layer) },
      visualMap: { show: false, min: -2, max: 2, dimension: 3, inRange: { color: ['#2166ac', '#f1f1ee', '#b2500f'] } },
      series: [{ type: 'heatmap', progressive: 0, emphasis: { itemStyle: { borderColor: '#131a22', borderWidth: 2 } }, data: rows.flatMap((row, layer) => row.map((share, expert) => [expert, layer, share, Math.max(-2, Math.log2(share * experts))])) }],
    });
  };
})()`;

/** Draws, and gives the milliseconds until it was presented. */
export const DRAW = (isSorted: boolean): string => `(async () => { const start = performance.now(); window.benchDraw(${isSorted}); await ${NEXT_FRAME}; return performance.now() - start; })()`;
