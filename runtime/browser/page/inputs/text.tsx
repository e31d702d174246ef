// A text to type, and examples to begin with.
import { useEffect, useState } from 'preact/hooks';
import type { TextInput } from '../../../../src/train/input.ts';
import type { PadProps } from './pad.ts';

export function TextPad({ id, label, input: { most, examples: usual }, offer, give }: PadProps<TextInput>) {
  const examples = offer?.examples ?? usual ?? [];
  const [typed, setTyped] = useState<string>();
  const text = typed ?? examples[0] ?? '';
  const problem = text.length > most ? `At most ${most} characters; these are ${text.length}.` : undefined;
  const value = problem || text.trim() === '' ? undefined : text;
  useEffect(() => give(value), [value]);
  return (
    <div class="pad words">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={4}
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-help`}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p id={`${id}-help`} class={problem ? 'problem' : 'help'} role={problem ? 'alert' : undefined}>
        {problem ?? `${text.length} of ${most} characters`}
      </p>
      {examples.length > 0 && (
        <ul class="examples" aria-label="Examples">
          {examples.map((example) => (
            <li key={example}>
              <button type="button" class="small" aria-pressed={example === text} onClick={() => setTyped(example)}>
                <span class="example">{example}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
