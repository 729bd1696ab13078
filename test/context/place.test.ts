import { expect, it } from 'vitest';
import { contextPlaces } from '../../src/context/place.ts';
import { memoryStore } from '../support/tasks.ts';

it('each repository has a place of its own below the folder of all, whatever its name was or is', () => {
  using store = memoryStore();
  const at = (repository: string, repositoryId: number) =>
    contextPlaces('/home/context', store.marks)({ repository, repositoryId });
  expect(at('acme/shop.js', 1)).toBe('/home/context/acme/shop.js');
  expect(at('acme/shop.js', 1)).toBe('/home/context/acme/shop.js');
  expect(at('acme/renamed', 1)).toBe('/home/context/acme/renamed');
  expect(at('Acme/Shop.js', 2)).toBe('/home/context/Acme/Shop.js~2');
  expect(at('../..', 3)).toBe('/home/context/-/-');
  expect(at('a b/.ssh', 4)).toBe('/home/context/a-b/-ssh');
});
