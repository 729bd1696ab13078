import { planApproved, planVoidOnEdit } from './plans.ts';
import { personPushed, reviewByStranger, reviewSettled } from './reviews.ts';
import type { Story } from './story.ts';

export const STORIES: readonly Story[] = [
  reviewSettled,
  reviewByStranger,
  personPushed,
  planApproved,
  planVoidOnEdit,
];
