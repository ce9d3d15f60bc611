import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { decodeBytes, type PemBlock, parsePem } from './pem.ts';

/** The keys of a PEM text, or its fault as a phrase that follows the option's name and never quotes the text. */
export type ReadKeys = { readonly keys: readonly KeyObject[] } | { readonly fault: string };

const LEAST_BITS = 2048;
const LEAST_EXPONENT = 65_537n;

/** Reads one private key, Ed25519 or RSA, from PKCS#8 in PEM. */
export function readPrivateKey(pem: string): ReadKeys {
  const blocks = parsePem(pem);
  if (blocks === undefined) return { fault: notPem('PRIVATE KEY') };
  if (blocks.length > 1)
    return { fault: `holds ${blocks.length} PEM blocks. Give exactly one private key` };
  return readAll(blocks, (block) => {
    const fault = privateLabelFault(block);
    return fault ?? readKey(block, 'a private key in PKCS#8', pkcs8);
  });
}

/** Reads public keys, Ed25519 or RSA, from SPKI in PEM, one after the other. */
export function readPublicKeys(pem: string): ReadKeys {
  const blocks = parsePem(pem);
  if (blocks === undefined) return { fault: notPem('PUBLIC KEY') };
  return readAll(blocks, (block) => {
    const fault = publicLabelFault(block);
    return fault ?? readKey(block, 'a public key in SPKI', spki);
  });
}

const pkcs8 = (key: Buffer) => createPrivateKey({ key, format: 'der', type: 'pkcs8' });
const spki = (key: Buffer) => createPublicKey({ key, format: 'der', type: 'spki' });

function readAll(blocks: readonly PemBlock[], read: (block: PemBlock) => KeyObject | string) {
  const keys: KeyObject[] = [];
  for (const [index, block] of blocks.entries()) {
    const key = read(block);
    if (typeof key !== 'string') keys.push(key);
    else
      return { fault: blocks.length === 1 ? key : `(key ${index + 1} of ${blocks.length}) ${key}` };
  }
  return { keys };
}

function notPem(label: string): string {
  return `is not PEM. Give only the text from -----BEGIN ${label}----- to -----END ${label}-----`;
}

function privateLabelFault({ label, text }: PemBlock): string | undefined {
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    return 'is encrypted, which is not supported. Decrypt it: openssl pkey -in FILE';
  }
  if (label.endsWith('PUBLIC KEY') || label === 'CERTIFICATE') {
    return 'is a public key, which cannot sign. Give the private key that belongs to it';
  }
  if (label === 'PRIVATE KEY') return undefined;
  return 'is not in PKCS#8 (BEGIN PRIVATE KEY). Convert it: openssl pkcs8 -topk8 -nocrypt -in FILE';
}

function publicLabelFault({ label }: PemBlock): string | undefined {
  if (label.endsWith('PRIVATE KEY')) {
    return 'is a private key. Give only its public key: openssl pkey -pubout -in FILE';
  }
  if (label === 'PUBLIC KEY') return undefined;
  return 'is not a bare public key (BEGIN PUBLIC KEY). Extract it from a certificate: openssl x509 -pubkey -noout -in FILE';
}

function readKey(block: PemBlock, what: string, parse: (der: Buffer) => KeyObject) {
  const der = decodeBytes(block);
  if (der === undefined) return `cannot be read as ${what}: it is not base64`;
  let key: KeyObject;
  try {
    key = parse(der);
  } catch {
    return `cannot be read as ${what}; it may have been cut off`; // OpenSSL's message does not explain the fault
  }
  return typeFault(key) ?? key;
}

/** Returns the fault of a key; undefined for Ed25519 and strong RSA. Refuses ECDSA, whose signatures have two forms. */
function typeFault({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject) {
  if (type === 'ed25519') return undefined;
  if (type !== 'rsa') return `is a key of type ${type}. Use Ed25519 (for EdDSA) or RSA (for RS256)`;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < LEAST_BITS) {
    return `has ${modulusLength} bits; RS256 needs at least ${LEAST_BITS} (RFC 7518 section 3.3)`;
  }
  if (publicExponent < LEAST_EXPONENT) {
    return `has a public exponent under ${LEAST_EXPONENT} (FIPS 186-5 section A.1.1)`;
  }
  return undefined;
}
