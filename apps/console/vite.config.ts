import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run console` finds the API while the console is worked on. */
const API = process.env['SIGNALBOX_URL'] ?? 'http://127.0.0.1:7070';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no data: scripts or fonts, and what is inlined is loaded by everybody.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    manifest: 'manifest.json',
  },
  server: { host: '127.0.0.1', proxy: { '/api': API, '/v1': API } },
});
