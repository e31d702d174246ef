// How much room there is, where the style sheet alone can't see to it.
import { useEffect, useState } from 'preact/hooks';

/** All stands in one column: what is long begins closed. As in the style sheets. */
export const oneColumn = matchMedia('(width < 62rem)');

/** A chart as it is drawn has no room. */
export const narrowScreen = matchMedia('(width < 42rem)');

/** Whether it matches, at any time. */
export function useMedia(query: MediaQueryList): boolean {
  const [matches, setMatches] = useState(query.matches);
  useEffect(() => {
    const changed = () => setMatches(query.matches);
    changed();
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [query]);
  return matches;
}
