// What the model is made of with the options of the form: its layers in the order of their calls, as boxes and as a table; and what is in it.

import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { LayerReport, ModelReport } from '../protocol.ts';
import { formQuery } from './form.ts';
import { plural } from './format.ts';
import { Scroller } from './scroller.tsx';
import { PageSection } from './sections.tsx';
import type { Session } from './session.ts';

export function Model({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  const form = formQuery(session.project, session.form.value);
  const { value } = session.model;
  useEffect(() => {
    if (open) session.askModel();
  }, [open, session, form]);
  return (
    <PageSection name="model" title="Model">
      <details class="model-parts" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Layer by layer</summary>
        {!value ? (
          <p class="soft">Loading …</p>
        ) : 'message' in value.model ? (
          <p>The model with these options can’t be shown: {value.model.message}</p>
        ) : (
          <Layers model={value.model} />
        )}
      </details>
      <InsideOnDemand session={session} />
    </PageSection>
  );
}

/** Its code is loaded when someone opens it. */
function InsideOnDemand({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  const [{ Inside }, setLoaded] = useState<{ readonly Inside?: FunctionComponent<{ session: Session }> }>({});
  useEffect(() => {
    if (open) void import('./inside.tsx').then(setLoaded);
  }, [open]);
  return (
    <details class="model-parts" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Weights and activations</summary>
      {open && (Inside ? <Inside session={session} /> : <p class="soft">Loading …</p>)}
    </details>
  );
}

function Layers({ model: { layers, parameters, multiplyAdds } }: { model: ModelReport }) {
  const leaves = layers.filter(({ depth }, i) => depth > 0 && !(layers[i + 1]?.depth > depth));
  return (
    <>
      <p>
        {plural(parameters, 'trained parameter')}, {plural(multiplyAdds, 'multiply-add')} for one sample, with the options of the form.
      </p>
      {leaves.length > 0 && (
        <Scroller class="boxes" label="Layers in the order of their calls">
          <ol>
            {leaves.map((layer, i) => (
              <li key={`${layer.name} ${i}`} class={kindOf(layer)} title={layer.name}>
                <span class="type">{layer.type}</span>
                <span class="shape">{shapeOf(layer)}</span>
              </li>
            ))}
          </ol>
        </Scroller>
      )}
      <Scroller class="table" label="Layers">
        <table>
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">output of one sample</th>
              <th scope="col">parameters</th>
              <th scope="col">multiply-adds</th>
            </tr>
          </thead>
          <tbody>
            {layers.map((layer, i) => (
              <tr key={`${layer.name} ${i}`}>
                <th scope="row" style={{ paddingLeft: `${1.2 * layer.depth}rem` }}>
                  {layer.type} <span class="soft">{layer.name}</span>
                </th>
                <td>{shapeOf(layer)}</td>
                <td>{numberOf(layer.parameters)}</td>
                <td>{numberOf(layer.multiplyAdds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </>
  );
}

/** Without the one sample. */
const shapeOf = ({ outputShape }: LayerReport) => outputShape.slice(1).join('×') || '1';

const numberOf = (value: number) => (value === 0 ? '–' : value.toLocaleString('en'));

/** What colours a box: where the parameters are, and what has none. */
const kindOf = ({ parameters, multiplyAdds }: LayerReport) => (multiplyAdds > 0 ? 'product' : parameters > 0 ? 'scale' : 'plain');
