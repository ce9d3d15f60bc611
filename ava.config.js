// Tests are compiled to build/ first. One mongod serves them all, so not every core may run a file.
export default {
  files: ['build/test/**/*.test.js', '!build/test/install/**'],
  timeout: '3m',
  workerThreads: false,
};
