// The buttons of a run, and where it is.

import { readForm } from './form.ts';
import { formatBytes, formatNumber, formatSeconds } from './format.ts';
import { gpu } from './gpu.ts';
import { controls, isActive, type Phase } from './run-state.ts';
import type { Session } from './session.ts';

export const phaseTexts: Readonly<Record<Phase, string>> = {
  idle: 'ready',
  starting: 'starting',
  training: 'training',
  paused: 'paused',
  stopping: 'stopping',
  finished: 'finished',
  interrupted: 'stopped',
  failed: 'failed',
  cutOff: 'cut off',
  elsewhere: 'in another tab',
};

export function RunBar({ session }: { session: Session }) {
  const state = session.run.value;
  const { phase, run } = state;
  const can = controls(state);
  const hasGpu = gpu.value?.found !== false;
  const readable = readForm(session.project, session.form.value) !== undefined;
  const filesWanted = session.data.value.kind === 'files' && session.data.value.files.length === 0;
  const urlWanted = session.data.value.kind === 'url' && !session.data.value.url;
  const why = !hasGpu
    ? 'There is no GPU to train on.'
    : !readable
      ? 'An option can’t be read: see the form.'
      : filesWanted
        ? 'Choose data files first.'
        : urlWanted
          ? 'Give the data folder’s address first.'
          : undefined;
  const resumes = !can.pause && can.resume;
  return (
    <section class="run-bar" aria-label="Run">
      <div class="controls">
        <div class="buttons">
          <button type="button" class={resumes ? '' : 'primary'} disabled={!can.train || why !== undefined} onClick={() => session.train()}>
            Train
          </button>
          <button
            type="button"
            class={resumes ? 'primary' : ''}
            disabled={!(can.pause || can.resume) || !hasGpu}
            onClick={() => (resumes ? session.resume() : session.pause())}
          >
            {resumes ? 'Resume' : 'Pause'}
          </button>
          <button type="button" disabled={!can.stop} onClick={() => session.stop()}>
            {phase === 'stopping' ? 'Stop now' : 'Stop'}
          </button>
          <button type="button" disabled={!can.reset} onClick={() => session.reset()}>
            Reset
          </button>
        </div>
        <p class="state">
          <span class={`badge ${phase}`}>{phaseTexts[phase]}</span>
          {gpu.value?.found && (
            <span class="adapter soft" title="What it trains on">
              {gpu.value.name}
            </span>
          )}
        </p>
      </div>
      {can.train && why !== undefined && <p class="why">{why}</p>}
      {run !== undefined || isActive(phase) ? <Where session={session} /> : null}
    </section>
  );
}

/** Progress bar and figures. What isn't known yet keeps its place. */
function Where({ session }: { session: Session }) {
  const { phase, progress, seconds, step, checkpoint } = session.run.value;
  const { update, secondsLeft, gpuBytes } = progress ?? {};
  const share = update?.fraction;
  const active = isActive(phase);
  const label = update?.phase ?? (phase === 'starting' ? 'preparing' : 'loading data');
  const facts: (readonly [string, string])[] = [];
  const finished = phase === 'finished';
  if (update?.rate !== undefined && active) facts.push(['speed', `${formatNumber(update.rate)} ${update.unit ?? ''}/s`]);
  if (update?.loss !== undefined && !finished) facts.push(['loss', formatNumber(update.loss)]);
  if (step > 0) facts.push(['step', formatNumber(step)]);
  if (active && phase !== 'starting') facts.push(['time left', secondsLeft === undefined ? '…' : formatSeconds(secondsLeft)]);
  if (seconds !== undefined) facts.push(['took', formatSeconds(seconds)]);
  if (gpuBytes !== undefined) facts.push(['GPU memory', formatBytes(gpuBytes)]);
  if (checkpoint !== undefined && active) facts.push(['saved at step', formatNumber(checkpoint)]);
  return (
    <div class="where">
      {!finished && (active || update) && (
        <div class="bar">
          <span class="phase">{label}</span>
          <progress aria-label="Progress of the run" max={1} value={share} />
          <span class="share">{share === undefined ? '' : `${Math.floor(100 * share)} %`}</span>
        </div>
      )}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
