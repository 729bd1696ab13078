/** Somebody in a concurrency group. */
export interface Member {
  begin(): void;
  cancel(): void;
}

/** Concurrency groups as GitHub has them: one member is at work, and one waits, or with `queue: max` a hundred. */
export class Groups {
  readonly #members = new Map<string, Member[]>();

  /** Begins the member at once or when its turn comes; who waits before it may have to make room. */
  join(
    name: string,
    member: Member,
    { cancelsOthers, waits }: { cancelsOthers: boolean; waits: number },
  ): void {
    const members = this.#members.get(name) ?? [];
    this.#members.set(name, members);
    const [current, ...waiting] = members;
    const inTheWay = cancelsOthers ? [...members] : waiting.slice(0, Math.max(0, waiting.length + 1 - waits));
    members.push(member);
    for (const other of inTheWay) other.cancel();
    if (current === undefined) member.begin();
  }

  leave(name: string, member: Member): void {
    const members = this.#members.get(name) ?? [];
    const at = members.indexOf(member);
    if (at < 0) return;
    members.splice(at, 1);
    if (at === 0) members[0]?.begin();
  }
}
