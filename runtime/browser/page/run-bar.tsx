// The buttons of a run and how far it is: first on the page, and in reach wherever one scrolls.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { announce } from './announce.ts';
import { LongRunQuestion, TimeToTrain } from './before-training.tsx';
import { readRuns } from './form.ts';
import { formatSeconds } from './format.ts';
import { gpu } from './gpu.ts';
import { ResetQuestion, typed } from './reset-question.tsx';
import { controls, isActive, phaseTexts } from './run-state.ts';
import type { Session } from './session.ts';
import { SweepLine } from './sweep-line.tsx';
import { tooLarge } from './too-large.ts';

export function RunBar({ session }: { session: Session }) {
  const state = session.run.value;
  const { phase, run } = state;
  const can = controls(state);
  const hasGpu = gpu.value?.found !== false;
  const readable = readRuns(session.project, session.form.value) !== undefined;
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
          : tooLarge(session);
  useModelOfForm(session);
  const resumes = !can.pause && can.resume;
  const [asking, setAsking] = useState(false);
  const reset = () => {
    if (typed(session).length > 0) return setAsking(true);
    session.reset();
    announce('No run is shown now. It stays among the stored runs.');
  };
  return (
    <section class="run-bar" aria-label="Run controls">
      <div class="buttons">
        <RunButton primary={!resumes} can={can.train && why === undefined} press={() => session.train()}>
          Train
        </RunButton>
        <RunButton primary={resumes} can={(can.pause || can.resume) && hasGpu} press={() => (resumes ? session.resume() : session.pause())}>
          {resumes ? 'Resume' : 'Pause'}
        </RunButton>
        <RunButton can={can.stop} press={() => session.stop()}>
          {phase === 'stopping' ? 'Stop now' : 'Stop'}
        </RunButton>
        <RunButton can={can.reset} press={reset} title="Shows no run, and the preset’s options. The run stays stored.">
          Reset
        </RunButton>
      </div>
      <p class="state">
        <span class={`badge ${phase}`}>{phaseTexts[phase]}</span>
        <SweepLine session={session} />
      </p>
      {run !== undefined || isActive(phase) ? <Progress session={session} /> : <TimeToTrain session={session} />}
      {gpu.value?.found && (
        <p class="adapter soft" title="What it trains on">
          {gpu.value.name}
        </p>
      )}
      {can.train && why !== undefined && <p class="why">{why}</p>}
      <LongRunQuestion session={session} />
      {asking && <ResetQuestion session={session} close={() => setAsking(false)} />}
    </section>
  );
}

/** Has the model looked at as the form changes: whether it fits is known before Train. */
function useModelOfForm(session: Session): void {
  const form = session.form.value;
  const asks = session.project.hasModel && !session.active;
  useEffect(() => {
    if (!asks) return;
    const timer = setTimeout(() => session.askModel(), 300);
    return () => clearTimeout(timer);
  }, [session, form, asks]);
}

/** One that can't be pressed now keeps the focus: whoever pressed Train is still where they were. */
function RunButton({
  can,
  primary = false,
  press,
  title,
  children,
}: {
  can: boolean;
  primary?: boolean;
  press: () => void;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <button type="button" class={primary ? 'primary' : ''} aria-disabled={!can} title={title} onClick={() => can && press()}>
      {children}
    </button>
  );
}

/** What isn't known yet keeps its place. */
function Progress({ session }: { session: Session }) {
  const { phase, progress } = session.run.value;
  const { update, secondsLeft } = progress ?? {};
  const active = isActive(phase);
  const share = phase === 'finished' ? 1 : (update?.fraction ?? (active ? undefined : 0));
  const label = active ? (update?.phase ?? (phase === 'starting' ? 'preparing' : 'loading data')) : '';
  const left = active && secondsLeft !== undefined ? `${formatSeconds(secondsLeft)} left` : '';
  return (
    <div class="progress">
      <span class="phase" title={label}>
        {label}
      </span>
      <progress aria-label="Progress of the run" max={1} value={share} />
      <span class="share">{share === undefined ? '' : `${Math.floor(100 * share)} %`}</span>
      <span class="left">{left}</span>
    </div>
  );
}
