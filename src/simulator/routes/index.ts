import type { Route } from '../http/route.ts';
import { appRoutes } from './app.ts';
import { commentRoutes } from './comments.ts';
import { issueRoutes } from './issues.ts';
import { labelRoutes } from './labels.ts';
import { reactionRoutes } from './reactions.ts';
import { repositoryRoutes } from './repositories.ts';
import { reviewCommentRoutes } from './review-comments.ts';

/** All of the API, with what each route needs. */
export const ROUTES: readonly Route[] = [
  ...appRoutes,
  ...commentRoutes,
  ...issueRoutes,
  ...labelRoutes,
  ...reactionRoutes,
  ...repositoryRoutes,
  ...reviewCommentRoutes,
];
