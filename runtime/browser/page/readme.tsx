// The project's own description, as the build made it from README.md.
import { useEffect, useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';

export function Readme({ project: { name } }: { project: CatalogueEntry }) {
  const [html, setHtml] = useState<string>();
  useEffect(() => {
    let left = false;
    fetch(`projects/${name}.html`)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`the server answered ${answer.status}`))))
      .catch((error) => `<p>The description could not be loaded: ${error.message}.</p>`)
      .then((text) => left || setHtml(text));
    return () => {
      left = true;
    };
  }, [name]);
  return (
    <section class="readme" aria-labelledby="about">
      <h2 id="about">About this project</h2>
      {html === undefined ? <p class="soft">Loading …</p> : <div dangerouslySetInnerHTML={{ __html: html }} />}
    </section>
  );
}
