import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { privateKeyFault, publicKeysFault } from '../../../lib/tokens/keys/key-pair.ts';
import { newPair, toPem } from '../../helpers/keys.ts';

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const ed25519 = newPair('EdDSA');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const small: Pair = generateKeyPairSync('rsa', { modulusLength: 2040 });
const cubic: Pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
const otherTypes: Readonly<Record<string, Pair>> = {
  'rsa-pss': generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed448: generateKeyPairSync('ed448'),
  x25519: generateKeyPairSync('x25519'),
};
const encryption = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
const pem = { format: 'pem' } as const;
const encrypted = rsa.privateKey.export({ ...pem, type: 'pkcs8', ...encryption }).toString();
const encryptedOld = rsa.privateKey.export({ ...pem, type: 'pkcs1', ...encryption }).toString();
const pkcs1 = rsa.privateKey.export({ ...pem, type: 'pkcs1' }).toString();
const publicPkcs1 = rsa.publicKey.export({ ...pem, type: 'pkcs1' }).toString();
const sec1 = otherTypes['ec']?.privateKey.export({ ...pem, type: 'sec1' }).toString() ?? '';
const certificate = ed25519.publicKey.replaceAll('PUBLIC KEY', 'CERTIFICATE');

type Fault = readonly [name: string, pem: string, fault: RegExp];

const PRIVATE: readonly Fault[] = [
  ['nothing', '', /^is not PEM\. Give only the text from -----BEGIN PRIVATE KEY-----/],
  ['a secret', 'q7Vt2mXz9LrB4nKc8WsYdE3hJ6fGaPu1', /^is not PEM/],
  ['the name of a file', '/run/secrets/key.pem', /^is not PEM/],
  ['a key without its end', ed25519.privateKey.slice(0, -20), /^is not PEM/],
  ['a key with text beside it', `key: ${ed25519.privateKey}`, /^is not PEM/],
  ['a key and a cut one', `${ed25519.privateKey}${rsaPem().slice(0, 400)}`, /^is not PEM/],
  ['two keys', ed25519.privateKey.repeat(2), /^holds 2 PEM blocks\. Give exactly one private key/],
  ['a key in a JWK', '{"kty":"OKP","crv":"Ed25519","d":"AAAA"}', /^is not PEM/],
  ['an encrypted key', encrypted, /^is encrypted, .*openssl pkey -in FILE/],
  ['an encrypted key of old', encryptedOld, /^is encrypted, /],
  ['a public key', ed25519.publicKey, /^is a public key, which cannot sign/],
  ['a public key of old', publicPkcs1, /^is a public key, which cannot sign/],
  ['a certificate', certificate, /^is a public key, which cannot sign/],
  ['PKCS#1', pkcs1, /^is not in PKCS#8 .*openssl pkcs8 -topk8 -nocrypt/],
  ['SEC1', sec1, /^is not in PKCS#8 /],
  [
    'a public key by another name',
    named(ed25519.publicKey, 'PRIVATE'),
    /^cannot be read as a priv/,
  ],
  ['half a key', takeHalf(rsaPem()), /^cannot be read as a private key in PKCS#8; it may/],
  ['what is no base64', spoiled(rsaPem()), /^cannot be read as .*: it is not base64$/],
  ['a small RSA key', toPem(small.privateKey), /^has 2040 bits; RS256 needs at least 2048/],
  ['an RSA key with exponent 3', toPem(cubic.privateKey), /^has a public exponent under 65537/],
];

const PUBLIC: readonly Fault[] = [
  ['nothing', ' ', /^is not PEM\. Give only the text from -----BEGIN PUBLIC KEY-----/],
  ['a JWK set', '{"keys":[]}', /^is not PEM/],
  ['a comment beside it', `# old\n${ed25519.publicKey}`, /^is not PEM/],
  ['a private key', ed25519.privateKey, /^is a private key\. .*openssl pkey -pubout/],
  ['an encrypted key', encrypted, /^is a private key\. /],
  ['a private key of old', pkcs1, /^is a private key\. /],
  ['a certificate', certificate, /^is not a bare public key .*openssl x509 -pubkey/],
  ['PKCS#1', publicPkcs1, /^is not a bare public key /],
  [
    'a private key by another name',
    named(ed25519.privateKey, 'PUBLIC'),
    /^cannot be read as a pub/,
  ],
  ['a good one, then a bad one', ed25519.publicKey + pkcs1, /^\(key 2 of 2\) is a private key\. /],
  ['a small RSA key', toPem(small.publicKey), /^has 2040 bits; RS256 needs at least 2048/],
  ['an RSA key with exponent 3', toPem(cubic.publicKey), /^has a public exponent under 65537/],
];

for (const [type, { privateKey, publicKey }] of Object.entries(otherTypes)) {
  test(`a key of type ${type} is refused`, (t) => {
    const fault = new RegExp(`^is a key of type ${type}\\. Use Ed25519 .* or RSA`);
    assertFault(t, privateKeyFault, toPem(privateKey), fault);
    assertFault(t, publicKeysFault, toPem(publicKey), fault);
  });
}

for (const [name, text, fault] of PRIVATE) {
  test(`as the private key, ${name} is refused`, (t) => {
    assertFault(t, privateKeyFault, text, fault);
  });
}

for (const [name, text, fault] of PUBLIC) {
  test(`as public keys, ${name} is refused`, (t) => {
    assertFault(t, publicKeysFault, text, fault);
  });
}

test('what is no string is refused like other bad input', (t) => {
  for (const odd of [undefined, null, 7, {}, [ed25519.privateKey], rsa.privateKey]) {
    t.regex(privateKeyFault(odd as string) ?? '', /^is not PEM/);
    t.regex(publicKeysFault(odd as string) ?? '', /^is not PEM/);
  }
});

test('line breaks may be \\n, \\r\\n, escaped, or spaces, and white space may be around', (t) => {
  for (const text of [ed25519.privateKey, rsaPem()]) {
    for (const breaks of ['\r\n', String.raw`\n`, String.raw`\r\n`, ' ', '\n\n']) {
      t.is(privateKeyFault(text.replaceAll('\n', breaks)), undefined, JSON.stringify(breaks));
    }
    t.is(privateKeyFault(` \n${text.trimEnd()}\t\r\n`), undefined);
  }
});

test('public keys may follow each other in any number, with or without line breaks', (t) => {
  const keys = [ed25519.publicKey, toPem(rsa.publicKey), newPair('EdDSA').publicKey];
  for (const between of ['', '\n', '\r\n\r\n', String.raw`\n`]) {
    t.is(publicKeysFault(keys.map((key) => key.trimEnd()).join(between)), undefined);
  }
});

/** No line of what was given is in the message. */
function assertFault(
  t: ExecutionContext,
  findFault: (pem: string) => string | undefined,
  text: string,
  expected: RegExp,
): void {
  const fault = findFault(text) ?? '';
  t.regex(fault, expected);
  const lines = text.split('\n').filter((line) => line.length > 5 && !line.startsWith('-----'));
  for (const line of lines) t.false(fault.includes(line), fault);
}

function rsaPem(): string {
  return toPem(rsa.privateKey);
}

function named(text: string, name: 'PRIVATE' | 'PUBLIC'): string {
  return text.replaceAll(/PRIVATE|PUBLIC/g, name);
}

function takeHalf(text: string): string {
  const lines = text.trimEnd().split('\n');
  return [...lines.slice(0, lines.length / 2), lines.at(-1)].join('\n');
}

function spoiled(text: string): string {
  return text.replace('\nMII', '\nM*I');
}
