/**
 * The commands in an agent's worktree: `main.ts git-remote-orch|gh|orch [arguments]`. Every `git push` starts it, so it
 * loads nothing but Node's own modules and the part that is asked for.
 */
const [tool, ...args] = process.argv.slice(2);
const io = {
  cwd: process.cwd(),
  env: process.env,
  broker: process.env.ORCH_BROKER ?? '',
  patience: 10_000,
  print: (text: string) => process.stdout.write(text),
  warn: (text: string) => process.stderr.write(text),
  input: process.stdin,
};

const code = await run().catch(error => {
  io.warn(`${error instanceof Error ? error.message : error}\n`);
  return 1;
});
// Git keeps the helper's input open for as long as the helper lives.
process.exit(code);

async function run(): Promise<number> {
  switch (tool) {
    case 'git-remote-orch':
      return (await import('./remote-helper.ts')).serveGit(io);
    case 'gh':
      return (await import('./gh.ts')).gh(args, io);
    case 'orch':
      return (await import('./orch.ts')).orch(args, io);
    default:
      throw new Error('Usage: main git-remote-orch|gh|orch [arguments]');
  }
}
