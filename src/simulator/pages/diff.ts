import type { FileDiff } from '../git/diff.ts';
import { plural } from './bits.ts';
import { type Html, html } from './html.ts';

/** What changed, file by file, with the line numbers before and after. */
export function diff(files: readonly FileDiff[]): Html {
  const sum = (side: 'additions' | 'deletions') => files.reduce((total, file) => total + file[side], 0);
  return html`<p class="muted">${plural(files.length, 'file')} changed,
<span class="plus">+${sum('additions')}</span> <span class="minus">−${sum('deletions')}</span></p>
${files.map(fileDiff)}`;
}

function fileDiff(file: FileDiff): Html {
  const name = file.previousPath ? `${file.previousPath} → ${file.path}` : file.path;
  return html`<details class="file" open>
<summary><span class="path">${name}</span> <span class="muted">${file.status}</span>
<span class="plus">+${file.additions}</span> <span class="minus">−${file.deletions}</span></summary>
${
  file.patch === null
    ? html`<p class="muted">Nothing to show line by line.</p>`
    : html`<pre class="diff" tabindex="0" role="region" aria-label="Changes in ${file.path}">${lines(file.patch)}</pre>`
}
</details>`;
}

function lines(patch: string): Html[] {
  let [before, after] = [0, 0];
  return patch
    .replace(/\n$/, '')
    .split('\n')
    .map(line => {
      const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
      if (hunk) {
        [before, after] = [Number(hunk[1]), Number(hunk[2])];
        return html`<span class="hunk">${line}</span>`;
      }
      if (line.startsWith('+')) return html`<ins data-after="${after++}">${line}</ins>`;
      if (line.startsWith('-')) return html`<del data-before="${before++}">${line}</del>`;
      if (line.startsWith('\\')) return html`<span class="hunk">${line}</span>`;
      return html`<span data-before="${before++}" data-after="${after++}">${line}</span>`;
    });
}
