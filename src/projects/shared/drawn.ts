/** Classes of the synthetic twins: a `disc` of ten, a `striped disc` of a hundred. */
const drawn =
  /^(?:(?:plain|striped|checked|dotted|shaded|hollow|waved|split|ringed|speckled) )?(disc|ring|square|frame|triangle|cross|bars|half disc|star|pair)$/;

/** What a class of drawn pictures shows; undefined for one of photographs. */
export const drawnKind = (name: string): string | undefined => drawn.exec(name)?.[1];

/** Whether these classes are of drawn pictures, of which a network that knows photographs knows nothing. */
export const areDrawn = (names: readonly string[]): boolean => names.every((name) => drawnKind(name) !== undefined);
