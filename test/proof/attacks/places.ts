import { basic } from '../../helpers/clients.ts';
import { claimsOf } from '../../helpers/forged-tokens.ts';
import type { Got, Sent } from './http-client.ts';
import type { TokenScene } from './token-scene.ts';

/** An answer in few words: `200 of <sub>`, `200 inactive`, `401` … */
export type Outcome = string;

/** Where a server reads tokens. The texts are what stands there, one or several. */
export interface Place {
  request(texts: readonly string[], scene: TokenScene): Sent;
  /** What the oracle says the answer has to be: it knows what was issued, and nothing of the server's code. */
  expected(texts: readonly string[], scene: TokenScene): Outcome;
  /** What was answered, in the oracle's words. */
  seen(got: Got): Outcome;
}

/** Sends the texts as they are in Authorization headers; to logout only what the oracle says is refused. */
function inHeader(method: string, path: string): Place {
  function expected(texts: readonly string[], { issued }: TokenScene): Outcome {
    if (texts.length > 1) return '400';
    const sub = issued.get(credentialIn(asHeader(texts[0] ?? '')));
    return sub === undefined ? '401' : `200 of ${sub}`;
  }

  return {
    request(texts, scene) {
      const isGood = expected(texts, scene).startsWith('200');
      const headers = texts.map((text, index) => [NAMES[index % 2] ?? '', asHeader(text)] as const);
      return isGood ? { ...ME, headers } : { method, path, headers };
    },
    expected,
    seen: ({ status, body }) => (status === 200 ? `200 of ${body.id}` : `${status}`),
  };
}

const ME = { method: 'GET', path: '/api/auth/me' } as const;

const NAMES = ['Authorization', 'authorization'];

/** In UTF-8, but for the bytes that no header may hold: those are for the tests of smuggling. */
function asHeader(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** RFC 9110 section 5.5: space around a value is no part of it; section 11.1: a scheme has no case. */
function credentialIn(value: string): string {
  const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
  if (trimmed.slice(0, 7).toLowerCase() !== 'bearer ') return '';
  return trimmed.slice(7).replace(/^ +/, '');
}

const introspection: Place = {
  request([text = ''], { client }) {
    const headers = [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['Authorization', basic(client).authorization],
    ] as const;
    return { method: 'POST', path: '/oauth/introspect', headers, body: inForm(text) };
  },

  expected([text = ''], { issued }) {
    if (text === '') return '400';
    if (inForm(text).length > LARGEST_BODY) return '413';
    return issued.has(text) ? `200 of ${issued.get(text)}` : '200 inactive';
  },

  seen({ status, body }) {
    if (status !== 200) return `${status}`;
    if (body.active === true) return `200 of ${body.sub}`;
    return Object.keys(body).length === 1 ? '200 inactive' : '200 and too much of an inactive one';
  },
};

const LARGEST_BODY = 16 * 1024;

/** A lone surrogate has no bytes: it goes as U+FFFD. */
function inForm(text: string): Buffer {
  return Buffer.from(`token=${encodeURIComponent(Buffer.from(text).toString())}`);
}

function inJson(text: string): Buffer {
  return Buffer.from(JSON.stringify({ refresh_token: text }));
}

const refresh: Place = {
  request([text = '']) {
    const headers = [['Content-Type', 'application/json']] as const;
    return { method: 'POST', path: '/api/auth/refresh', headers, body: inJson(text) };
  },

  expected([text = ''], { refreshable }) {
    if (inJson(text).length > LARGEST_BODY) return '413';
    if ([...text].length > 512) return '422'; // schemas count code points, as JSON Schema does
    return refreshable.has(text) ? `200 of ${refreshable.get(text)}` : '401';
  },

  seen: ({ status, body }) =>
    status === 200 ? `200 of ${claimsOf(body.access_token).sub}` : `${status}`,
};

export const PLACES = {
  me: inHeader('GET', '/api/auth/me'),
  logout: inHeader('POST', '/api/auth/logout'),
  'revoke-all': inHeader('POST', '/api/auth/revoke-all-tokens'),
  introspection,
  refresh,
} as const;

export type PlaceName = keyof typeof PLACES;
