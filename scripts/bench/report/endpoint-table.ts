import { ENDPOINTS, type Endpoint, type EndpointRun, type Results } from '../results.ts';
import { type Figure, median, ratioOf } from '../statistics.ts';
import { ratio, short, whole } from './format.ts';
import { markdownTable } from './markdown-table.ts';

const NAMES: Readonly<Record<Endpoint, string>> = {
  me: '`GET /api/auth/me`',
  introspect: '`POST /oauth/introspect`',
  sessions: '`GET /api/auth/sessions`, 5 of them',
  refresh: '`POST /api/auth/refresh`',
};

const right = (title: string) => ({ title, align: 'right' }) as const;

/** The other endpoints beside `/me`. */
export function endpointTable(results: Results): string {
  return markdownTable(
    [
      { title: 'Endpoint' },
      right('requests/s'),
      right('p50 ms'),
      right('p99 ms'),
      right('reads/request'),
      right('÷ /me'),
    ],
    ENDPOINTS.map((endpoint) => {
      const runs = results.endpoints.filter((run) => run.endpoint === endpoint);
      const middle = (of: (run: EndpointRun) => number) => median(runs.map(of));
      return [
        NAMES[endpoint],
        whole(middle(perSecond)),
        short(middle(({ p50 }) => p50)),
        short(middle(({ p99 }) => p99)),
        short(middle(({ readsPerRequest }) => readsPerRequest)),
        ratio(endpointRatio(results, endpoint)),
      ];
    }),
  );
}

/** The throughput of an endpoint over that of `/me` on the same server. */
export function endpointRatio({ endpoints }: Results, endpoint: Endpoint): Figure | undefined {
  const byRound = (name: Endpoint) =>
    endpoints
      .filter((run) => run.endpoint === name)
      .map((run) => ({ round: run.round, value: perSecond(run) }));
  return ratioOf(byRound(endpoint), byRound('me'));
}

function perSecond({ completed, elapsed }: EndpointRun): number {
  return (1000 * completed) / elapsed;
}
