/** Classes of the synthetic twins: `striped disc` is a disc. */
const drawn = /^(?:plain|striped|checked|dotted|shaded|hollow|waved|split|ringed|speckled) (.+)$/;

/** What a class of drawn pictures shows; undefined for one of photographs. */
export const drawnKind = (name: string): string | undefined => drawn.exec(name)?.[1];

/** Whether a class is of drawn pictures, of which a network that knows photographs knows nothing. */
export const isDrawn = (name: string): boolean => drawnKind(name) !== undefined;
