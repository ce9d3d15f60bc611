import test from 'ava';
import fc from 'fast-check';
import { DAY, SECOND } from '../../lib/time.ts';
import { secretFault } from '../../lib/tokens/keys/secret/rules.ts';
import { type Config, parseConfig } from '../../server/config/config.ts';
import { ConfigError } from '../../server/config/error.ts';
import { SECRETS, settings } from '../../server/config/settings.ts';

const names = [...Object.keys(settings), ...SECRETS.map((name) => `${name}_FILE`)];

/** Texts of every kind, and ones that are nearly right. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 80 }),
  fc.stringMatching(/^\d{0,14}(ms|s|m|h|d)?$/),
  fc.stringMatching(/^\d{1,7}\/\d{1,14}(ms|s|m|h|d)$/),
  fc.stringMatching(/^mongodb(\+srv)?:\/\/[ -~]{0,40}$/),
  fc.webUrl().map((url) => url.replace(/^https?/, 'mongodb')),
);

const environment = fc.dictionary(fc.constantFrom(...names), text);

/** Long enough that its being in a message is no chance. */
const telling = 20;

test('parseConfig never throws anything but ConfigError and never echoes a secret', (t) => {
  fc.assert(
    fc.property(environment, (env) => {
      try {
        parseConfig(env);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const echoed = SECRETS.map((name) => env[name]?.trim() ?? '')
          .filter((value) => value.length >= telling)
          .filter((value) => error.message.includes(value));
        if (echoed.length > 0) throw new Error('A secret was echoed', { cause: error });
      }
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

/** Asserts the conditions of revocation: each is false for some configuration that has to be refused. */
function assertPromiseCanHold(config: Config) {
  const { ACCESS_TOKEN_TTL: access, REFRESH_TOKEN_IDLE_TTL: idle } = config;
  const holds = {
    'an access token lives a day at most': access > 0 && access <= DAY,
    'an access token ends with its session': access <= idle,
    'a session ends':
      idle <= config.REFRESH_TOKEN_MAX_TTL && config.REFRESH_TOKEN_MAX_TTL <= 90 * DAY,
    'a response has time': config.REQUEST_DEADLINE >= SECOND,
    'no setting is a secret that is weak': secretFault(config.JWT_SECRET_KEY) === undefined,
  };
  const broken = Object.entries(holds).filter(([, isTrue]) => !isTrue);
  if (broken.length > 0) throw new Error(broken.map(([rule]) => rule).join(', '));
}

test('whatever parseConfig accepts has every setting, of its type', (t) => {
  const secret = 'JWT_SECRET_KEY';
  const good = { [secret]: 'q7Vt2mXz9LrB4nKc8WsYdE3hJ6fGaPu1', MONGODB_URI: 'mongodb://127.0.0.1' };
  fc.assert(
    fc.property(environment, (env) => {
      let config: ReturnType<typeof parseConfig>;
      try {
        config = parseConfig({ ...env, ...good, JWT_SECRET_KEY_FILE: '', MONGODB_URI_FILE: '' });
      } catch {
        return;
      }
      const limits = [
        config.LOGIN_FAILURES_PER_ACCOUNT,
        config.LOGIN_FAILURES_PER_ADDRESS,
        config.LOGIN_FAILURES_ANYWHERE,
      ];
      const numbers = [
        config.PORT,
        config.ACCESS_TOKEN_TTL,
        config.REFRESH_TOKEN_IDLE_TTL,
        config.REFRESH_TOKEN_MAX_TTL,
        config.REFRESH_GRACE,
        config.MAX_SESSIONS,
        config.PASSWORD_MIN_LENGTH,
        config.BCRYPT_COST,
        config.BCRYPT_THREADS,
        config.REQUEST_DEADLINE,
        config.AUDIT_RETENTION,
        config.TRUST_PROXY,
        ...limits.flatMap(({ points, duration }) => [points, duration]),
      ];
      if (!numbers.every(Number.isSafeInteger)) throw new Error('A number is none');
      if (!limits.every(({ duration }) => duration >= 1_000)) throw new Error('A window is none');
      assertPromiseCanHold(config);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});
