// What a program printed: lines, tensors, figures, errors with links to their lines.
import { useEffect, useRef } from 'preact/hooks';
import { useSvgUrl } from '../page/figure-view.tsx';
import type { Entry, Place, Problem } from './protocol.ts';

export interface OutputProps {
  readonly entries: readonly Entry[];
  readonly dropped: number;
  readonly goTo: (place: Place) => void;
}

export function Output({ entries, dropped, goTo }: OutputProps) {
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  // Follows the newest line until the reader scrolls up.
  useEffect(() => {
    if (following.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [entries]);
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current as HTMLDivElement;
    following.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <div class="output" ref={list} onScroll={scrolled} role="log" aria-label="Output" tabIndex={0}>
      {entries.length === 0 && (
        <p class="note">What the program prints comes here: text, tensors with their values, and figures that it hands to console.log.</p>
      )}
      {dropped > 0 && <p class="note">{dropped.toLocaleString('en-GB')} earlier lines are not shown.</p>}
      {blocksOf(entries).map(({ key, level, text, figures, problem }) => (
        <div key={key} class={`entry entry-${level}`}>
          {text !== '' && <pre>{text}</pre>}
          {problem && <Places problem={problem} goTo={goTo} />}
          {figures.map((svg) => (
            <Picture key={svg} svg={svg} />
          ))}
        </div>
      ))}
    </div>
  );
}

type Block = Omit<Entry, 'id'> & { readonly key: number };

/** Lines of one kind in a row become one text: a thousand of them are then drawn as quickly as ten. */
function blocksOf(entries: readonly Entry[]): Block[] {
  const blocks: (Block & { readonly lines: string[] })[] = [];
  for (const entry of entries) {
    const last = blocks.at(-1);
    const plain = entry.figures.length === 0 && !entry.problem;
    if (plain && last && last.level === entry.level && last.figures.length === 0 && !last.problem) last.lines.push(entry.text);
    else blocks.push({ ...entry, key: entry.id, lines: [entry.text] });
  }
  return blocks.map(({ lines, ...block }) => ({ ...block, text: lines.join('\n') }));
}

function Places({ problem, goTo }: { readonly problem: Problem; readonly goTo: (place: Place) => void }) {
  return (
    <p class="places">
      {problem.places.slice(0, 5).map((place, i) => (
        <button key={`${place.line}:${place.column}`} type="button" onClick={() => goTo(place)}>
          {i === 0 ? 'line' : 'called from line'} {place.line}
        </button>
      ))}
    </p>
  );
}

/** As an image, so that nothing inside can run or reach the page's styles. */
function Picture({ svg }: { readonly svg: string }) {
  const url = useSvgUrl(svg);
  const title = new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('title')?.textContent;
  return <img src={url} alt={title ?? 'Figure'} />;
}
