import type { Person } from '../git/repository.ts';
import type { User } from '../model.ts';

/** A user as author of commits, with GitHub's address that hides the real one. */
export function personOf(user: User, date: number): Person {
  return { name: user.name ?? user.login, email: `${user.id}+${user.login}@users.noreply.github.com`, date };
}
