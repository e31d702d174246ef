// One project: set it up, train it, see what comes of it, read about it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { announce } from './announce.ts';
import { formatNumber } from './format.ts';
import { gpu } from './gpu.ts';
import { GpuLine } from './gpu-line.tsx';
import { documentTitle, sessionOf } from './projects.ts';
import { Readme } from './readme.tsx';
import { Results } from './results.tsx';
import { everything, formatRoute, replaceRoute } from './router.ts';
import { RunBar } from './run-bar.tsx';
import { RunNotices } from './run-notices.tsx';
import type { Session } from './session.ts';
import { Setup } from './setup.tsx';
import { StoredRunList } from './stored-run-list.tsx';

export function ProjectPage({ project, wanted }: { project: CatalogueEntry; wanted: string | undefined }) {
  const session = sessionOf(project);
  const { document, name, title, summary } = project;
  useEffect(() => {
    session.enter();
    return () => session.leave();
  }, [session]);
  const missing = useWantedRun(session, wanted);
  useAnnouncements(session);
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <a href="#/">Gallery</a> <span aria-hidden="true">/</span>{' '}
        <a href={formatRoute({ view: 'gallery', ...everything, document })}>{documentTitle(document)}</a>
      </nav>
      <h1>{title}</h1>
      <p class="lead">{summary}</p>
      {gpu.value?.found === false && <GpuLine />}
      <div class="bench">
        <Setup session={session} />
        <div class="work">
          <RunBar session={session} />
          {missing !== undefined && (
            <div class="notice" role="alert">
              <p>
                This browser keeps no run <code>{missing}</code> of this project: it was deleted, or made in another browser.
              </p>
            </div>
          )}
          <RunNotices session={session} />
          <Results session={session} />
          <StoredRunList project={project} />
          <Readme project={project} key={name} />
        </div>
      </div>
    </>
  );
}

/** Keeps the address and the run that is shown together. @returns the run that was asked for and isn't there. */
function useWantedRun(session: Session, wanted: string | undefined): string | undefined {
  const [missing, setMissing] = useState<string>();
  const shown = session.run.value.run;
  const { document, name } = session.project;
  const before = useRef(shown);
  useEffect(() => {
    if (wanted === undefined) return;
    let left = false;
    void session.open(wanted).then((found) => {
      if (!left) setMissing(found ? undefined : wanted);
    });
    return () => {
      left = true;
    };
  }, [session, wanted]);
  useEffect(() => {
    if (before.current === shown && (shown === undefined || wanted !== undefined)) return;
    before.current = shown;
    if (shown !== wanted) replaceRoute({ view: 'project', document, name, ...(shown !== undefined && { run: shown }) });
    if (shown !== undefined) setMissing(undefined);
  }, [shown, wanted, document, name]);
  return missing;
}

function useAnnouncements({ run, project }: Session): void {
  const { phase, error, results, recovering } = run.value;
  const before = useRef(phase);
  useEffect(() => {
    if (before.current === phase) return;
    before.current = phase;
    const [first] = Object.entries(results).filter(([, value]) => typeof value === 'number');
    const finished = `${project.title} has finished${first ? `: ${first[0]} ${formatNumber(first[1] as number)}` : ''}`;
    const texts = {
      training: 'Training',
      paused: 'Paused',
      stopping: 'Stopping',
      finished,
      interrupted: 'Stopped',
      failed: `The run failed: ${error?.message}`,
    };
    announce((texts as Partial<Record<typeof phase, string>>)[phase] ?? '');
  }, [phase, error, results, project]);
  useEffect(() => {
    if (recovering) announce('The GPU was lost; the run goes on by itself');
  }, [recovering]);
}
