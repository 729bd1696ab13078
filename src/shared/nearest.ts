import { closest, distance } from 'fastest-levenshtein';

/** The word that was most likely meant: at most two letters off; null when none is that near. */
export function nearest(word: string, words: readonly string[]): string | null {
  if (words.length === 0 || word.length > 64) return null;
  const match = closest(word.toLowerCase(), words);
  return distance(word.toLowerCase(), match) <= Math.min(2, match.length - 1) ? match : null;
}
