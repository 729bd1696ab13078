import type { FromDaemon, Question } from './protocol.ts';

const answers = new Map<string, (about: never) => unknown>();

/** What this daemon says when its parent asks for this kind of thing. */
export function answer<About>(kind: string, say: (about: About) => unknown): void {
  answers.set(kind, say);
}

export function tell(message: FromDaemon): void {
  process.send?.(message, undefined, undefined, () => {});
}

export function listenToParent(): void {
  process.on('message', ({ id, kind, about }: Question) => {
    tell({ kind: 'answer', id, value: answers.get(kind)?.(about as never) ?? null });
  });
  // Who started it is gone, and nobody else would end it.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // It must not keep a daemon alive that has been asked to stop.
  process.channel?.unref();
}
