import { wordBits } from './words.ts';

/** The characters of sentences and names. Thirty random characters nearly always include one outside this set. */
const PLAIN = "[\\p{L}\\p{N}\\s_.,:;()/'+=-]";

/** Brackets around the whole text, as in guides and templates. */
const WHOLE = [
  `<${PLAIN}*>`,
  `\\[${PLAIN}*\\]`,
  `\\$?\\{${PLAIN}*\\}`,
  `\\$?\\(${PLAIN}*\\)`,
  `\`${PLAIN}*\``,
  `%[\\p{L}\\p{N}_ .-]+%`,
  `\\$[A-Za-z_][A-Za-z0-9_]*`,
  `@@?${PLAIN}+@@?`,
  `__${PLAIN}+__`,
].map((form) => new RegExp(`^(?:${form})$`, 'u'));

/** Double brackets mark a placeholder anywhere in a text. EMBEDDED brackets do so only around a name or known word. */
const DOUBLE = new RegExp(`\\{\\{(?:${PLAIN}|[|"&])*\\}\\}|<%=?(?:${PLAIN}|[["\\]])*%>`, 'u');
const EMBEDDED = /[$#]\{([^}]*)\}|\$\(([^)]*)\)/g;

/** The content of a placeholder: a name in capitals, a longer name in any case, or a command with arguments. */
const NAME = /^[A-Z][A-Z0-9_]{3,}$|^[A-Za-z_][\w.:-]{7,}$|^[a-z][\w.-]+\s/;

/** Commands that generate a secret, code that reads a secret, tokens, and public keys. */
const CODE = new RegExp(
  [
    '\\bopenssl\\s+(?:rand|genrsa)\\b',
    '/dev/u?random\\b',
    '\\b(?:npm|npx|yarn|pnpm)\\s+(?:run|exec)\\b',
    '\\b(?:node|python3?|ruby|php)\\s+-[a-z]*[cer]\\b',
    '\\b(?:process|import\\.meta)\\.env\\b',
    '\\bos\\.(?:environ|getenv)\\b',
    '\\b(?:getenv|ENV|env|config|System\\.getenv|GetEnvironmentVariable)(?:\\.fetch)?[[(]["\'\\w]',
    '^!(?:Ref|Sub|GetAtt|ImportValue|vault|env)\\b',
    '^secrets\\.[A-Z_]{4,}',
    '-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-----',
    '^eyJ[\\w-]+\\.eyJ[\\w-]+',
  ].join('|'),
);

/** References to a secret that is stored elsewhere, in the notations of vaults, clouds and files. */
const REFERENCE =
  /^(?:arn:aws|op:\/\/|vault:|ref\+[a-z]+:\/\/|secret(?:s)?:\/\/|ssm:|sm:\/\/|projects\/[\w-]+\/secrets\/|@Microsoft\.KeyVault\(|file:|https?:\/\/|\/run\/secrets\/|\/(?:etc|var|opt|home|mnt)\/|ENC\[)/i;

/** Returns true for a placeholder that was not filled in. Brackets in random text do not count. */
export function isPlaceholder(text: string): boolean {
  return (
    WHOLE.some((form) => form.test(text)) ||
    DOUBLE.test(text) ||
    hasEmbedded(text) ||
    (/^<[\s\S]*>$/.test(text) && text.split(/[^A-Za-z]+/).some((word) => isKnownWord(word, 4)))
  );
}

/** Returns true for a reference that was not replaced by its secret. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** Returns true for a command, code, a token or a public key that was pasted in place of the secret. */
export function isCode(text: string): boolean {
  return CODE.test(text);
}

function hasEmbedded(text: string): boolean {
  return [...text.matchAll(EMBEDDED)].some(([, braces, parentheses]) => {
    const content = braces ?? parentheses ?? '';
    return NAME.test(content) || content.split(/[^A-Za-z]+/).some((word) => isKnownWord(word, 3));
  });
}

function isKnownWord(word: string, least: number): boolean {
  return word.length >= least && wordBits(word.toLowerCase()) !== undefined;
}
