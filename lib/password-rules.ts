import { dictionary } from '@zxcvbn-ts/language-common';
import { passwordFault } from './passwords.ts';

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

export interface PasswordRules {
  /** What is wrong with a new password, as a sentence that does not repeat it; undefined when nothing is. */
  faultOf(password: string, owner: PasswordOwner): string | undefined;
}

export interface PasswordRuleOptions {
  /** The fewest characters (Unicode code points) of a new password, 8 to 64. Default 15. */
  readonly passwordMinLength?: number | undefined;
  /** What people know the service by; it is no password, and `rescind` is none either. */
  readonly serviceName: string;
}

/** NIST SP 800-63B-4 section 3.1.1.2: 15 where the password is the only factor, 8 beside another. */
const MIN_LENGTH = 15;
const LEAST_MIN_LENGTH = 8;
const MOST_MIN_LENGTH = 64;

/** A text that repeats a piece of so many characters is guessed early, whatever the piece. */
const SHORT_PIECE = 4;

/** In lower case. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/**
 * The rules for new passwords (NIST SP 800-63B-4 section 3.1.1.2): long enough, not more than bcrypt takes,
 * no common password, nothing that an attacker knows of the account. Digits or signs around such a word, or
 * saying it twice, make it no better. What characters a password is made of is its owner's business.
 * TypeError for a length outside 8 to 64.
 */
export function createPasswordRules(options: PasswordRuleOptions): PasswordRules {
  const { passwordMinLength: minLength = MIN_LENGTH, serviceName } = options;
  checkMinLength(minLength);

  return {
    faultOf(password, owner) {
      const unusable = passwordFault(password);
      if (unusable !== undefined) return unusable;
      if ([...password].length < minLength) {
        return `The password must be at least ${minLength} characters long; a few words make a good one.`;
      }
      const readings = readingsOf(fold(password));
      const words = wordsAbout(owner, serviceName);
      if (readings.some((reading) => words.has(reading))) return ABOUT_THE_ACCOUNT;
      return readings.some(isCommon) ? COMMON_PASSWORD : undefined;
    },
  };
}

const ABOUT_THE_ACCOUNT =
  'The password must be more than your name, your e-mail address or the name of the service.';
const COMMON_PASSWORD =
  'The password must not be a common one, nor one repeated or with digits or signs around it.';

/** What an attacker knows before the first guess. */
function wordsAbout({ email, name }: PasswordOwner, serviceName: string): ReadonlySet<string> {
  const [local = ''] = email.split('@');
  const words = [email, local, name, serviceName, 'rescind'].map((word) => lettersOf(fold(word)));
  return new Set(words.filter((word) => word !== ''));
}

/** Spellings that look alike, or differ in case alone, are one guess. For comparing: hashed is what was typed. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** What a guessing program would make the password of: the whole, the piece that it repeats, the word in either. */
function readingsOf(whole: string): readonly string[] {
  const piece = pieceOf(whole);
  const word = wordIn(whole);
  return [whole, piece, word, wordIn(piece), pieceOf(word)];
}

/** The letters, where they are at least a third of the text; otherwise the rest may be as good as any. */
function wordIn(text: string): string {
  const letters = lettersOf(text);
  return letters.length * 3 < text.length ? '' : letters;
}

/** Without signs and spaces, and without the digits around it: `jane.roe-1985!` is `janeroe`. */
function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, '').replace(/^\p{N}+|\p{N}+$/gu, '');
}

/** The shortest piece whose repetition is the text; the last copy may be cut. */
function pieceOf(text: string): string {
  for (let length = 1; length < text.length; length++) {
    if (text.slice(length) === text.slice(0, -length)) return text.slice(0, length);
  }
  return text;
}

function isCommon(reading: string): boolean {
  return COMMON.has(reading) || isMonotonous(reading);
}

function isMonotonous(reading: string): boolean {
  if (reading.length < LEAST_MIN_LENGTH) return false;
  return pieceOf(reading).length <= SHORT_PIECE || isSequence(reading);
}

/** Each character follows the one before it, up or down: `123456…`, `zyxwvu…`. */
function isSequence(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(points.slice(1).map((point, index) => point - (points[index] ?? 0)));
  const [step] = steps;
  return steps.size === 1 && (step === 1 || step === -1);
}

function checkMinLength(length: number): void {
  if (Number.isInteger(length) && length >= LEAST_MIN_LENGTH && length <= MOST_MIN_LENGTH) return;
  const range = `from ${LEAST_MIN_LENGTH} to ${MOST_MIN_LENGTH}`;
  throw new TypeError(`"passwordMinLength" must be a whole number ${range}`);
}
