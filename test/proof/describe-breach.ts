import type { Breach } from './checker.ts';
import type { Operation } from './history.ts';
import type { Round } from './round.ts';

/** Number of requests shown with a breach. */
const SHOWN = 16;

const SENTENCES: Readonly<Record<Breach['rule'], string>> = {
  lost: 'A token was accepted after its revocation had been acknowledged',
  false_refusal: 'A token was called revoked that nobody had revoked',
  wrong_answer: 'A client got an answer that no client may get',
  no_answer: 'A request was never answered',
};

/** Describes a breach by a sentence and the related requests of the same user, oldest first. */
export function describeBreach(breach: Breach, round: Pick<Round, 'history' | 'fault'>): string {
  const { operation, revocation, rule } = breach;
  const zero = round.history[0]?.start ?? 0;
  const describeTimes = ({ start, end }: { start: number; end: number }) =>
    [start, end].map((time) => `${((time - zero) / 1_000).toFixed(3)} s`).join(' to ');

  function describeOperation(each: Operation): string {
    const { kind, client, server, token = 'none', answer } = each;
    const mark = each === operation ? '>' : each === revocation ? '*' : ' ';
    const reply = answer ? `${answer.status} ${answer.code ?? ''}` : 'no answer';
    const names = `session ${each.session ?? answer?.session}, token ${token}`;
    return `  ${mark} ${describeTimes(each)}  ${client} ${kind} on ${server}: ${reply}  (${names})`;
  }

  const related = findRelated(operation, round.history).map(describeOperation);
  const head = `${SENTENCES[rule]}; the fault was from ${describeTimes(round.fault)}:`;
  return [head, ...related].join('\n');
}

/** Finds the requests of the same session and the revoke-alls of its user, the last ones up to the breach. */
function findRelated(operation: Operation, history: readonly Operation[]): readonly Operation[] {
  const isRelated = (each: Operation) =>
    (each.session ?? each.answer?.session) === operation.session ||
    (each.user === operation.user && each.kind === 'revoke_all');
  const related = history.filter(isRelated).sort((one, other) => one.start - other.start);
  const until = related.indexOf(operation) + 1;
  return related.slice(Math.max(0, until - SHOWN), until + 2);
}
