// `npm start`: builds when needed, then becomes the standalone server in this same process. One
// command rather than `build && serve`: a shell that runs two would not pass SIGTERM on to the second.
import './build.mjs';

await import('../dist/apps/standalone/main.js');
