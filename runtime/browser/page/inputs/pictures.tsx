// Several of the samples, each in a role of its own: an anchor, one like it, one unlike it.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { GivenPicture, PicturesInput } from '../../../../src/train/input.ts';
import type { PadProps } from './pad.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import { planarOf } from './planar.ts';
import { Samples } from './samples.tsx';

export function PicturesPad({ id, label, input: { names }, offer, give }: PadProps<PicturesInput>) {
  const samples = offer?.samples ?? [];
  const [picked, setPicked] = useState<readonly (number | undefined)[]>(names.map(() => undefined));
  /** The role that the next pick is for. */
  const [turn, setTurn] = useState(0);
  const value = useMemo(() => {
    if (picked.includes(undefined)) return undefined;
    const given = picked.map((sample): GivenPicture => ({ values: planarOf(samples[sample!]), sample: sample! }));
    return Object.fromEntries(names.map((name, i) => [name, given[i]]));
  }, [picked]);
  useEffect(() => give(value), [value]);
  const choose = (sample: number) => {
    const next = picked.map((other, i) => (i === turn ? sample : other));
    setPicked(next);
    const open = next.indexOf(undefined);
    setTurn(open >= 0 ? open : (turn + 1) % names.length);
  };
  return (
    <fieldset class="pad pictures">
      <legend>{label}</legend>
      <div class="roles">
        {names.map((name, i) => {
          const picture = picked[i] === undefined ? undefined : samples[picked[i]];
          return (
            <label key={name}>
              <input type="radio" name={`${id}-turn`} checked={i === turn} onChange={() => setTurn(i)} />
              <span class="role">
                {picture ? <PictureCanvas picture={picture} /> : <span class="empty">?</span>}
                <span class="what">
                  {i + 1} {name}
                  {picture?.caption && <span class="unseen">: {picture.caption}</span>}
                </span>
              </span>
            </label>
          );
        })}
      </div>
      <p class="help">
        {value ? `A click below is for the ${names[turn]} now: press another above to change that one.` : `Pick the ${names[turn]} below.`}
      </p>
      <Samples
        label={`${label}: samples`}
        samples={samples}
        mark={(i) => {
          const roles = names.flatMap((name, role) => (picked[role] === i ? { name, number: role + 1 } : []));
          return roles.length > 0
            ? { as: roles.map(({ name }) => name).join(', '), badge: roles.map(({ number }) => number).join(' ') }
            : undefined;
        }}
        choose={choose}
      />
    </fieldset>
  );
}
