declare module 'markdown-it-footnote' {
  /** Footnotes as GitHub has them: those that nothing refers to are not shown. */
  const plugin: (markdown: unknown) => void;
  export default plugin;
}
