import type { Readable } from 'node:stream';
import { OrchError } from '../shared/errors.ts';

/** The first line of a stream, which then stands at the byte after it. Errors: E_USAGE (too long, or no line). */
export function readLine(stream: Readable, longest: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off('readable', read).off('end', ended).off('close', ended).off('error', reject);
      act();
    };
    const ended = () => settle(() => reject(new OrchError('E_USAGE', 'The question ended early.')));
    const read = () => {
      for (
        let chunk = stream.read() as Buffer | null;
        chunk !== null;
        chunk = stream.read() as Buffer | null
      ) {
        const end = chunk.indexOf(10);
        if (end >= 0) {
          chunks.push(chunk.subarray(0, end));
          const rest = chunk.subarray(end + 1);
          return settle(() => {
            if (rest.length > 0) stream.unshift(rest);
            resolve(Buffer.concat(chunks).toString());
          });
        }
        chunks.push(chunk);
        length += chunk.length;
        if (length > longest) {
          return settle(() => reject(new OrchError('E_USAGE', 'The question is too long.')));
        }
      }
    };
    stream.on('readable', read).on('end', ended).on('close', ended).on('error', reject);
    read();
  });
}
