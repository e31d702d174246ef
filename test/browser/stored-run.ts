// Runs in the browser's own files without training them: what a test of charts and tables needs are numbers that it knows.
import { encodeRow, type MetricsRow } from '../../runtime/run/metrics.ts';
import type { RunConfig, RunSummary } from '../../runtime/run/record.ts';
import type { Tab } from './chromium.ts';

export interface GivenRun {
  /** `mc-dropout-20261122-163200` */
  readonly id: string;
  readonly project: string;
  readonly options?: RunConfig['options'];
  readonly seed?: number;
  readonly started?: string;
  readonly rows?: readonly Pick<MetricsRow, 'step' | 'values'>[];
  readonly summary?: Partial<RunSummary>;
  readonly figures?: Readonly<Record<string, string>>;
}

/** Writes their files. The page finds them when it next looks. */
export async function keepRuns(tab: Tab, runs: readonly GivenRun[]): Promise<void> {
  await tab.page.evaluate(
    async (runs: readonly { readonly id: string; readonly files: Readonly<Record<string, string>> }[]) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true });
      for (const { id, files } of runs) {
        const folder = await root.getDirectoryHandle(id, { create: true });
        for (const [name, text] of Object.entries(files)) {
          const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
          await stream.write(text);
          await stream.close();
        }
      }
    },
    runs.map((run) => ({ id: run.id, files: filesOf(run) })),
  );
}

function filesOf({
  id,
  project,
  options = {},
  seed = 0,
  started = '2026-11-22T16:32:00.000Z',
  rows = [],
  summary,
  figures = {},
}: GivenRun) {
  const config: RunConfig = {
    ...{ project, preset: 'quick', seed, options, started, wanted: {}, data: [], resumed: [] },
    adapter: { name: 'a GPU', kind: 'gpu', reason: '', driver: '', vendor: '', architecture: '' },
    versions: {},
    machine: 'linux x64',
  };
  const whole: RunSummary = {
    ...{ project, status: 'finished', folder: id, seconds: 60, saving: 1, seed, adapter: 'a GPU', data: [], results: {}, tables: {} },
    headline: { metric: 'loss', better: 'lower' },
    figures: Object.keys(figures),
    ...summary,
  };
  const lines = rows.map(({ step, values }) => encodeRow({ step, time: step, values }));
  return { 'config.json': JSON.stringify(config), 'metrics.jsonl': lines.join(''), 'summary.json': JSON.stringify(whole), ...figures };
}
