// What a person can do with the trained weights: an input on one side, the network's answer on the other.
import { useEffect } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { DrawPad } from './draw-pad.tsx';
import { explain } from './failure.ts';
import { Panels, textOf, useFigure } from './figure-view.tsx';
import { PlanePad } from './plane-pad.tsx';
import type { Session } from './session.ts';

type Interaction = NonNullable<CatalogueEntry['interaction']>;

/** @param ready whether there are weights to ask; before, the panel has its place and says so */
export function InteractionPanel({
  session,
  interaction: { title, help, input },
  ready,
}: {
  session: Session;
  interaction: Interaction;
  ready: boolean;
}) {
  const answer = session.answer.value;
  // The plane has a point from the beginning; a drawing has none until it is begun.
  useEffect(() => {
    if (ready && input.kind === 'plane') session.ask(new Float32Array([(input.x.min + input.x.max) / 2, (input.y.min + input.y.max) / 2]));
  }, [session, input, ready]);
  return (
    <section class="interaction" aria-labelledby="interaction">
      <h3 id="interaction">{title}</h3>
      <p class="help">{help}</p>
      <div class="sides" inert={!ready}>
        {input.kind === 'draw' ? (
          <DrawPad size={input.size} onDrawn={(values) => session.ask(values)} onCleared={() => (session.answer.value = undefined)} />
        ) : (
          <PlanePad x={input.x} y={input.y} onMoved={(x, y) => session.ask(new Float32Array([x, y]))} />
        )}
        <section class="answer" aria-label="Answer">
          {answer && 'error' in answer && (
            <div class="notice bad" role="alert">
              <p class="message">{answer.error.message}</p>
              <p>{explain(answer.error).advice}</p>
            </div>
          )}
          {answer && 'svg' in answer && <AnswerFigure svg={answer.svg} />}
          {!answer && (
            <p class="soft waiting">
              {!ready ? 'Opens when the run has ended.' : input.kind === 'draw' ? 'The answer appears here as you draw.' : 'Asking …'}
            </p>
          )}
        </section>
      </div>
    </section>
  );
}

function AnswerFigure({ svg }: { svg: string }) {
  const figure = useFigure(svg);
  return (
    <div class="paper">
      {figure.title && <p class="title">{figure.title}</p>}
      <Panels figure={figure} label={`The network’s answer to the input: ${textOf(svg)}`} />
      {figure.caption && <p class="help">{figure.caption}</p>}
    </div>
  );
}
