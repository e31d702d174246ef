// Which place in a palette a line gets. Imports nothing: the page's charts ask here too.

/** Training, validation and test have the same colours in every chart. */
export const parts = ['training', 'validation', 'test'] as const;

/**
 * A place in the palette for each name. A name that is a part, or begins with its name where no other does, has that part's place (0, 1, 2);
 * the others take the places that are left, in their order.
 */
export function placesOf(names: readonly string[]): number[] {
  const partOf = (name: string) => parts.findIndex((part) => name === part || name.startsWith(`${part} `) || name.startsWith(`${part},`));
  const found = names.map(partOf);
  const own = found.map((place, i) => (place >= 0 && found.indexOf(place) === i && found.lastIndexOf(place) === i ? place : -1));
  let next = 0;
  return own.map((place) => {
    if (place >= 0) return place;
    while (own.includes(next)) next++;
    return next++;
  });
}
