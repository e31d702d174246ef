// The palette of all charts, and which place in it a line gets. Imports nothing: the page's charts ask here too.

/**
 * Okabe and Ito's palette, told apart under every common colour blindness (Wong, "Points of view: color blindness", Nature Methods 2011); its yellow, too
 * light on white, left out, and three of Paul Tol's "muted" scheme added, so that the ten classes of our data sets have ten colours.
 */
export const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#222222',
  '#882255',
  '#999933',
  '#999999',
] as const;

/** Of the lines of each pass through the palette: lengths of strokes and gaps. */
const dashes = [undefined, [2, 4], [9, 4, 2, 4]] as const;

export const dashAt = (place: number): readonly number[] | undefined => dashes[Math.floor(place / palette.length) % dashes.length];

/** Training, validation and test have the same colours in every chart. */
export const parts = ['training', 'validation', 'test'] as const;

/**
 * A place in the palette for each name. A name that is a part, or alone begins with its name, has that part's place (0, 1, 2);
 * the others take the places that are left, in their order.
 */
export function placesOf(names: readonly string[]): number[] {
  const partOf = (name: string) => parts.findIndex((part) => name === part || name.startsWith(`${part} `) || name.startsWith(`${part},`));
  const found = names.map(partOf);
  const own = found.map((place, i) =>
    place >= 0 && (names[i] === parts[place] || (!names.includes(parts[place]!) && found.indexOf(place) === found.lastIndexOf(place)))
      ? place
      : -1,
  );
  let next = 0;
  return own.map((place) => {
    if (place >= 0) return place;
    while (own.includes(next)) next++;
    return next++;
  });
}
