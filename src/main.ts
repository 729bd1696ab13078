import { createProgram } from './program.ts';

// `orch logs T1 | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const calledBy = /(^|\/)orchestrate$/.test(process.argv[1] ?? '') ? 'orchestrate' : 'orch';
const program = createProgram(calledBy);
try {
  await program.parseAsync();
} catch (error) {
  // Here alone: most commands go well, and have no time for it.
  const { endWith } = await import('./cli/exit.ts');
  endWith(error, program);
}
