/** `ensembleAccuracy` reads better as `ensemble accuracy`. */
export const spaced = (name: string) =>
  name.includes(' ') ? name : name.replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
