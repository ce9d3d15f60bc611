import { DAY, MINUTE, SECOND } from './time.ts';

/** The share of the deadline of a request that its use case gets. The rest is reserved for sending the response. */
export const USE_CASE_SHARE = 0.9;

/** The defaults of the options, in the units of the options. The settings of the server have the same defaults. */
export const DEFAULTS = Object.freeze({
  issuer: 'rescind',
  audience: 'rescind',
  accessTokenTtl: 15 * MINUTE,
  refreshTokenIdleTtl: 7 * DAY,
  refreshTokenMaxTtl: 30 * DAY,
  refreshGrace: MINUTE,
  maxSessions: 100,
  bcryptCost: 12,
  bcryptThreads: 1,
  passwordMinLength: 15,
  rememberedTokenBytes: 96 * 1024 * 1024,
  deadline: 5 * SECOND,
  follow: 'auto' as 'auto' | 'off',
  loginLimits: Object.freeze({
    perAccount: Object.freeze({ points: 10, duration: 15 * MINUTE }),
    perAddress: Object.freeze({ points: 100, duration: 15 * MINUTE }),
    anywhere: Object.freeze({ points: 100, duration: DAY }),
  }),
  clock: Date.now,
});
