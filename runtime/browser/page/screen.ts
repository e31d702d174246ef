// How much room there is, where the style sheet alone can't see to it.

/** All stands in one column: what is long begins closed. As in the style sheets. */
export const oneColumn = matchMedia('(width < 62rem)');
