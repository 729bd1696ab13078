/** How the demo's workflows name the Action; its runners have it under this name. */
export const ACTION = 'your-org/orch/action';

/** The file that each of them lies in. */
export const WORKFLOW_FILE = '.github/workflows/orch.yml';

/** A comment's task is done in the job that it starts, without a server. */
export const RUN_WORKFLOW = `name: Orch
on:
  issue_comment:
    types: [created]
permissions: {}
jobs:
  task:
    if: github.event.sender.type != 'Bot' && contains(github.event.comment.body, '/orch')
    runs-on: [self-hosted, orch]
    permissions:
      contents: write
      pull-requests: write
      issues: write
      checks: write
    steps:
      - uses: ${ACTION}@v1
`;

/** The App dispatches a job for each run of a task. */
export const EXECUTE_WORKFLOW = `name: Orch run
run-name: Orch $\{{ inputs.run }}
on:
  workflow_dispatch:
    inputs:
      run:
        description: The run, such as T42.1
        type: string
        required: true
      order:
        description: What is to be done, as the App writes it
        type: string
        required: true
permissions: {}
jobs:
  execute:
    runs-on: [self-hosted, orch]
    permissions:
      contents: write
      pull-requests: write
    steps:
      - uses: ${ACTION}@v1
        with:
          mode: execute
          order: $\{{ inputs.order }}
`;
