// The sections of a project's page and the row of links that leads to them. All of them are there at once, one below the other: what runs is
// never hidden, and the browser's own search finds all of it.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatRoute, type Route, replaceRoute, type Section } from './router.ts';

export function PageSection({ name, title, children }: { name: Section; title: string; children: ComponentChildren }) {
  return (
    <section id={name} class={`part ${name}`} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** Scrolls to a section and has the keyboard go on from there, as a link to a place in a page does. */
export function goTo(section: Section): void {
  const element = document.getElementById(section);
  const heading = element?.closest<HTMLElement>('h2') ?? element?.querySelector('h2');
  if (!element || !heading) return;
  element.scrollIntoView();
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

type Links = readonly (readonly [Section, string])[];

/** @param at the project's page, whose address each link adds its section to */
export function SectionLinks({ at, links }: { at: Extract<Route, { view: 'project' }>; links: Links }) {
  const shown = useShownSection(links);
  return (
    <nav class="sections" aria-label="Sections of this page">
      {links.map(([section, title]) => (
        <a
          key={section}
          href={formatRoute({ ...at, section })}
          aria-current={section === shown ? 'location' : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            replaceRoute({ ...at, section });
            goTo(section);
          }}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

/** The one that the upper part of the window shows. */
function useShownSection(links: Links): Section | undefined {
  const [shown, setShown] = useState<Section>();
  const names = links.map(([section]) => section).join(' ');
  useEffect(() => {
    const seen = new Set<string>();
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) seen.add(target.id);
          else seen.delete(target.id);
        }
        // Beside each other, as the form and the run are on a wide screen, the later one is what one looks at.
        setShown(names.split(' ').findLast((name) => seen.has(name)) as Section | undefined);
      },
      { rootMargin: '-25% 0px -74% 0px' },
    );
    for (const name of names.split(' ')) {
      const element = document.getElementById(name);
      if (element) watcher.observe(element);
    }
    return () => watcher.disconnect();
  }, [names]);
  return shown;
}
