import { z } from 'zod';
import { addLabels, removeLabel, setLabels } from '../action/issues.ts';
import { createLabel, deleteLabel, updateLabel } from '../action/labels.ts';
import { notFound } from '../http/errors.ts';
import { paged } from '../http/page.ts';
import {
  type Answer,
  created,
  type Need,
  NO_CONTENT,
  ok,
  onRepository,
  parse,
  type RepositoryCall,
  type Route,
} from '../http/route.ts';
import type { Issue, Label } from '../model.ts';
import { shapeLabel } from '../shape/issue.ts';
import { subject } from './issues.ts';

const READ: readonly Need[] = ['issues:read', 'pull_requests:read'];
const WRITE: readonly Need[] = ['issues:write', 'pull_requests:write'];

export const labelRoutes: readonly Route[] = [
  onRepository('GET', '/labels', READ, call =>
    paged(call, [...call.repository.labels.values()], shape(call)),
  ),
  onRepository('POST', '/labels', WRITE, create),
  onRepository('GET', '/labels/:name', READ, call => ok(shape(call)(one(call)))),
  onRepository('PATCH', '/labels/:name', WRITE, update),
  onRepository('DELETE', '/labels/:name', WRITE, remove),
  onRepository('GET', '/issues/:number/labels', READ, call => paged(call, subject(call).labels, shape(call))),
  onRepository('POST', '/issues/:number/labels', WRITE, addToIssue, 'triage'),
  onRepository('PUT', '/issues/:number/labels', WRITE, setOnIssue, 'triage'),
  onRepository('DELETE', '/issues/:number/labels', WRITE, clearIssue, 'triage'),
  onRepository('DELETE', '/issues/:number/labels/:name', WRITE, removeFromIssue, 'triage'),
];

function shape(call: RepositoryCall): (label: Label) => unknown {
  return label => shapeLabel(call.world, call.repository, label);
}

function one(call: RepositoryCall): Label {
  const label = call.repository.labels.get(call.params.name?.toLowerCase() ?? '');
  if (!label) throw notFound();
  return label;
}

const newLabel = z.object({
  name: z.string().min(1),
  color: z.string().optional(),
  description: z.string().nullish(),
});

function create(call: RepositoryCall): Answer {
  return created(shape(call)(createLabel(call, parse(newLabel, call.body))));
}

const labelChange = z.object({
  new_name: z.string().min(1).optional(),
  color: z.string().optional(),
  description: z.string().nullish(),
});

function update(call: RepositoryCall): Answer {
  const label = one(call);
  const { new_name: name, color, description } = parse(labelChange, call.body);
  updateLabel(call, label, { name, color, description });
  return ok(shape(call)(label));
}

function remove(call: RepositoryCall): Answer {
  deleteLabel(call, one(call));
  return NO_CONTENT;
}

const name = z.union([z.string(), z.object({ name: z.string() }).transform(label => label.name)]);
const names = z.union([
  z.array(name),
  z.object({ labels: z.array(name).default([]) }).transform(body => body.labels),
]);

function addToIssue(call: RepositoryCall): Answer {
  const issue = subject(call);
  addLabels(call, issue, parse(names, call.body));
  return all(call, issue);
}

function setOnIssue(call: RepositoryCall): Answer {
  const issue = subject(call);
  setLabels(call, issue, parse(names, call.body));
  return all(call, issue);
}

function clearIssue(call: RepositoryCall): Answer {
  setLabels(call, subject(call), []);
  return NO_CONTENT;
}

function removeFromIssue(call: RepositoryCall): Answer {
  const issue = subject(call);
  removeLabel(call, issue, call.params.name ?? '');
  return all(call, issue);
}

function all(call: RepositoryCall, issue: Issue): Answer {
  return ok(issue.labels.map(shape(call)));
}
