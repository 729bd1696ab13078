/** What stands on the command line, or for `-` on standard input. */
export async function textOf(words: readonly string[]): Promise<string> {
  if (words.length !== 1 || words[0] !== '-') return words.join(' ');
  const { text } = await import('node:stream/consumers');
  return await text(process.stdin);
}
