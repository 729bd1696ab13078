import { fenced, inCode } from '../../shared/markdown.ts';
import { redactShapes } from '../../shared/secrets/secrets.ts';
import { shorten } from '../../shared/text.ts';
import { visibleMarkdown } from '../../shared/visible.ts';

/** A comment at a line, as GitHub lists those of a review. */
export interface LineComment {
  id: number;
  in_reply_to_id?: number;
  path: string;
  /** Null where the line is not in the newest version any more, or the whole file is meant. */
  line?: number | null;
  original_line?: number | null;
  diff_hunk: string;
  body: string;
  html_url: string;
}

interface ReviewText {
  by: string;
  url: string;
  body: string;
  asksForChanges: boolean;
  comments: readonly LineComment[];
}

/** Characters of comments that an agent is given at most; the rest is named. */
const MOST_TEXT = 40_000;
const LONGEST_COMMENT = 8000;
/** Of a hunk, its last lines: the one that is meant ends it. */
const HUNK_LINES = 12;
const LONGEST_HUNK = 2000;
const MOST_NAMED = 100;

/** What an agent is told of a review, and the comments in it that it is told of. */
export function reviewInstruction({ by, url, body, asksForChanges, comments }: ReviewText): {
  text: string;
  told: LineComment[];
} {
  const told: LineComment[] = [];
  const parts: string[] = [];
  let room = MOST_TEXT;
  for (const [index, comment] of comments.entries()) {
    const part = describeComment(comment, index + 1);
    room -= part.length;
    if (room < 0) break;
    told.push(comment);
    parts.push(part);
  }
  const said = wordsOf(body);
  const count = comments.length === 1 ? '1 comment' : `${comments.length} comments`;
  const wants = asksForChanges ? 'requests changes' : 'comments on it';
  const text = [
    `Settle the review by \`${by}\`: ${comments.length === 0 ? 'changes are requested' : count}`,
    `\`${by}\` has reviewed the pull request that is open from this branch, and ${wants}: ${url}. See to all that it asks for, in as many
commits as there are matters. Where you think that something is better left as it is, leave it and say why with \`orch progress "TEXT"\`.
Diffs stand in fences: they show which place is meant. A block that is called \`suggestion\` is to stand in place of that line.`,
    ...(said === '' ? [] : [`The review says:\n\n${said}`]),
    ...parts,
    ...restOf(comments.slice(told.length)),
  ].join('\n\n');
  return { text, told };
}

function describeComment(comment: LineComment, number: number): string {
  const { path, line, original_line, diff_hunk, body } = comment;
  const place = line ?? original_line;
  const isOld = line == null && original_line != null;
  const at = place == null ? '' : ` line ${place}`;
  const old = isOld ? ', of a version that has changed since' : '';
  const hunk = diff_hunk.split('\n').slice(-HUNK_LINES).join('\n');
  return [
    `### ${number}. ${inCode(path)}${at}${old}`,
    fenced(redactShapes(shorten(hunk, LONGEST_HUNK))),
    wordsOf(body),
  ].join('\n\n');
}

/** As people see them: what is hidden in a comment reaches no agent. */
function wordsOf(body: string): string {
  return redactShapes(visibleMarkdown(shorten(body, LONGEST_COMMENT))).trim();
}

function restOf(comments: readonly LineComment[]): string[] {
  if (comments.length === 0) return [];
  const named = comments
    .slice(0, MOST_NAMED)
    .map(
      ({ path, line, original_line, html_url }) =>
        `- ${inCode(path)}, line ${line ?? original_line ?? '?'}: ${html_url}`,
    );
  const more = comments.length > MOST_NAMED ? [`- and ${comments.length - MOST_NAMED} more`] : [];
  return [
    `There are ${comments.length} more comments than fit here, of which you are given the places only: look there for what the ones
above say too.\n\n${[...named, ...more].join('\n')}`,
  ];
}
