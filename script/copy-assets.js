// The second half of `npm run build`: tsc compiles the sources, this copies the files beside them (SQL, templates).
import { cpSync } from 'node:fs';

cpSync('src', 'dist', { recursive: true, filter: path => !path.endsWith('.ts') });
