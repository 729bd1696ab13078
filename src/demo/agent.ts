/**
 * The demo's agents: scripts, no models, and they say so. `scripted` does what a coding agent does, by the commands an
 * agent has; the others fail in the ways that agents fail.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const [kind = 'scripted'] = process.argv.slice(2);
const prompt = readFileSync(process.env.ORCH_PROMPT_FILE ?? '', 'utf8');

say(`I am the demo's agent "${kind}": a script, not a model.`);
say(`My task: ${prompt.split('\n', 1)[0]}`);
switch (kind) {
  case 'scripted':
    work();
    run('git', ['push']);
    run('gh', ['pr', 'create', '--title', 'Fix the failing test', '--body', summary()]);
    run('orch', ['done', 'The test suite passes.']);
    break;
  case 'unpushed':
    work();
    say('I leave my commit without pushing it.');
    break;
  case 'crashing':
    say('I crash.');
    process.exit(3);
    break;
  case 'idle':
    say('I do nothing.');
    break;
  default:
    throw new Error(`there is no agent ${kind}`);
}

/** The failing test of the demo's own repository; elsewhere a note, for want of understanding. */
function work(): void {
  if (existsSync('basket.js')) {
    test();
    say('The total leaves the quantity out.');
    const code = readFileSync('basket.js', 'utf8');
    writeFileSync('basket.js', code.replace('sum + item.price,', 'sum + item.price * item.quantity,'));
    if (!test()) throw new Error('the tests still fail');
    run('git', ['commit', '--all', '--message', 'Count the quantity in the total']);
  } else {
    writeFileSync(
      'ORCH-DEMO.md',
      `# What was asked\n\n${prompt.split('\n', 1)[0]}\n\nA script wrote this, not a model.\n`,
    );
    run('git', ['add', 'ORCH-DEMO.md']);
    run('git', ['commit', '--message', 'Note what was asked']);
  }
}

function summary(): string {
  const changed = execFileSync('git', ['diff', '--stat', 'HEAD~1'], { encoding: 'utf8' });
  return `What changed, and the tests pass:\n\n\`\`\`\n${changed}\`\`\``;
}

function test(): boolean {
  say('$ node --test');
  try {
    execFileSync(process.execPath, ['--test'], { stdio: 'inherit' });
    return true;
  } catch {
    return false;
  }
}

function run(program: string, args: string[]): void {
  say(`$ ${program} ${args.map(arg => (/[\s]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`);
  execFileSync(program, args, { stdio: 'inherit' });
}

function say(text: string): void {
  console.log(text);
}
