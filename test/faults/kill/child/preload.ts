import { isMainThread } from 'node:worker_threads';
import { watchBoundaries } from './boundaries.ts';
import { watchCommits } from './commits.ts';
import { answerParent } from './crash.ts';

// For `node --import`: the daemon as it is, with crash points around everything that changes something outside of it.
if (isMainThread) {
  watchCommits();
  watchBoundaries();
  answerParent();
}
