import type { AppCredentials } from '../config/environment.ts';
import type { Settings } from '../config/settings.ts';
import { openSecrets, type Secrets } from '../shared/secrets/secrets.ts';

/**
 * What this daemon must not tell: the App's credentials, and what environment and profiles hold under names such as
 * `ANTHROPIC_API_KEY`. Tokens are added as they are minted.
 */
export function ownSecrets(options: {
  /** None at a desk. */
  credentials: Pick<AppCredentials, 'privateKey' | 'webhookSecret'> | null;
  settings: Pick<Settings, 'profiles'>;
  env: NodeJS.ProcessEnv;
}): Secrets {
  const secrets = openSecrets();
  if (options.credentials) {
    secrets.know(options.credentials.privateKey, "the App's private key");
    secrets.know(options.credentials.webhookSecret, 'the webhook secret');
  }
  const environments = [options.env, ...options.settings.profiles.map(profile => profile.environment)];
  for (const [name, value = ''] of environments.flatMap(each => Object.entries(each))) {
    if (isSecret(name)) secrets.know(value, `the value of ${name}`);
    const password = URL.parse(value)?.password ?? '';
    for (const form of [password, decoded(password)]) secrets.know(form, `the password in ${name}`);
  }
  return secrets;
}

/** As it is where a `%` escapes nothing: proxies take such passwords. */
function decoded(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

/** By its last word: `PRIVATE_KEY_PATH` and `TOKEN_URL` name places. */
function isSecret(name: string): boolean {
  return /(?:^|_)(?:\w*KEY|\w*TOKEN|SECRET|PASSWORD|PASSWD|PASS|PASSPHRASE|CREDENTIALS?)$/i.test(name);
}
