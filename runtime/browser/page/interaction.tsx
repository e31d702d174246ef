// What a person can do with trained weights: inputs on one side, the network's answer on the other, and whose weights they are.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Input, InputValues } from '../../../src/train/input.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { ShownPart } from '../protocol.ts';
import { explain } from './failure.ts';
import { Panels, textOf, useFigure } from './figure-view.tsx';
import { formatNumber } from './format.ts';
import { gpu } from './gpu.ts';
import { useInSight } from './in-sight.ts';
import { InputPad } from './inputs/input-pad.tsx';
import { sourceOf } from './playing.ts';
import { isActive } from './run-state.ts';
import { Scroller } from './scroller.tsx';
import { PageSection } from './sections.tsx';
import type { Session } from './session.ts';
import { spaced } from './spaced.ts';
import { TableView } from './table-view.tsx';

type Interaction = NonNullable<CatalogueEntry['interaction']>;

/** When an answer comes, where an input holds nothing yet. */
const prompts: Readonly<Record<Input['kind'], string>> = {
  draw: 'as you draw',
  plane: 'as you move the point',
  text: 'as you type',
  number: 'when the number is one',
  numbers: 'when all numbers are there',
  choice: 'when something is chosen',
  picture: 'when there is a picture',
  pictures: 'when all are picked',
  node: 'when a node is chosen',
  boxes: 'when a box is drawn',
};

const labelOf = (name: string, { label }: Input) => label ?? spaced(name).replace(/^./, (letter) => letter.toUpperCase());

export function Play({ session, interaction: { title, help, inputs } }: { session: Session; interaction: Interaction }) {
  const { playing, project } = session;
  const { phase, run } = session.run.value;
  const noGpu = gpu.value?.found === false;
  const source = noGpu ? undefined : sourceOf(project, session.run.value);
  const answer = playing.answer.value;
  const kept = useRef(playing.offers.value);
  // What a person has set stays while other weights are trained, until these offer something else.
  kept.current = playing.offers.value ?? kept.current;
  const offers = kept.current;
  const place = useRef<HTMLDivElement>(null);
  const inSight = useInSight(place);
  const seen = useRef(false);
  seen.current ||= inSight;
  // Weights that come with the project are loaded when somebody comes by.
  const asks = source !== undefined && (source !== 'project' || seen.current);
  const held = useRef<Record<string, InputValues[string] | undefined>>({});
  const due = useRef(false);
  const [missing, setMissing] = useState<string>();
  const hasPlane = Object.values(inputs).some(({ kind }) => kind === 'plane');
  const ask = useCallback(() => {
    const lacking = Object.keys(inputs).find((name) => held.current[name] === undefined);
    setMissing(lacking);
    if (lacking === undefined) playing.ask({ ...held.current } as InputValues);
    else playing.unask();
  }, [playing, inputs]);
  /** Several inputs may tell at once what they hold, as at the beginning. */
  const askSoon = () => {
    if (!asks || due.current) return;
    due.current = true;
    queueMicrotask(() => {
      due.current = false;
      ask();
    });
  };
  useEffect(() => {
    if (!asks) return;
    playing.ask();
    askSoon();
    if (hasPlane) playing.askSurface();
  }, [playing, hasPlane, source, run, asks]);
  const surface = playing.surface.value;
  useEffect(() => {
    if (source !== 'live' || !inSight || phase === 'paused') return;
    const again = setInterval(() => {
      if (document.hidden) return;
      if (Object.keys(inputs).every((name) => held.current[name] !== undefined)) playing.askAgain({ ...held.current } as InputValues);
      if (hasPlane) playing.askSurface();
    }, playing.rest);
    return () => clearInterval(again);
  }, [playing, inputs, hasPlane, source, phase, inSight, answer, surface]);
  const parts = answer && 'parts' in answer ? answer.parts : undefined;
  const box = useRef<HTMLElement>(null);
  const height = useRef<number>();
  // Until other weights answer, their answer has the place of the last one.
  useLayoutEffect(() => {
    if (parts) height.current = box.current?.offsetHeight;
  });
  // What a run at work can't answer yet is no failure.
  const notYet = source === 'live' && answer && 'error' in answer ? answer.error.message : undefined;
  const refusal = answer && 'error' in answer && answer.error.input !== undefined ? answer.error : undefined;
  return (
    <PageSection name="play" title={title}>
      <div class="interaction" ref={place}>
        <p class="help">{help}</p>
        <PlaysWith session={session} />
        <div class="sides">
          <div class="inputs">
            {Object.entries(inputs).map(([name, input]) => (
              <div key={name} class="input">
                <InputPad
                  id={`input-${name}`}
                  label={labelOf(name, input)}
                  input={input}
                  offer={offers?.[name]}
                  surface={surface}
                  give={(value) => {
                    held.current[name] = value;
                    askSoon();
                  }}
                  read={(file, size) => session.readPicture(file, size)}
                />
                {refusal?.input === name && (
                  <p class="problem" role="alert">
                    {refusal.message}
                  </p>
                )}
              </div>
            ))}
          </div>
          <section
            ref={box}
            class="answer"
            aria-label="Answer"
            aria-busy={playing.asking.value}
            style={{ minHeight: parts ? undefined : height.current }}
          >
            {answer && 'error' in answer && !refusal && notYet === undefined && (
              <div class="notice bad" role="alert">
                <p class="message">{answer.error.message}</p>
                <p>{explain(answer.error).advice}</p>
              </div>
            )}
            {parts?.map((part, i) => (
              <AnswerPart key={i} part={part} />
            ))}
            {parts && playing.asking.value && <p class="computing badge">computing …</p>}
            {(!answer || refusal || notYet !== undefined) && (
              <p class="soft waiting">
                {noGpu
                  ? 'The answer needs a GPU, which this browser does not give.'
                  : refusal
                    ? 'The answer appears here when the input fits.'
                    : notYet !== undefined
                      ? notYet
                      : missing === undefined
                        ? 'Computing …'
                        : `The answer appears here ${prompts[inputs[missing].kind]}.`}
              </p>
            )}
          </section>
        </div>
      </div>
    </PageSection>
  );
}

/** Whose weights answer. */
function PlaysWith({ session }: { session: Session }) {
  const { project, playing } = session;
  const { phase, checkpoint, step } = session.run.value;
  const source = sourceOf(project, session.run.value);
  const { starter } = project;
  const asked = playing.step.value;
  if (source === 'live' || isActive(phase)) {
    const when = asked === undefined ? 'from its first step on' : `at step ${formatNumber(asked)}`;
    return (
      <p class="plays-with">{project.weights ? <>Plays with the weights of this run, {when}.</> : <>Plays with this run, {when}.</>}</p>
    );
  }
  if (source === 'stored') {
    return (
      <p class="plays-with">
        Plays with this run,{' '}
        {phase === 'finished' ? `ended at step ${formatNumber(step)}` : `as saved at step ${formatNumber(checkpoint ?? step)}`}.
      </p>
    );
  }
  if (!starter) return <p class="plays-with">It has no weights: nothing has to be trained first.</p>;
  const { metric } = project.headline;
  const value = starter.results[metric];
  const date = new Date(starter.started).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
  return (
    <p class="plays-with">
      Plays with weights that come with the project, trained with <code>{starter.command}</code>
      {starter.data.some((set) => set.endsWith('(synthetic)')) && ' on synthetic data'} on {starter.adapter}, {date}
      {typeof value === 'number' && (
        <>
          : {spaced(metric)} {formatNumber(value)}
        </>
      )}
      . Train to play with your own.
    </p>
  );
}

function AnswerPart({ part }: { part: ShownPart }) {
  if ('text' in part) return <p class="text">{part.text}</p>;
  if ('table' in part) return <TableView table={part.table} />;
  return <AnswerFigure svg={part.svg} />;
}

function AnswerFigure({ svg }: { svg: string }) {
  const figure = useFigure(svg);
  return (
    <Scroller class="paper" label={figure.title || 'Figure'}>
      {figure.title && <p class="title">{figure.title}</p>}
      <Panels figure={figure} label={`The network’s answer to the input: ${textOf(svg)}`} />
      {figure.caption && <p class="help">{figure.caption}</p>}
    </Scroller>
  );
}
