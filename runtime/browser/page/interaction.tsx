// What a person can do with the trained weights: inputs on one side, the network's answer on the other.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Input, InputValues } from '../../../src/train/input.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { ShownPart } from '../protocol.ts';
import { explain } from './failure.ts';
import { Panels, textOf, useFigure } from './figure-view.tsx';
import { InputPad } from './inputs/input-pad.tsx';
import { Scroller } from './scroller.tsx';
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

/** @param ready whether there are weights to ask; before, the panel has its place and says so */
export function InteractionPanel({
  session,
  interaction: { title, help, inputs },
  ready,
}: {
  session: Session;
  interaction: Interaction;
  ready: boolean;
}) {
  const answer = session.answer.value;
  const offers = session.offers.value;
  const held = useRef<Record<string, InputValues[string] | undefined>>({});
  const due = useRef(false);
  const [missing, setMissing] = useState<string>();
  const ask = useCallback(() => {
    const lacking = Object.keys(inputs).find((name) => held.current[name] === undefined);
    setMissing(lacking);
    if (lacking === undefined) session.ask({ ...held.current } as InputValues);
    else session.unask();
  }, [session, inputs]);
  /** Several inputs may tell at once what they hold, as at the beginning. */
  const askSoon = () => {
    if (!ready || due.current) return;
    due.current = true;
    queueMicrotask(() => {
      due.current = false;
      ask();
    });
  };
  useEffect(() => {
    if (!ready) return;
    session.ask();
    askSoon();
  }, [session, ready]);
  const refusal = answer && 'error' in answer && answer.error.input !== undefined ? answer.error : undefined;
  return (
    <section class="interaction" aria-labelledby="interaction">
      <h3 id="interaction">{title}</h3>
      <p class="help">{help}</p>
      <div class="sides" inert={!ready}>
        <div class="inputs">
          {Object.entries(inputs).map(([name, input]) => (
            <div key={name} class="input">
              <InputPad
                id={`input-${name}`}
                label={labelOf(name, input)}
                input={input}
                offer={offers?.[name]}
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
        <section class="answer" aria-label="Answer" aria-busy={session.asking.value}>
          {answer && 'error' in answer && !refusal && (
            <div class="notice bad" role="alert">
              <p class="message">{answer.error.message}</p>
              <p>{explain(answer.error).advice}</p>
            </div>
          )}
          {answer && 'parts' in answer && answer.parts.map((part, i) => <AnswerPart key={i} part={part} />)}
          {(!answer || refusal) && (
            <p class="soft waiting">
              {refusal
                ? 'The answer appears here when the input fits.'
                : !ready
                  ? 'Opens when the run has ended.'
                  : missing === undefined
                    ? 'Asking …'
                    : `The answer appears here ${prompts[inputs[missing].kind]}.`}
            </p>
          )}
        </section>
      </div>
    </section>
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
