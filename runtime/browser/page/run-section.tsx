// The run as it goes: what must be known of it, its numbers, its curves, its log.
import { chartsOf } from './charts.ts';
import { Curves } from './curves.tsx';
import { formatBytes, formatNumber, formatSeconds } from './format.ts';
import { RunNotices } from './run-notices.tsx';
import { isActive, type RunState } from './run-state.ts';
import { Scroller } from './scroller.tsx';
import { PageSection } from './sections.tsx';
import type { Session } from './session.ts';

export function RunSection({ session }: { session: Session }) {
  const state = session.run.value;
  const { phase, curves, data, log } = state;
  const charts = chartsOf(curves);
  return (
    <PageSection name="run" title="Run">
      <RunNotices session={session} />
      <Facts state={state} />
      {(charts.length > 0 || isActive(phase)) && <Curves charts={charts} coming={isActive(phase) ? (session.project.charts ?? 2) : 0} />}
      {(data.length > 0 || isActive(phase)) && (
        <p class="data-line">
          {data.length === 0 && 'Data: not loaded yet.'}
          {data.map((record) => (
            <span key={record.description}>
              <span class={`badge ${record.synthetic ? 'synthetic' : ''}`}>{record.synthetic ? 'synthetic data' : 'data'}</span>{' '}
              {record.description}
            </span>
          ))}
        </p>
      )}
      <Log lines={log} open={phase === 'failed'} />
    </PageSection>
  );
}

/** Numbers of the moment. While it runs all of them have their place, known or not. */
function Facts({ state: { phase, progress, seconds, step, checkpoint } }: { state: RunState }) {
  const { update, gpuBytes } = progress ?? {};
  const active = isActive(phase);
  const known = <T,>(value: T | undefined, text: (value: T) => string) => (value === undefined ? (active ? '…' : undefined) : text(value));
  const facts: (readonly [string, string | undefined])[] = [
    ['step', formatNumber(step)],
    ['loss', phase === 'finished' ? undefined : known(update?.loss, formatNumber)],
    ['speed', active ? known(update?.rate, (rate) => `${formatNumber(rate)} ${update?.unit ?? ''}/s`) : undefined],
    ['took', seconds === undefined ? undefined : formatSeconds(seconds)],
    ['GPU memory', known(gpuBytes, formatBytes)],
    ['saved at step', known(checkpoint, formatNumber)],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Log({ lines, open }: { lines: readonly string[]; open: boolean }) {
  return (
    <details class="log" open={open}>
      <summary>Log</summary>
      <Scroller class="lines" label="Log of the run">
        <pre>{lines.join('\n')}</pre>
      </Scroller>
    </details>
  );
}
