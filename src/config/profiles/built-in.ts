import { CLAUDE } from './claude.ts';
import { CODEX } from './codex.ts';
import { GEMINI } from './gemini.ts';
import { OPENCODE } from './opencode.ts';
import type { ProfileData } from './schema.ts';

/** The profiles that need no `command`, by name. Each is data alone: orch.yaml overrides it key by key. */
export const BUILT_IN: Readonly<Record<string, ProfileData>> = {
  claude: CLAUDE,
  codex: CODEX,
  gemini: GEMINI,
  opencode: OPENCODE,
};
