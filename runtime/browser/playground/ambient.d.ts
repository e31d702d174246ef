// Imported as text (`with { type: 'text' }`): the styles travel with the view, which most visits never load.
declare module '*.css' {
  const text: string;
  export default text;
}
