// The second half of `npm run build`: tsc compiles the sources, this copies the files beside them (styles, pictures).
import { cpSync } from 'node:fs';

// A file with the name of a compiled one would silently take its place.
cpSync('src', 'dist', {
  recursive: true,
  force: false,
  errorOnExist: true,
  filter: path => !path.endsWith('.ts'),
});
