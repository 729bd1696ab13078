export interface Screen extends Disposable {
  /** Aborted when the person leaves, or the program is told to end. */
  left: AbortSignal;
  /** Shows it as it is now; only lines that have changed are written. */
  draw(): void;
  /** Resolves after a time, or when the screen is left. */
  pause(milliseconds: number): Promise<void>;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The whole terminal, until disposed; then it is as it was. `lines` says what to show in so many columns and rows. */
export function openScreen(lines: (size: { width: number; height: number }) => string[]): Screen {
  const { stdin, stdout } = process;
  const controller = new AbortController();
  const leave = () => controller.abort();
  let shown: string[] = [];

  function draw(): void {
    const next = lines({ width: stdout.columns, height: stdout.rows });
    const changed = next.flatMap((line, row) =>
      line === shown[row] ? [] : [`\u001b[${row + 1};1H${line}\u001b[K`],
    );
    const rest = next.length < shown.length ? [`\u001b[${next.length + 1};1H\u001b[J`] : [];
    shown = next;
    if (changed.length + rest.length > 0) stdout.write([...changed, ...rest].join(''));
  }

  function resize(): void {
    shown = [];
    stdout.write('\u001b[2J');
    draw();
  }

  function key(pressed: Buffer): void {
    if (pressed.includes('q') || pressed.includes(3)) leave();
  }

  // Whatever ends the process, its last act is to give the terminal back.
  const restore = () => void stdout.write(LEAVE);
  process.once('exit', restore);
  stdout.write(ENTER);
  stdout.on('resize', resize);
  for (const signal of SIGNALS) process.on(signal, leave);
  if (stdin.isTTY) stdin.setRawMode(true).on('data', key).resume();

  return {
    left: controller.signal,
    draw,
    pause(milliseconds) {
      return new Promise(resolve => {
        const end = () => {
          clearTimeout(timer);
          controller.signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, milliseconds);
        controller.signal.addEventListener('abort', end);
        if (controller.signal.aborted) end();
      });
    },
    [Symbol.dispose]() {
      leave();
      process.off('exit', restore);
      restore();
      stdout.off('resize', resize);
      for (const signal of SIGNALS) process.off(signal, leave);
      if (stdin.isTTY) stdin.setRawMode(false).off('data', key).pause();
    },
  };
}
