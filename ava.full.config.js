// What is not in the core, since it is slow: `npm run test:full`.
export const full = ['dist/test/install/**'];

export default {
  files: [
    ...full,
    'test/proof/dist/test/proof/**/*.test.js',
    'scripts/bench/dist/test/bench/**/*.test.js',
  ],
  timeout: '10m',
  workerThreads: false,
};
