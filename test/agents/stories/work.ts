/** What the models of the stories have done in a worktree. */
export const COMMIT =
  "printf 'total = price * quantity\\n' > total.txt && git add total.txt && git commit -qm 'Count the quantity'";
export const FINISH =
  "printf 'counted\\n' > notes.txt && git add notes.txt && git commit -qm 'Note it' && git push -q && " +
  "gh pr create --title 'Count the quantity' --body 'Counted.' && orch done";
