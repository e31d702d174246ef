/** `<br />`, as reviews out of web pages have it. */
const lineBreak = /<br ?\/?>/gi;

/** "n't" and "'s" are words of their own, as in the Penn treebank and in GloVe; so is each sign. A text of any length is gone through once. */
const word =
  /n't(?![\p{L}\p{N}])|'(?:s|re|ve|m|ll|d)(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}_]+?(?=n't(?![\p{L}\p{N}]))|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/**
 * The words of an English text in lower case, signs apart: "Don't go!" gives `do`, `n't`, `go`, `!`. Line breaks in HTML are blanks. What
 * embeddings of words (`sets.glove`) and {@link Vocabulary} expect.
 */
export function words(text: string): string[] {
  return text.replace(lineBreak, ' ').replaceAll('’', "'").toLowerCase().match(word) ?? [];
}
