import { parentPort, workerData } from 'node:worker_threads';
import { findDamageInCopy } from './integrity.ts';

// The thread of verifyCopy.
parentPort?.postMessage(findDamageInCopy(workerData as string));
