import { describe, expect, it } from 'vitest';
import { filesUnder, linesOfCode } from './source.ts';

const CORE = ['src/task', 'src/command', 'src/queue', 'src/scheduler'];
const LIMIT = 1_000;

describe('the core', () => {
  it(`stays under ${LIMIT} lines of code, comments and blank lines apart`, () => {
    const sizes = CORE.map(folder => ({
      folder,
      lines: filesUnder(folder).reduce((sum, file) => sum + linesOfCode(file), 0),
    }));
    const total = sizes.reduce((sum, { lines }) => sum + lines, 0);
    console.log(
      `core: ${total} lines (${sizes.map(({ folder, lines }) => `${folder} ${lines}`).join(', ')})`,
    );
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(LIMIT);
  });

  it('is written in TypeScript alone, so that nothing of it escapes the count', () => {
    const others = CORE.flatMap(filesUnder).filter(({ path }) => !path.endsWith('.ts'));
    expect(others.map(({ path }) => path)).toEqual([]);
  });
});

describe('the count', () => {
  const count = (text: string) => linesOfCode({ path: 'example.ts', text });

  it('leaves comments and blank lines out', () => {
    expect(count('/**\n * Says.\n */\n\n// why\nconst a = 1; // what\n  \nconst b = 2;\n')).toBe(2);
  });

  it('counts what only looks like a comment', () => {
    expect(count("const url = 'https://example.org';\nconst text = `\n// inside\n/* too */`;\n")).toBe(4);
  });

  it('counts a line with code before, after or between comments', () => {
    expect(count('/* a\n */ const a = 1; /*\n b */\nconst b = /* c */ 2;\n')).toBe(2);
  });

  it('is not confused by characters beyond ASCII', () => {
    expect(count("const face = '👩‍💻é'; // ü\n// é\nconst b = 2;\n")).toBe(2);
  });
});
