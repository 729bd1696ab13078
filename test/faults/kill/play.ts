import type { Armed } from './daemon.ts';
import { violations } from './invariants.ts';
import type { Lane } from './lane.ts';
import { type Down, openScene } from './scene.ts';
import { pending } from './settled.ts';
import { STORIES, type Story } from './stories.ts';

/** One story, and where in it the daemon is killed. */
export interface Job {
  story: string;
  armed: Armed | null;
  down: Down;
}

export interface Played {
  /** Whether the daemon came by the point, and so was killed. */
  killed: boolean;
  violations: string[];
  /** Without a kill: each point of interest and how often it was passed. */
  passed: Record<string, number>;
  /** The daemon, or what it should have done, hangs: the lane is of no use any more. */
  stuck: boolean;
}

const PATIENCE_MS = 120_000;

/** Plays a story to its end and says what does not hold then. */
export async function play(lane: Lane, { story: name, armed, down }: Job): Promise<Played> {
  const story = STORIES[name] as Story;
  const before = lane.kills();
  const killed = () => lane.kills() > before;
  let waitsFor: string[] | null = ['the story'];
  lane.give(AbortSignal.timeout(PATIENCE_MS));
  try {
    const scene = await openScene(lane, down, armed);
    if (story.part === undefined) await lane.daemon().arm(armed);
    await story.play(scene);
    await scene.until(async () => {
      waitsFor = await pending(lane, scene);
      return waitsFor?.length === 0;
    });
    const passed = killed() ? null : await scene.passed();
    await lane.daemon().arm(null);
    const found = await violations(lane, scene, story.ends);
    return { killed: killed(), violations: found, passed: passed ?? {}, stuck: false };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    const why = isLate ? `it does not come to an end, waiting for ${waitsFor?.join(', ')}` : String(error);
    return { killed: killed(), violations: [why], passed: {}, stuck: true };
  } finally {
    lane.onCrash(null);
  }
}
