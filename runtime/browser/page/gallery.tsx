// All projects: what was cut off, what trains now, cards to choose from.
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { type Tag, tags } from '../../../src/train/tags.ts';
import { roughly } from '../../run/estimate.ts';
import type { CatalogueCard, ReadmeWords } from '../catalogue.ts';
import { estimateOfQuick } from './estimate.ts';
import { plural } from './format.ts';
import { lookForGpu } from './gpu.ts';
import { GpuLine } from './gpu-line.tsx';
import { activeSessions, cardNamed, cards, documentTitle } from './projects.ts';
import { everything, formatRoute, replaceRoute, type Shown } from './router.ts';
import { describeRun, RunActions } from './run-actions.tsx';
import { findCards, type Known, orders } from './search.ts';
import { storedRuns } from './stored-runs.ts';
import { Thumbnail } from './thumbnail.tsx';

const readmeWords = signal<ReadmeWords | undefined>(undefined);
let asked = false;

/** Without them a search finds what the cards say. */
async function loadReadmeWords(): Promise<void> {
  if (asked) return;
  asked = true;
  const answer = await fetch('search.json').catch(() => undefined);
  if (answer?.ok) readmeWords.value = (await answer.json()) as ReadmeWords;
}

export function Gallery({ shown }: { shown: Shown }) {
  useEffect(() => void lookForGpu(), []);
  useEffect(() => {
    if (shown.search) void loadReadmeWords();
  }, [shown.search]);
  const all = cards();
  const found = findCards(all, shown, known());
  const show = (change: Partial<Shown>) => replaceRoute({ view: 'gallery', ...shown, ...change });
  // Sorted or searched for, they are one list: the best first, whatever document it is of.
  const grouped = !shown.sort && !shown.search.trim();
  const documents = grouped ? [...new Set(found.map(({ document }) => document))] : [];
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
      <Filters all={all} found={found.length} shown={shown} show={show} />
      {found.length === 0 ? (
        <p class="none">
          No project matches.{' '}
          <button type="button" class="link" onClick={() => show(everything)}>
            Show all
          </button>
        </p>
      ) : grouped ? (
        documents.map((document) => {
          const own = found.filter((card) => card.document === document);
          return (
            <section key={document} class="group" aria-labelledby={`group-${document}`}>
              <h2 id={`group-${document}`}>
                {documentTitle(document)} <span class="soft">{plural(own.length, 'project')}</span>
              </h2>
              <Cards cards={own} />
            </section>
          );
        })
      ) : (
        <>
          <h2 class="unseen">Projects</h2>
          <Cards cards={found} withDocument />
        </>
      )}
    </>
  );
}

/** What the order may go by besides the cards. */
function known(): Known {
  const runs = storedRuns.value ?? [];
  const began = new Map<string, number>();
  for (const { project, started } of runs) began.set(project, Math.max(began.get(project) ?? 0, new Date(started).getTime()));
  const seconds = (name: string) => {
    const card = cardNamed(name);
    return card && estimateOfQuick(card)?.seconds;
  };
  return { words: readmeWords.value, seconds, trained: (name) => began.get(name) };
}

interface FiltersProps {
  readonly all: readonly CatalogueCard[];
  /** How many of them are shown. */
  readonly found: number;
  readonly shown: Shown;
  show(change: Partial<Shown>): void;
}

/** On a narrow screen all but the search is folded. */
function Filters({ all, found, shown, show }: FiltersProps) {
  const [open, setOpen] = useState(false);
  const { search, sort } = shown;
  const chosen = (['document', 'task', 'data', 'method', 'sort'] as const).filter((name) => shown[name] !== '').length;
  const documents = [...new Set(all.map(({ document }) => document))];
  return (
    <search class="filters">
      <label class="unseen" for="search">
        Search projects and their descriptions
      </label>
      <input
        id="search"
        type="search"
        placeholder="Search projects and their descriptions"
        value={search}
        onFocus={() => void loadReadmeWords()}
        onInput={(event) => show({ search: event.currentTarget.value })}
      />
      <button type="button" class="more" aria-expanded={open} aria-controls="filters" onClick={() => setOpen(!open)}>
        Filter and sort{chosen > 0 && ` (${chosen})`}
      </button>
      <div class={open ? 'choices open' : 'choices'} id="filters">
        <Choice
          name="Document"
          value={shown.document}
          choices={documents.map((document) => [document, documentTitle(document)])}
          onChange={(document) => show({ document })}
        />
        {(['task', 'data', 'method'] as const).map((kind) => (
          <Choice
            key={kind}
            name={`${kind[0].toUpperCase()}${kind.slice(1)}`}
            value={shown[kind]}
            choices={usedTags(all, tags[kind]).map((tag) => [tag, tag])}
            onChange={(tag) => show({ [kind]: tag })}
          />
        ))}
        <label>
          <span>Order</span>
          <select value={sort} onChange={(event) => show({ sort: event.currentTarget.value })}>
            {Object.entries(orders).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="count soft" role="status">
        {found === all.length ? plural(all.length, 'project') : `${found} of ${plural(all.length, 'project')}`}
        {(chosen > 0 || search !== '') && found > 0 && (
          <button type="button" class="link" onClick={() => show(everything)}>
            Show all
          </button>
        )}
      </p>
    </search>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, text: string])[];
  onChange(value: string): void;
}

function Choice({ name, value, choices, onChange }: ChoiceProps) {
  return (
    <label>
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">All</option>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Those that some card has, in the order of the list. */
const usedTags = (all: readonly CatalogueCard[], of: readonly Tag[]) => of.filter((tag) => all.some(({ tags }) => tags.includes(tag)));

function Cards({ cards, withDocument = false }: { cards: readonly CatalogueCard[]; withDocument?: boolean }) {
  return (
    <ul class="cards">
      {cards.map((card) => (
        <Card key={card.name} card={card} withDocument={withDocument} />
      ))}
    </ul>
  );
}

function Card({ card, withDocument }: { card: CatalogueCard; withDocument: boolean }) {
  const { name, title, summary, document, picture, sets, tags } = card;
  const quick = estimateOfQuick(card);
  const facts = [
    ...(withDocument ? [documentTitle(document)] : []),
    sets.length > 0 ? sets.join(', ') : 'needs no data',
    ...(quick ? [`Quick: ${roughly(quick.seconds)} here`] : []),
  ];
  return (
    <li class="card">
      <Thumbnail picture={picture} name={title} />
      <div class="words">
        <h3>
          <a href={formatRoute({ view: 'project', document, name })}>{title}</a>
        </h3>
        <p>{summary}</p>
        <p class="tags">
          {tags.map((tag) => (
            <span key={tag}>{tag}</span>
          ))}
        </p>
        <p class="facts" title={facts.join(' · ')}>
          {facts.join(' · ')}
        </p>
      </div>
    </li>
  );
}

/** Runs that train in this page now, and stored ones that were cut off. */
function GoingOn() {
  const active = activeSessions();
  const cutOff = (storedRuns.value ?? []).filter(({ status, project }) => status === 'cutOff' && cardNamed(project));
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
            {cardNamed(run.project)?.title} <span class="soft">{describeRun(run)}</span>
          </span>
          <RunActions run={run} />
        </div>
      ))}
    </section>
  );
}
