// All projects: what was cut off, what trains now, cards to choose from.
import type { TargetedEvent } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { plural } from './format.ts';
import { lookForGpu } from './gpu.ts';
import { GpuLine } from './gpu-line.tsx';
import { activeSessions, catalogue, documentTitle, projectNamed } from './projects.ts';
import { formatRoute, replaceRoute } from './router.ts';
import { describeRun, RunActions } from './run-actions.tsx';
import { storedRuns } from './stored-runs.ts';

export function Gallery({ search, document }: { search: string; document: string }) {
  useEffect(() => void lookForGpu(), []);
  const { value } = catalogue;
  const projects = value && 'projects' in value ? value.projects : [];
  const documents = [...new Set(projects.map((project) => project.document))];
  const shown = projects.filter((project) => matches(project, search) && (!document || project.document === document));
  const show = (change: { search?: string; document?: string }) => replaceRoute({ view: 'gallery', search, document, ...change });
  return (
    <>
      <div class="opening">
        <h1>Watch a network learn, on your own GPU</h1>
        <p class="lead">
          Pick a project and press Train. Everything runs in this browser, from handwritten WebGPU kernels; nothing you load leaves your
          machine.
        </p>
        <GpuLine />
      </div>
      <GoingOn />
      <search class="filters">
        <label class="unseen" for="search">
          Search projects
        </label>
        <input
          id="search"
          type="search"
          placeholder="Search projects"
          value={search}
          onInput={(event) => show({ search: event.currentTarget.value })}
        />
        <label class="unseen" for="document">
          Document
        </label>
        <select id="document" value={document} onChange={(event) => show({ document: event.currentTarget.value })}>
          <option value="">All documents</option>
          {documents.map((name) => (
            <option key={name} value={name}>
              {documentTitle(name)}
            </option>
          ))}
        </select>
        <span class="soft" role="status">
          {shown.length === projects.length ? plural(shown.length, 'project') : `${shown.length} of ${plural(projects.length, 'project')}`}
        </span>
      </search>
      {shown.length === 0 ? (
        <p class="none">
          No project matches.{' '}
          <button type="button" class="link" onClick={() => show({ search: '', document: '' })}>
            Show all
          </button>
        </p>
      ) : (
        <ul class="cards">
          {shown.map((project) => (
            <Card key={project.name} project={project} />
          ))}
        </ul>
      )}
    </>
  );
}

/** Every word of the search stands somewhere in what the card says. */
function matches({ name, title, summary, document, tags }: CatalogueEntry, search: string): boolean {
  const text = `${name} ${title} ${summary} ${document} ${documentTitle(document)} ${tags.join(' ')}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function Card({ project }: { project: CatalogueEntry }) {
  const { name, title, summary, document, picture } = project;
  return (
    <li class="card">
      <div class="picture">
        {picture ? <img src={picture} alt="" loading="lazy" onLoad={fit} /> : <span aria-hidden="true">{title}</span>}
      </div>
      <div class="words">
        <h2>
          <a href={formatRoute({ view: 'project', document, name })}>{title}</a>
        </h2>
        <p>{summary}</p>
        <p class="document">{documentTitle(document)}</p>
      </div>
    </li>
  );
}

/** Of a tall figure the top is shown, a wide one whole. */
function fit({ currentTarget: image }: TargetedEvent<HTMLImageElement>): void {
  image.classList.toggle('whole', image.naturalWidth > 1.4 * image.naturalHeight);
}

/** Runs that train in this page now, and stored ones that were cut off. */
function GoingOn() {
  const active = activeSessions();
  const cutOff = (storedRuns.value ?? []).filter(({ status, project }) => status === 'cutOff' && projectNamed(project));
  if (active.length + cutOff.length === 0) return null;
  return (
    <section class="going-on" aria-label="Runs to go on with">
      {active.map(({ project, run }) => {
        const { phase, progress } = run.value;
        const share = progress ? ` · ${Math.floor(100 * progress.update.fraction)} %` : '';
        return (
          <p key={project.name} class="row">
            <span class={`badge ${phase}`}>{phase}</span>
            <span class="what">
              {project.title}
              {share}
            </span>
            <a class="button" href={formatRoute({ view: 'project', document: project.document, name: project.name })}>
              Watch
            </a>
          </p>
        );
      })}
      {cutOff.map((run) => (
        <div key={run.id} class="row">
          <span class="badge cutOff">cut off</span>
          <span class="what">
            {projectNamed(run.project)?.title} <span class="soft">{describeRun(run)}</span>
          </span>
          <RunActions run={run} />
        </div>
      ))}
    </section>
  );
}
