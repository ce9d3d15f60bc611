import { delimiter } from 'node:path';

/** Settings by which npm installs and does nothing beside. */
export const NPM_ALONE = {
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_update_notifier: 'false',
} as const;

/** Returns the environment of the machine, without that of this project, its npm or its owner. */
export function environment(): Record<string, string> {
  const own =
    /^(HOME$|XDG_|npm_|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$|(TEST_)?MONGODB_|JWT_|HOST$|PORT$|AVA_)/i;
  const entries = Object.entries(process.env)
    .filter(([name]) => !own.test(name))
    .map(([name, value]): [string, string] => [name, value ?? '']);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const PATH = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
  return { ...Object.fromEntries(entries), PATH };
}
