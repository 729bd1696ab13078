/** The shortest way from `start` along `next` back to it, such as `[1, 3, 1]`; null when there is none. */
export function cycleThrough<Node>(start: Node, next: (node: Node) => readonly Node[]): Node[] | null {
  const cameFrom = new Map<Node, Node>();
  const ahead = [start];
  for (const node of ahead) {
    for (const step of next(node)) {
      if (step === start) return [...wayTo(node, cameFrom), start];
      if (cameFrom.has(step)) continue;
      cameFrom.set(step, node);
      ahead.push(step);
    }
  }
  return null;
}

function wayTo<Node>(node: Node, cameFrom: ReadonlyMap<Node, Node>): Node[] {
  const way = [node];
  for (let at = cameFrom.get(node); at !== undefined; at = cameFrom.get(at)) way.unshift(at);
  return way;
}
