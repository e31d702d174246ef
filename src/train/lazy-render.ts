import type { Figure } from './figure.ts';
import type { RenderOptions } from './render.ts';

/**
 * Renders a figure as a standalone SVG document. What draws is loaded with the first figure.
 * @throws ShapeError when contours or a matrix have not as many values as they say
 */
export async function renderFigureSvg(figure: Figure, options?: RenderOptions): Promise<string> {
  const render = await import('./render.ts');
  return render.renderFigureSvg(figure, options);
}

/** The drawing that a plane is filled with: {@link Opened.surface}. */
export async function renderSurfaceSvg(figure: Figure): Promise<string> {
  const render = await import('./render.ts');
  return render.renderSurfaceSvg(figure);
}
