/** Where somebody waits until it may begin, and who has to make room for it. */
export interface Turn {
  group: string;
  cancelsOthers: boolean;
  /** How many may wait in the group, this one included. */
  waits: number;
}

/** Somebody in a concurrency group: a workflow run, or a job of one. */
interface Member {
  begin(): void;
  cancel(): void;
}

/** Concurrency groups as GitHub has them: one member is at work, and one waits, or with `queue: max` a hundred. */
export class Groups {
  readonly #groups = new Map<string, Member[]>();
  readonly #places = new Map<object, { group: string; member: Member }>();

  /** Begins at once, or when its turn comes; who waits before it may have to make room. */
  enter(who: object, turn: Turn | null, member: Member): void {
    if (turn === null) {
      member.begin();
      return;
    }
    const { group, cancelsOthers, waits } = turn;
    const members = this.#groups.get(group) ?? [];
    this.#groups.set(group, members);
    const [current, ...waiting] = members;
    const inTheWay = cancelsOthers ? [...members] : waiting.slice(0, Math.max(0, waiting.length + 1 - waits));
    members.push(member);
    this.#places.set(who, { group, member });
    for (const other of inTheWay) other.cancel();
    if (current === undefined) member.begin();
  }

  /** It is over, whether it has begun or not. */
  leave(who: object): void {
    const place = this.#places.get(who);
    if (!place) return;
    this.#places.delete(who);
    const members = this.#groups.get(place.group) ?? [];
    const at = members.indexOf(place.member);
    members.splice(at, 1);
    if (members.length === 0) this.#groups.delete(place.group);
    else if (at === 0) members[0]?.begin();
  }
}
