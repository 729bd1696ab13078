type Scalar = string | number | boolean;
type Conditions = Record<string, Scalar | Scalar[] | { match: string }>;
type Taken = string | string[] | { path: string; match: string };

export interface EventRule {
  when: Conditions;
  each?: string | undefined;
  where?: Conditions | undefined;
  as: 'session' | 'text' | 'tool' | 'usage' | 'retry' | 'end';
  take: Record<string, Taken>;
  set: Record<string, Scalar>;
  mode?: 'add' | 'set' | 'session' | undefined;
  once?: string | undefined;
}

export interface LimitRule {
  status?: number[] | undefined;
  match?: string | undefined;
  kind: 'rate' | 'usage';
  reset?: string | undefined;
}

export interface RefusalRule {
  status?: number[] | undefined;
  match?: string | undefined;
}
