import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What agents do, as shell scripts. Each says in a file of its own run, outside of the workspace, that it has started,
 * which commits it has made, and whether another agent of its task was still alive.
 */
const SCRIPTS = {
  good: 'commit one; publish',
  lazy: 'commit one',
  busy: 'commit one; sleep 60',
  patient: 'commit one; while ! test -e "$notes/$ORCH_TASK.go"; do sleep 0.05; done; publish',
  flaky: 'commit one; case $run in *.1) exit 3;; esac; publish',
  unsure: 'case $run in *.1) exit 0;; esac; commit one; publish',
};

export type AgentName = keyof typeof SCRIPTS;

const prelude = (notes: string) => `
notes=${notes}
run=$(basename "$(dirname "$PWD")")
echo start >>"$notes/$run"
for other in $(cat "$notes/$ORCH_TASK.pids" 2>/dev/null); do
  if kill -0 "$other" 2>/dev/null; then echo "overlap $other" >>"$notes/$run"; fi
done
echo $$ >>"$notes/$ORCH_TASK.pids"
commit() {
  echo "$run $1" >>fixed.txt && git add fixed.txt && git commit -qm "Fix it: $1" || exit 1
  echo "commit $(git rev-parse HEAD)" >>"$notes/$run"
}
publish() {
  git push -q && gh pr create --title 'Fix it' --body 'Fixed.' && orch done
}
`;

/** Profiles for the settings; the agents' notes are written into `notes`. */
export function agentProfiles(notes: string): Record<string, object> {
  mkdirSync(notes, { recursive: true });
  const profiles = Object.entries(SCRIPTS).map(([name, script]) => {
    const file = join(notes, `${name}.sh`);
    writeFileSync(file, `${prelude(notes)}\n${script}\n`);
    return [name, { command: ['sh', file], max_instances: 5 }];
  });
  return Object.fromEntries(profiles);
}

export interface Notes {
  run: string;
  starts: number;
  commits: string[];
  overlaps: number;
}

/** What the agents of a task's runs have written. */
export function readNotes(notes: string, task: number): Notes[] {
  const runs = readdirSync(notes).filter(name => new RegExp(`^T${task}\\.\\d+$`).test(name));
  return runs.map(run => {
    const lines = readFileSync(join(notes, run), 'utf8').split('\n');
    return {
      run,
      starts: lines.filter(line => line === 'start').length,
      commits: lines.flatMap(line => /^commit ([0-9a-f]{40})$/.exec(line)?.[1] ?? []),
      overlaps: lines.filter(line => line.startsWith('overlap')).length,
    };
  });
}
