export interface FieldError {
  resource: string;
  code: string;
  field?: string;
  message?: string;
  value?: string;
}

/** An answer of GitHub that says no; the server turns it into GitHub's JSON error. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    more: { errors?: readonly FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  body(): object {
    return {
      message: this.message,
      ...(this.errors && { errors: this.errors }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

export function badCredentials(): GitHubError {
  return new GitHubError(401, 'Bad credentials');
}

export function notAccessible(): GitHubError {
  return new GitHubError(403, 'Resource not accessible by integration');
}

export function invalid(...errors: FieldError[]): GitHubError {
  return new GitHubError(422, 'Validation Failed', { errors });
}
