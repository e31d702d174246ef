// One of some names: side by side where they are few and short, else in a list that opens.
import { useEffect, useState } from 'preact/hooks';
import type { ChoiceInput } from '../../../../src/train/input.ts';
import type { PadProps } from './pad.ts';

/** Letters that stand side by side. */
const ROOM = 32;

export function ChoicePad({ id, label, input, offer, give }: PadProps<ChoiceInput>) {
  const choices = offer?.choices ?? input.choices ?? [];
  const [chosen, setChosen] = useState<string>();
  const value = chosen ?? choices[0];
  useEffect(() => give(value), [value]);
  const short = choices.length <= 4 && choices.join('').length <= ROOM;
  if (!short) {
    return (
      <div class="pad choice">
        <label for={id}>{label}</label>
        <select id={id} value={value} onChange={(event) => setChosen(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </div>
    );
  }
  return (
    <fieldset class="pad choice">
      <legend>{label}</legend>
      <div class="segments" style={{ gridTemplateColumns: `repeat(${choices.length}, 1fr)` }}>
        {choices.map((choice) => (
          <label key={choice}>
            <input type="radio" name={id} checked={choice === value} onChange={() => setChosen(choice)} />
            <span>{choice}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
