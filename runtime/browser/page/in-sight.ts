// What a person has before their eyes.
import { useEffect, useState } from 'preact/hooks';

/** Whether an element is in the window, or nearly so. */
export function useInSight(element: { readonly current: Element | null }): boolean {
  const [inSight, setInSight] = useState(false);
  useEffect(() => {
    const watcher = new IntersectionObserver(([{ isIntersecting }]) => setInSight(isIntersecting), { rootMargin: '100px' });
    if (element.current) watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [element]);
  return inSight;
}
