import { full } from './ava.full.config.js';

// The core: `npm test`.
export default {
  files: ['dist/test/**/*.test.js', ...full.map((files) => `!${files}`)],
  timeout: '5m',
  workerThreads: false,
};
