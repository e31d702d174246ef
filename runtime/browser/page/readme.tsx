// The project's own description, as the build made it from README.md.
import { useEffect, useState } from 'preact/hooks';
import type { CatalogueEntry } from '../catalogue.ts';
import { PageSection } from './sections.tsx';

/** @param ownFigures a run is shown, and draws its own: the older ones step back */
export function Readme({ project: { name }, ownFigures }: { project: CatalogueEntry; ownFigures: boolean }) {
  const [html, setHtml] = useState<string>();
  const [shown, setShown] = useState(false);
  const hasPictures = html?.includes('<img') === true;
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
    <PageSection name="about" title="About this project">
      {ownFigures && hasPictures && (
        <p class="help">
          Its pictures are of an earlier run; those of yours stand above.{' '}
          <button type="button" class="link" onClick={() => setShown(!shown)}>
            {shown ? 'Hide them' : 'Show them'}
          </button>
        </p>
      )}
      {html === undefined ? (
        <p class="soft room">Loading …</p>
      ) : (
        <div class={ownFigures && !shown ? 'readme without-pictures' : 'readme'} dangerouslySetInnerHTML={{ __html: html }} />
      )}
    </PageSection>
  );
}
