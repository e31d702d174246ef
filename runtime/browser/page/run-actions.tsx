// One stored run: how it is described, and what can be done with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { kebabCase } from '../../run/options.ts';
import type { StoredRun } from '../store.ts';
import { announce } from './announce.ts';
import { formatBytes, formatTime } from './format.ts';
import { projectNamed, sessionOf } from './projects.ts';
import { formatRoute } from './router.ts';
import { deleteRun } from './stored-runs.ts';

/** `today 14:05 · quick, epochs 6 · 3.4 MB` */
export function describeRun(run: StoredRun): string {
  return [formatTime(run.started, new Date()), optionsText(run), formatBytes(run.bytes)].join(' · ');
}

/** The preset, what was changed, and the seed where it is another than 0. */
export function optionsText({ preset, options, seed, project: name }: StoredRun): string {
  const project = projectNamed(name);
  const changed = Object.entries(options).flatMap(([name, value]) => {
    const usual = (preset === 'default' ? undefined : project?.presets[preset][name]) ?? project?.options[name]?.default;
    return usual === undefined || usual === value ? [] : [`${kebabCase(name)} ${value}`];
  });
  return [preset, ...changed, ...(seed === 0 ? [] : [`seed ${seed}`])].join(', ');
}

export function RunActions({ run }: { run: StoredRun }) {
  const [asking, setAsking] = useState(false);
  const project = projectNamed(run.project);
  if (!project) return null;
  const session = sessionOf(project);
  const busy = session.active;
  const address = formatRoute({ view: 'project', document: project.document, name: project.name, run: run.id });
  const when = formatTime(run.started, new Date());
  const resume = async () => {
    location.hash = address;
    if ((await session.open(run.id)) === 'shown') session.resume();
  };
  const remove = async () => {
    await deleteRun(run.id);
    if (session.run.value.run === run.id) session.reset();
    announce('Run deleted');
  };
  if (asking) return <Asking remove={remove} keep={() => setAsking(false)} />;
  return (
    <span class="actions">
      {run.checkpoint !== undefined && ['cutOff', 'interrupted', 'failed'].includes(run.status) && (
        <button type="button" disabled={busy} onClick={resume} aria-label={`Resume the run of ${when}`}>
          Resume
        </button>
      )}
      {busy && session.run.value.run !== run.id ? (
        <button type="button" disabled title="Another run is under way" aria-label={`Open the run of ${when}`}>
          Open
        </button>
      ) : (
        <a class="button" href={address} aria-label={`Open the run of ${when}`}>
          Open
        </a>
      )}
      {run.status !== 'running' && (
        <button type="button" class="quiet" onClick={() => setAsking(true)} aria-label={`Delete the run of ${when}`}>
          Delete
        </button>
      )}
    </span>
  );
}

/** A run that can't be read can be deleted all the same. */
export function DamagedActions({ id }: { id: string }) {
  const [asking, setAsking] = useState(false);
  const remove = async () => {
    await deleteRun(id);
    announce('Run deleted');
  };
  if (asking) return <Asking remove={remove} keep={() => setAsking(false)} />;
  return (
    <span class="actions">
      <button type="button" class="quiet" onClick={() => setAsking(true)} aria-label={`Delete the damaged run ${id}`}>
        Delete
      </button>
    </span>
  );
}

/** The focus stays where the person is: on the question, and then on the next run of the list, or the one before, or the list's heading. */
function Asking({ remove, keep }: { remove: () => Promise<void>; keep: () => void }) {
  const place = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const removeAndStay = async () => {
    const row = place.current?.closest('li, tr');
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    const section = place.current?.closest('section');
    await remove();
    const stop = next?.isConnected ? next.querySelector<HTMLElement>('.actions :is(a, button)') : section?.querySelector<HTMLElement>('h2');
    const target = stop?.isConnected ? stop : document.querySelector<HTMLElement>('.run-bar button, h1');
    target?.focus();
  };
  return (
    <span class="actions" ref={place}>
      <span>Delete it for good?</span>
      <button type="button" class="danger" ref={button} onClick={removeAndStay}>
        Delete
      </button>
      <button type="button" onClick={keep}>
        Keep
      </button>
    </span>
  );
}
