// A picture that is loaded when it comes near the screen: a browser's own idea of near is some 2,000 pixels.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ThumbnailFile } from '../catalogue.ts';

const NEAR = '250px';

const waiting = new Map<Element, () => void>();
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) waiting.get(target)?.();
  },
  { rootMargin: NEAR },
);

/** Fills its place, whose size the picture doesn't change. */
export function Thumbnail({ picture, name }: { picture: ThumbnailFile | undefined; name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const forget = () => {
      waiting.delete(element);
      watcher.unobserve(element);
    };
    waiting.set(element, () => {
      setNear(true);
      forget();
    });
    watcher.observe(element);
    return forget;
  }, []);
  return (
    <div class="picture" ref={place}>
      {picture === undefined ? (
        <span aria-hidden="true">{name}</span>
      ) : (
        near && <img src={picture.src} class={picture.paper ? 'paper' : ''} alt="" width={600} height={375} />
      )}
    </div>
  );
}
