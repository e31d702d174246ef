// What every view has around it: header, failures of the page itself, the title, where the focus goes.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { announcement } from './announce.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Gallery } from './gallery.tsx';
import { Mark } from './mark.tsx';
import { onDemand } from './on-demand.tsx';
import { activeSessions, catalogue, entryOf, findCard } from './projects.ts';
import { everything, formatRoute, type Route, route } from './router.ts';
import { keepScrollPositions, scrollPosition } from './scroll.ts';

/** An error outside of rendering that nobody handled: ours. */
const unhandled = signal<string | undefined>(undefined);
addEventListener('error', ({ message }) => {
  // A frame that came too late for its observer is no failure.
  if (!message.startsWith('ResizeObserver')) unhandled.value = message;
});
addEventListener('unhandledrejection', ({ reason }) => {
  unhandled.value = reason instanceof Error ? reason.message : String(reason);
});
keepScrollPositions();
addEventListener('beforeunload', (event) => {
  // A run with a checkpoint can be gone on with; one without would be lost.
  if (activeSessions().some(({ run }) => !run.value.resumable && run.value.phase !== 'starting')) event.preventDefault();
});

export function App() {
  const { value } = route;
  const home = formatRoute({ view: 'gallery', ...everything });
  return (
    <>
      <Title route={value} />
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href={home}>
          <Mark /> tilegrad
        </a>
        <nav aria-label="Views">
          <a href={home} aria-current={value.view !== 'playground' ? 'page' : undefined}>
            Gallery
          </a>
          <a href="#/playground" aria-current={value.view === 'playground' ? 'page' : undefined}>
            Playground
          </a>
        </nav>
      </header>
      {unhandled.value !== undefined && (
        <div class="notice bad page-error" role="alert">
          <p>
            <strong>Something in this page went wrong:</strong> {unhandled.value}. What trains goes on; if the page behaves oddly, reload it
            – runs with a checkpoint can be resumed.
          </p>
          <button
            type="button"
            onClick={() => {
              unhandled.value = undefined;
            }}
          >
            Dismiss
          </button>
        </div>
      )}
      <main id="main" tabIndex={-1} class={value.view}>
        <ErrorBoundary key={viewOf(value)}>
          <View route={value} />
        </ErrorBoundary>
      </main>
      <div class="unseen" role="status">
        {announcement.value}
      </div>
    </>
  );
}

/** Views with the same text are the same one, in another state. */
const viewOf = (at: Route) => (at.view === 'project' || at.view === 'compare' ? `${at.view} ${at.document} ${at.name}` : at.view);

function View({ route: at }: { route: Route }) {
  const { value } = catalogue;
  if (at.view === 'playground') return <Playground />;
  // Beside what is to be shown in it.
  if (at.view === 'project') ProjectPage.load();
  if (!value) return <p class="loading">Loading …</p>;
  if ('problem' in value) {
    return (
      <Lost title="The gallery can’t be shown">
        {value.problem} Check that <code>npm run gallery</code> still serves it, and reload the page.
      </Lost>
    );
  }
  if (at.view === 'gallery') return <Gallery shown={at} />;
  const card = at.view === 'unknown' ? undefined : findCard(at.document, at.name);
  if (!card || at.view === 'unknown') {
    return (
      <Lost title="There is no such page">
        The address <code>{at.view === 'unknown' ? at.address : formatRoute(at)}</code> leads to no project.{' '}
        <a href="#/">See all projects</a>.
      </Lost>
    );
  }
  const project = entryOf(card);
  if (!project) return <p class="loading">Loading …</p>;
  if ('problem' in project) return <Lost title={card.title}>{project.problem} Reload the page.</Lost>;
  if (at.view === 'compare') return <CompareView project={project} runs={at.runs} />;
  return <ProjectPage key={project.name} project={project} at={at} />;
}

function Lost({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="lost">
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  );
}

/** Its editor is larger than all of the rest. */
const Playground = onDemand(
  async () => (await import('../playground/view.tsx')).Playground,
  'Loading the editor …',
  (problem) => <Lost title="The playground could not be loaded">{problem}. Reload the page.</Lost>,
);

const notLoaded = (problem: string) => <Lost title="This page could not be loaded">{problem}. Reload it.</Lost>;
const ProjectPage = onDemand(async () => (await import('./project-views.ts')).ProjectPage, 'Loading …', notLoaded);
const CompareView = onDemand(async () => (await import('./project-views.ts')).CompareView, 'Loading …', notLoaded);

/** Shows nothing of its own: it is a component so that a run's progress renders nothing else anew. */
function Title({ route: at }: { route: Route }) {
  const project = at.view === 'project' || at.view === 'compare' ? findCard(at.document, at.name)?.title : undefined;
  const name = { gallery: 'Gallery', project, compare: `Runs · ${project}`, playground: 'Playground', unknown: 'Not found' }[at.view];
  const trained = activeSessions().find((session) => at.view === 'project' && session.project.name === at.name)?.run.value.progress?.update;
  // A tab in the background tells how far its run is.
  const share = trained ? `${Math.floor(100 * trained.fraction)} % · ` : '';
  const view = viewOf(at);
  const ready = catalogue.value !== undefined;
  const shown = useRef<string>();
  useEffect(() => {
    document.title = name ? `${share}${name} · tilegrad` : 'tilegrad';
  }, [name, share]);
  useEffect(() => {
    if (!ready || shown.current === view) return;
    const first = shown.current === undefined;
    shown.current = view;
    // From its beginning, or from where the person left it who comes back.
    scrollTo(0, scrollPosition());
    if (!first) document.getElementById('main')?.focus({ preventScroll: true });
  }, [view, ready]);
  return null;
}
