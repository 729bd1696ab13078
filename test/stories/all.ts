import { reviewByStranger } from './reviews.ts';
import type { Story } from './story.ts';

export const STORIES: readonly Story[] = [reviewByStranger];
