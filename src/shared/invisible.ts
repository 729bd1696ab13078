import { stripControl } from './text.ts';

// Scripts in which joiners shape what is read: Persian words, conjuncts of Indic scripts.
const SHAPED = ['Arabic', 'Syriac', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil']
  .concat(['Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar'])
  .map(script => `\\p{Script=${script}}`)
  .join('');

/** Invisible characters where they are seen by what they do to their neighbours; the first that matches wins. */
const SEEN = [
  // Inside an emoji: 👩‍💻, ❤️‍🔥.
  String.raw`(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic})`,
  // After a sign that can be text or emoji, and in keycaps.
  String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?<=[#*0-9])\ufe0f(?=\u20e3)`,
  `(?<=[${SHAPED}])[\\u200c\\u200d](?=[${SHAPED}])`,
].join('|');

/** What Unicode says is not shown, such as zero-width and bidirectional characters, tags and variation selectors. */
const INVISIBLE = new RegExp(`(${SEEN})|[\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]`, 'gu');

/**
 * The text without what nobody sees: control characters, and all that could carry words unseen, or show them in another
 * order. What shapes emoji and certain scripts stays.
 */
export function stripInvisible(text: string): string {
  return stripControl(text.toWellFormed()).replace(INVISIBLE, (_, seen?: string) => seen ?? '');
}
