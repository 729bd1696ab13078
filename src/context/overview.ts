import { stripInvisible } from '../shared/invisible.ts';
import { shorten } from '../shared/text.ts';

/** A first `project_overview.md`, from what a README says first; null when it says nothing. From then on it is people's. */
export function overviewOf(readme: string, name: string): string | null {
  const blocks = stripInvisible(readme)
    .split(/\n\s*\n/)
    .map(block => block.trim());
  const title = blocks.find(block => /^# /.test(block))?.split('\n', 1)[0];
  const paragraph = blocks
    .map(withoutHeading)
    .find(block => /^(?!```)[\p{L}\p{N}*_"'`([]/u.test(block) && !isBadge(block));
  if (paragraph === undefined) return null;
  return `${title ?? `# ${name}`}\n\n${shorten(paragraph, 4000)}\n`;
}

function withoutHeading(block: string): string {
  return block.replace(/^#{1,6} .*\n?/, '').trim();
}

function isBadge(block: string): boolean {
  return /^\[?!\[/.test(block) || /^\[[^\]]*\]:/.test(block);
}
