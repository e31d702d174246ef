// One project: set it up, train it, see what comes of it, read about it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { announce } from './announce.ts';
import { Code } from './code.tsx';
import { useFormInAddress } from './form-in-address.ts';
import { formatNumber } from './format.ts';
import { gpu } from './gpu.ts';
import { GpuLine } from './gpu-line.tsx';
import { Play } from './interaction.tsx';
import { Model } from './model.tsx';
import { sourceOf } from './playing.ts';
import { documentTitle, sessionOf } from './projects.ts';
import { Readme } from './readme.tsx';
import { Results } from './results.tsx';
import { everything, formatRoute, type Route, replaceRoute, route, type Section } from './router.ts';
import { RunBar } from './run-bar.tsx';
import { RunSection } from './run-section.tsx';
import type { Phase } from './run-state.ts';
import { goTo, SectionLinks } from './sections.tsx';
import type { Session } from './session.ts';
import { Setup } from './setup.tsx';
import { StoredRunList } from './stored-run-list.tsx';
import { damagedRunsOf, storedRuns } from './stored-runs.ts';

type ProjectRoute = Extract<Route, { view: 'project' }>;

export function ProjectPage({ project, at }: { project: CatalogueEntry; at: ProjectRoute }) {
  const session = sessionOf(project);
  const { document, name, title, summary, interaction } = project;
  useEffect(() => {
    session.enter();
    return () => session.leave();
  }, [session]);
  useFormInAddress(session, at.form);
  const missing = useWantedRun(session, at);
  useEndElsewhere(session);
  useAnnouncements(session);
  const { phase } = session.run.value;
  const isShown = phase !== 'idle';
  const plays = interaction && (session.active || sourceOf(project, session.run.value) !== undefined);
  useSection(at.section, isShown);
  useFirstCurve(phase);
  const hasStored = storedRuns.value?.some((run) => run.project === name) || damagedRunsOf(name).length > 0;
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <a href="#/">Gallery</a> <span aria-hidden="true">/</span>{' '}
        <a href={formatRoute({ view: 'gallery', ...everything, document })}>{documentTitle(document)}</a>
      </nav>
      <h1>{title}</h1>
      <p class="lead">{summary}</p>
      {gpu.value?.found === false && <GpuLine />}
      <div class="leader">
        <RunBar session={session} />
        <SectionLinks
          at={at}
          links={[
            ['setup', 'Setup'],
            ...(isShown ? ([['run', 'Run']] as const) : []),
            ...(plays ? ([['play', 'Play']] as const) : []),
            ...(isShown ? ([['results', 'Results']] as const) : []),
            ...(hasStored ? ([['stored', 'Stored runs']] as const) : []),
            ['about', 'About'],
            ...(project.hasModel ? ([['model', 'Model']] as const) : []),
            ['code', 'Code'],
          ]}
        />
      </div>
      {missing !== undefined && (
        <div class="notice" role="alert">
          <p>
            This browser keeps no run <code>{missing}</code> of this project: it was deleted, or made in another browser.
          </p>
        </div>
      )}
      <div class="bench">
        <Setup session={session} />
        <div class="work">
          {isShown && <RunSection session={session} />}
          {interaction && plays && <Play session={session} interaction={interaction} key={name} />}
          {isShown && <Results session={session} />}
          <StoredRunList project={project} />
          <Readme project={project} ownFigures={isShown} key={name} />
          {project.hasModel && <Model session={session} />}
          <Code name={name} key={`code of ${name}`} />
        </div>
      </div>
    </>
  );
}

/** Goes to the section that the address names: at once, or when there is a run to show. */
function useSection(section: Section | undefined, isShown: boolean): void {
  const gone = useRef<Section>();
  useEffect(() => {
    if (section === gone.current) return;
    if (section === undefined || document.getElementById(section)) {
      gone.current = section;
      if (section) goTo(section);
    }
  }, [section, isShown]);
}

/** The run that was just begun is what one wants to see. The focus stays on the button. */
function useFirstCurve(phase: Phase): void {
  const before = useRef(phase);
  useEffect(() => {
    const began = phase === 'starting' && before.current !== phase;
    before.current = phase;
    const charts = document.querySelector('.part.run');
    if (!began || !charts) return;
    const { top } = charts.getBoundingClientRect();
    if (top >= 0 && top < innerHeight / 3) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    charts.scrollIntoView({ behavior: still ? 'instant' : 'smooth' });
  }, [phase]);
}

/** Keeps the address and the run that is shown together. @returns the run that was asked for and isn't there. */
function useWantedRun(session: Session, { run: wanted, form }: ProjectRoute): string | undefined {
  const [missing, setMissing] = useState<string>();
  const shown = session.run.value.run;
  const before = useRef(shown);
  useEffect(() => {
    if (wanted === undefined) return;
    let left = false;
    void session.open(wanted, form !== undefined).then((found) => {
      if (left) return;
      setMissing(found === 'missing' ? wanted : undefined);
      const { value } = route;
      if (found !== 'busy' || value.view !== 'project') return;
      announce('Another run is under way: stop it first');
      const { run: _, ...rest } = value;
      replaceRoute({ ...rest, ...(session.run.value.run !== undefined && { run: session.run.value.run }) });
    });
    return () => {
      left = true;
    };
  }, [session, wanted]);
  useEffect(() => {
    if (before.current === shown && (shown === undefined || wanted !== undefined)) return;
    before.current = shown;
    const { value } = route;
    if (shown !== wanted && value.view === 'project') {
      const { run: _, ...rest } = value;
      replaceRoute({ ...rest, ...(shown !== undefined && { run: shown }) });
    }
    if (shown !== undefined) setMissing(undefined);
  }, [shown, wanted]);
  return missing;
}

/** A run that another tab worked on has ended: what it came to is shown. */
function useEndElsewhere(session: Session): void {
  const { phase, run } = session.run.value;
  const ended = phase === 'elsewhere' && storedRuns.value?.some(({ id, status }) => id === run && status !== 'running');
  useEffect(() => {
    if (!ended || run === undefined) return;
    announce('The run in the other tab has ended');
    void session.open(run);
  }, [session, ended, run]);
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
