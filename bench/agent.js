// The agent of both sides, plain JavaScript so that it starts as fast as Node does. It tells when its process began.
import { writeFileSync } from 'node:fs';

writeFileSync(`${process.argv[2]}/${process.pid}`, String(performance.timeOrigin));
