// The form in front of a run: preset, options, seed, data, and the command line that means the same.
import { useState } from 'preact/hooks';
import { kebabCase, type Preset, rangeOf } from '../../run/options.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import { announce } from './announce.ts';
import { DataChoiceFields } from './data-choice.tsx';
import { commandLine, type Field, fieldsOf, presetChanges, seedProblem } from './form.ts';
import { plural } from './format.ts';
import { oneColumn } from './screen.ts';
import type { Session } from './session.ts';
import { SweepCount } from './sweep-line.tsx';

const presets: readonly { readonly preset: Preset; readonly label: string; readonly what: string }[] = [
  { preset: 'quick', label: 'Quick', what: 'Two minutes on two CPU cores.' },
  { preset: 'default', label: 'Default', what: 'The project’s own defaults.' },
  { preset: 'full', label: 'Full', what: 'The published size; wants a real GPU.' },
];

export function Setup({ session }: { session: Session }) {
  const { project, form } = session;
  const fields = fieldsOf(project, form.value);
  const changed = fields.filter((field) => field.changed).length;
  const edit = (name: string, text: string | undefined) => {
    const { [name]: _, ...texts } = form.value.texts;
    form.value = { ...form.value, texts: text === undefined ? texts : { ...texts, [name]: text } };
  };
  return (
    <form id="setup" class="setup" aria-labelledby="setup-title" onSubmit={(event) => event.preventDefault()}>
      <h2 id="setup-title">Setup</h2>
      <PresetChoice
        project={project}
        preset={form.value.preset}
        locked={session.active}
        choose={(preset) => (form.value = { ...form.value, preset })}
      />
      <details class="options" open={!oneColumn.matches}>
        <summary>
          Options
          {changed > 0 && <span class="badge changed">{plural(changed, 'change')}</span>}
        </summary>
        <fieldset disabled={session.active} aria-label="Options">
          {fields.map((field) => (
            <OptionField key={field.name} field={field} edit={(text) => edit(field.name, text)} />
          ))}
        </fieldset>
        {changed > 0 && !session.active && (
          <button type="button" class="link" onClick={() => (form.value = { ...form.value, texts: {} })}>
            undo all changes
          </button>
        )}
      </details>
      <fieldset class="seed" disabled={session.active}>
        <legend>Seed</legend>
        <div class="field">
          <label class="name" for="seed">
            seed
          </label>
          <input
            id="seed"
            inputMode="numeric"
            value={form.value.seed}
            aria-invalid={seedProblem(form.value.seed) !== undefined}
            aria-describedby="seed-help"
            onInput={(event) => (form.value = { ...form.value, seed: event.currentTarget.value })}
          />
          <p id="seed-help" class={seedProblem(form.value.seed) ? 'problem' : 'help'}>
            {seedProblem(form.value.seed) ??
              'The same seed gives the same run again. Here and in any number above, a list trains a run for each: 0, 1, 2.'}
          </p>
        </div>
      </fieldset>
      <SweepCount session={session} />
      <DataChoiceFields session={session} />
      <CommandLine text={commandLine(project, form.value, session.data.value.kind !== 'synthetic')} />
    </form>
  );
}

function PresetChoice({
  project,
  preset,
  locked,
  choose,
}: {
  project: CatalogueEntry;
  preset: Preset;
  locked: boolean;
  choose: (preset: Preset) => void;
}) {
  const changes = presetChanges(project, preset);
  return (
    <fieldset class="presets" disabled={locked}>
      <legend>Size</legend>
      <div class="segments">
        {presets.map((one) => (
          <label key={one.preset}>
            <input type="radio" name="preset" value={one.preset} checked={preset === one.preset} onChange={() => choose(one.preset)} />
            <span>{one.label}</span>
          </label>
        ))}
      </div>
      <p class="help">
        {presets.find((one) => one.preset === preset)?.what} {changes.length > 0 && <span class="changes">{changes.join(', ')}</span>}
      </p>
    </fieldset>
  );
}

function OptionField({ field, edit }: { field: Field; edit: (text: string | undefined) => void }) {
  const { name, spec, text, usual, values, changed, problem } = field;
  const id = `option-${name}`;
  const common = { id, 'aria-describedby': `${id}-help`, 'aria-invalid': problem !== undefined };
  const range = spec.type === 'number' && spec.max !== undefined ? rangeOf(spec) : undefined;
  const notes = [...(range ? [range] : []), ...(usual === spec.default ? [] : [`default ${spec.default}`])];
  const free = spec.type === 'string' && !spec.choices;
  return (
    <div class={`field${changed ? ' changed' : ''}${free ? ' text' : ''}`}>
      <label class="name" for={id}>
        {kebabCase(name)}
      </label>
      {spec.type === 'boolean' ? (
        <select {...common} value={text} onChange={(event) => edit(event.currentTarget.value)}>
          <option value="true">yes</option>
          <option value="false">no</option>
          <option value={values.length > 1 ? text : 'true, false'}>both, one after the other</option>
        </select>
      ) : spec.type === 'string' && spec.choices ? (
        <select {...common} value={text} onChange={(event) => edit(event.currentTarget.value)}>
          {spec.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
          {values.length > 1 && <option value={text}>{values.join(', ')}</option>}
          {values.length !== spec.choices.length && <option value={spec.choices.join(', ')}>each of these, one after the other</option>}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={spec.type === 'number' ? 'decimal' : 'text'}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => edit(event.currentTarget.value)}
        />
      )}
      <p id={`${id}-help`} class="help">
        {problem && <span class="problem">{problem} </span>}
        {spec.help}
        {notes.length > 0 && ` (${notes.join('; ')})`}
      </p>
      {changed && (
        <button type="button" class="link undo" onClick={() => edit(undefined)} aria-label={`Set ${kebabCase(name)} back to ${usual}`}>
          back to {String(usual) || 'nothing'}
        </button>
      )}
    </div>
  );
}

function CommandLine({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce('Command copied');
      setTimeout(() => setCopied(false), 2000);
    } catch {
      announce('The browser refused; select the command and copy it yourself');
    }
  };
  return (
    <section class="command" aria-label="The same run from the command line">
      <p class="label">In a terminal</p>
      <code>{text}</code>
      <button type="button" class="quiet" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </section>
  );
}
