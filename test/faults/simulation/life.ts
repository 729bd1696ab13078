import type { Clock } from '../../../src/shared/clock.ts';
import type { Connection } from '../../../src/store/connection.ts';

/** One life of a process. When it is over, what it had begun neither goes on nor writes anything: see Network. */
export interface Life {
  isOver: boolean;
}

/** The database stays; who is dead can't reach it. */
export function mortalConnection(connection: Connection, life: Life): Connection {
  const alive = () => {
    if (life.isOver) throw new Error('this process is dead');
  };
  return {
    close: () => {},
    exec: sql => connection.exec(sql),
    prepare(sql) {
      const statement = connection.prepare(sql);
      return {
        run(...values) {
          alive();
          return statement.run(...values);
        },
        get(...values) {
          alive();
          return statement.get(...values);
        },
        all(...values) {
          alive();
          return statement.all(...values);
        },
        iterate(...values) {
          alive();
          return statement.iterate(...values);
        },
      };
    },
  };
}

export function mortalClock(clock: Clock, life: Life): Clock {
  return {
    now: clock.now,
    after: (milliseconds, call) =>
      clock.after(milliseconds, () => {
        if (!life.isOver) call();
      }),
  };
}
