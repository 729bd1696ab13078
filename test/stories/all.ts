import { ciFixed, ciSameAsBaseStops } from './ci.ts';
import { conflictForeseen, overlapHeld } from './conflicts.ts';
import { mergedMidwayKept } from './merges.ts';
import { planApproved, planVoidOnEdit } from './plans.ts';
import { proofAbsentSaid, proofBrokenSaid, proofFailsThenPasses } from './proofs.ts';
import { personPushed, reviewByStranger, reviewSettled } from './reviews.ts';
import type { Story } from './story.ts';

export const STORIES: readonly Story[] = [
  proofFailsThenPasses,
  proofAbsentSaid,
  proofBrokenSaid,
  reviewSettled,
  reviewByStranger,
  ciFixed,
  ciSameAsBaseStops,
  personPushed,
  planApproved,
  planVoidOnEdit,
  mergedMidwayKept,
  conflictForeseen,
  overlapHeld,
];
