// Which files a project's data sets consist of, and which of them are there.
import type { WantedSet } from '../catalogue.ts';
import { GivenFiles } from '../given-files.ts';
import { type Looked, type LookedForm, look } from '../wanted.ts';
import { formatBytes } from './format.ts';

/** @param files those that a person gave, or that the browser has; undefined where the page can't know: on a server */
export function WantedFiles({
  sets,
  files,
}: {
  sets: readonly WantedSet[];
  files: readonly { readonly path: string; readonly size: number }[] | undefined;
}) {
  const given = new GivenFiles(files ?? []);
  return (
    <div class="wanted">
      {sets.map((set) => {
        const [first, ...others] = look(set, given);
        return (
          <section key={set.title} aria-label={`Files of ${set.title}`}>
            <p>
              <a href={set.source} target="_blank" rel="noopener">
                {set.title}
              </a>{' '}
              <span class="soft">licence: {set.licence}</span>
            </p>
            {first && <Form form={first} known={files !== undefined} />}
            {others.map((form) => (
              <details key={form.title}>
                <summary>or as {form.title}</summary>
                <Form form={form} known={files !== undefined} />
              </details>
            ))}
          </section>
        );
      })}
    </div>
  );
}

function Form({ form, known }: { form: LookedForm; known: boolean }) {
  const missing = form.files.filter(({ state }) => state === 'missing').length;
  return (
    <>
      <p class="soft">
        {form.title}
        {known &&
          (missing === 0 ? ': all there' : `: ${missing} of ${form.files.length} missing, drop ${missing === 1 ? 'it' : 'them'} here`)}
      </p>
      <ul>
        {form.files.map((file) => (
          <li key={file.name} class={known ? file.state : 'unknown'}>
            {known && <Mark state={file.state} />}
            <code>{file.name}</code>
            <span class="soft">
              {[file.size !== undefined && formatBytes(file.size), file.state === 'optional' && 'not needed', file.note]
                .filter(Boolean)
                .join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

const words = { there: 'there', missing: 'missing', optional: 'not there' } as const;

function Mark({ state }: Pick<Looked, 'state'>) {
  return (
    <span role="img" aria-label={words[state]}>
      {state === 'there' ? '✓' : '–'}
    </span>
  );
}
