// Numbers, each by a slider or typed.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NumberInput, NumbersInput } from '../../../../src/train/input.ts';
import { readValue } from '../../../run/options.ts';
import type { PadProps } from './pad.ts';

type Field = Pick<NumberInput, 'min' | 'max' | 'start' | 'step'>;

export function NumberPad({ id, label, input, give }: PadProps<NumberInput>) {
  return (
    <div class="pad numbers">
      <NumberField id={id} label={label} field={input} give={give} />
    </div>
  );
}

export function NumbersPad({ id, label, offer, give }: PadProps<NumbersInput>) {
  const held = useRef<Record<string, number | undefined>>({});
  const fields = Object.entries(offer?.fields ?? {});
  const take = (name: string, value: number | undefined) => {
    held.current[name] = value;
    const all = fields.every(([field]) => held.current[field] !== undefined);
    give(all ? ({ ...held.current } as Readonly<Record<string, number>>) : undefined);
  };
  return (
    <fieldset class="pad numbers">
      <legend>{label}</legend>
      {fields.map(([name, field]) => (
        <NumberField key={name} id={`${id}-${name}`} label={field.label ?? name} field={field} give={(value) => take(name, value)} />
      ))}
    </fieldset>
  );
}

function NumberField({
  id,
  label,
  field: { min, max, start, step = (max - min) / 100 },
  give,
}: {
  id: string;
  label: string;
  field: Field;
  give: (value: number | undefined) => void;
}) {
  const [text, setText] = useState(String(start));
  const read = readValue({ type: 'number', default: start, help: '', min, max, ...(step === 1 && { integer: true }) }, text);
  const value = 'value' in read ? Number(read.value) : undefined;
  useEffect(() => give(value), [value]);
  const common = { value: text, onInput: (event: { currentTarget: HTMLInputElement }) => setText(event.currentTarget.value) };
  return (
    <div class="number">
      <label for={id}>{label}</label>
      <input
        {...common}
        id={id}
        inputMode="decimal"
        autocomplete="off"
        aria-invalid={value === undefined}
        aria-describedby={`${id}-help`}
      />
      <input {...common} type="range" value={value ?? start} min={min} max={max} step={step} aria-label={`${label}, slider`} />
      <p id={`${id}-help`} class={value === undefined ? 'problem' : 'help'} role={value === undefined ? 'alert' : undefined}>
        {'problem' in read ? read.problem : `${min} … ${max}`}
      </p>
    </div>
  );
}
