import { wordBits } from './secret-words.ts';

/** Characters of a sentence or a name: a text of 30 drawn characters has others. */
const PLAIN = "[\\p{L}\\p{N}\\s_.,:;()/'+=-]";

/** Brackets around the whole, as guides and templates have them. */
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

/** Doubled brackets anywhere; single ones count where a name or a command is between them. */
const DOUBLE = new RegExp(`\\{\\{(?:${PLAIN}|[|"&])*\\}\\}|<%=?${PLAIN}*%>`, 'u');
const EMBEDDED = /[$#]\{([^}]*)\}|\$\(([^)]*)\)/g;
const NAME = /^[A-Z][A-Z0-9_]{3,}$/;

/** References to a secret that is kept elsewhere, in the words of vaults and clouds. */
const REFERENCE =
  /^(?:arn:aws|op:\/\/|vault:|ref\+[a-z]+:\/\/|secret(?:s)?:\/\/|ssm:|sm:\/\/|projects\/[\w-]+\/secrets\/|@Microsoft\.KeyVault\(|file:|https?:\/\/|\/run\/secrets\/|\/(?:etc|var|opt|home|mnt)\/|ENC\[)/i;

/** Tells a placeholder that nobody filled in. Brackets that a generator drew by chance are none. */
export function isPlaceholder(text: string): boolean {
  return WHOLE.some((form) => form.test(text)) || DOUBLE.test(text) || hasEmbedded(text);
}

/** Tells the place of a secret that nothing put the secret in for. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

function hasEmbedded(text: string): boolean {
  return [...text.matchAll(EMBEDDED)].some(([, braces, parentheses]) => {
    const content = braces ?? parentheses ?? '';
    return NAME.test(content) || content.split(/[^A-Za-z]+/).some(isKnownWord);
  });
}

function isKnownWord(word: string): boolean {
  return word.length >= 3 && wordBits(word.toLowerCase()) !== undefined;
}
