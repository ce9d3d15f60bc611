// The tests that are not in the core because they take long: `npm run test:full`.
export const full = [
  'dist/test/attacks/**',
  'dist/test/cli/acknowledged.test.js',
  'dist/test/cli/unreachable.test.js',
  'dist/test/cli/unwritable-output.test.js',
  'dist/test/cli/user-create-refusals.test.js',
  'dist/test/docs/privileges-page.test.js',
  'dist/test/linter.test.js',
  'dist/test/install/**',
  'dist/test/journeys/absence-in-traffic.test.js',
  'dist/test/journeys/account-under-attack.test.js',
  'dist/test/journeys/forgotten-connections.test.js',
  'dist/test/journeys/restore.test.js',
  'dist/test/lib/clients.test.js',
  'dist/test/server/config-property.test.js',
  'dist/test/server/slow-clients.test.js',
  'dist/test/lib/store/migrate-at-once.test.js',
  'dist/test/lib/store/migrate-foreign.test.js',
  'dist/test/lib/store/migrate-unusable-users.test.js',
  'dist/test/lib/store/migrate-slow.test.js',
  'dist/test/lib/store/strangers.test.js',
  'dist/test/server/unwritable-output.test.js',
];

export default {
  files: [
    ...full,
    'test/proof/dist/test/proof/**/*.test.js',
    'scripts/bench/dist/test/bench/**/*.test.js',
  ],
  timeout: '10m',
  workerThreads: false,
};
