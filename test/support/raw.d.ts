/** The text of a file, as vite hands it over. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
