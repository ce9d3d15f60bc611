/** Tells people of a breach, with what happened around it. */
import type { Breach } from './checker.ts';
import type { Operation } from './history.ts';
import type { Round } from './round.ts';

/** How many requests are shown of each breach. */
const SHOWN = 16;

/** The breach in a sentence, and the requests of the same user that matter to it, oldest first. */
export function breachText(breach: Breach, round: Pick<Round, 'history' | 'fault'>): string {
  const zero = round.history[0]?.start ?? 0;
  const { start, end } = round.fault;
  const when = `the fault was from ${seconds(start - zero)} to ${seconds(end - zero)}`;
  const lines = aroundOf(breach, round.history).map((each) => lineOf(each, zero, breach));
  return [`${SENTENCES[breach.rule]}; ${when}:`, ...lines].join('\n');
}

const SENTENCES: Readonly<Record<Breach['rule'], string>> = {
  lost: 'A token was accepted after its revocation had been acknowledged',
  false_refusal: 'A token was called revoked that nobody had revoked',
  wrong_answer: 'A client was told what it must not be told',
  no_answer: 'A request was never answered',
};

/** Those that present the same session, and the user's logins and revoke-alls: the last ones up to the breach. */
function aroundOf({ operation }: Breach, history: readonly Operation[]): readonly Operation[] {
  const isSame = (each: Operation) =>
    (each.session ?? each.answer?.session) === operation.session ||
    (each.user === operation.user && each.kind === 'revoke_all');
  const related = history.filter(isSame).sort((one, other) => one.start - other.start);
  const until = related.indexOf(operation) + 1;
  return related.slice(Math.max(0, until - SHOWN), until + 2);
}

function lineOf(each: Operation, zero: number, { operation, revocation }: Breach): string {
  const { kind, client, server, token = 'none', answer, start, end } = each;
  const session = each.session ?? answer?.session;
  const mark = each === operation ? '>' : each === revocation ? '*' : ' ';
  const said = answer ? `${answer.status} ${answer.code ?? ''}` : 'no answer';
  const when = `${seconds(start - zero)} to ${seconds(end - zero)}`;
  return `  ${mark} ${when}  ${client} ${kind} on ${server}: ${said}  (session ${session}, token ${token})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(3)} s`;
}
