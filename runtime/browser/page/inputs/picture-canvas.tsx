// A picture's pixels, as large as there is room.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Picture } from '../../../../src/train/figure.ts';

/** Smaller ones are shown with their pixels as squares. */
const FEW = 100;

export function PictureCanvas({ picture: { width, height, channels, pixels } }: { picture: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    for (let p = 0; p < width * height; p++) {
      for (let c = 0; c < 3; c++) image.data[4 * p + c] = 255 * pixels[channels === 3 ? 3 * p + c : p];
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [width, height, channels, pixels]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without a tabindex takes no focus
  return <canvas ref={canvas} width={width} height={height} class={width < FEW ? 'squares' : undefined} aria-hidden="true" />;
}
