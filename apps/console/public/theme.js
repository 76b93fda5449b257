// Runs before the first paint, so that a chosen theme does not flash; everything else is in the bundle.
(() => {
  const kept = localStorage.getItem('signalbox.theme');
  const isDark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
