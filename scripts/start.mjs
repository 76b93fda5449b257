// `npm start`: builds when needed, then becomes the standalone server in this same process. The
// script of package.json runs it by `exec`: a shell in between would die of the SIGTERM that npm
// passes on, and leave the server running without a parent. (On Windows: node scripts/start.mjs.)
import './build.mjs';

await import('../dist/apps/standalone/main.js');
