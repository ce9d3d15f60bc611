// What a newcomer and an operator do with a fresh copy, each with an `npm ci` of its own: slow, one after another.
export default {
  files: ['build/test/install/**/*.test.js'],
  timeout: '10m',
  workerThreads: false,
  concurrency: 1,
};
