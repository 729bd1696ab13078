/** One line without its end, or how long it was when it is too long to be kept. */
export type Line = Buffer | { bytes: number };

const NEWLINE = 10;

/** Cuts a stream into lines, of which none longer than `longest` bytes is held: memory is bounded whatever comes. */
export function openLines(longest: number): { take(chunk: Buffer): Line[]; rest(): Line[] } {
  let kept = Buffer.alloc(4096);
  let length = 0;

  function add(part: Buffer): void {
    length += part.length;
    if (length > longest) return;
    if (length > kept.length) {
      const larger = Buffer.alloc(Math.min(longest, 2 ** Math.ceil(Math.log2(length))));
      kept.copy(larger);
      kept = larger;
    }
    part.copy(kept, length - part.length);
  }

  function end(): Line {
    const line: Line = length > longest ? { bytes: length } : Buffer.from(kept.subarray(0, length));
    length = 0;
    return line;
  }

  return {
    take(chunk) {
      const lines: Line[] = [];
      let start = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
        add(chunk.subarray(start, at));
        lines.push(end());
        start = at + 1;
      }
      add(chunk.subarray(start));
      return lines;
    },
    /** What came after the last end of a line. */
    rest: () => (length === 0 ? [] : [end()]),
  };
}
