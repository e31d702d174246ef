// The project's own source: the files as they are, loaded when someone wants to read them, and the way to change and run them.
import { useState } from 'preact/hooks';
import { PageSection } from './sections.tsx';

export function Code({ name }: { name: string }) {
  const [html, setHtml] = useState<string>();
  const load = async () => {
    if (html !== undefined) return;
    const answer = await fetch(`projects/${name}.code.html`).catch(() => undefined);
    if (answer?.ok) setHtml(await answer.text());
    else setHtml(`<p>The source could not be loaded${answer ? `: the server answered ${answer.status}` : ''}. Reload the page.</p>`);
  };
  return (
    <PageSection name="code" title="Code">
      <p class="code-lead">
        Model, formula and figures, whole: what trains here and on the command line.{' '}
        <a href={`#/playground/project-${name}`}>Open it in the playground</a>, change it there, and run it.
      </p>
      <details class="code-files" onToggle={({ currentTarget }) => currentTarget.open && load()}>
        <summary>Read the source</summary>
        {html === undefined ? <p class="soft">Loading …</p> : <div dangerouslySetInnerHTML={{ __html: html }} />}
      </details>
    </PageSection>
  );
}
