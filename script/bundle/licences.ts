import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** They let a copy go along with a program of any licence, as long as their text does too. */
const FREE = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];

/** The licences of the packages that these modules belong to, in the alphabet's order. Throws for one that asks for more. */
export function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap(id => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const entries = [...folders].map(licenceOf).sort();
  return `The file index.js holds these packages:\n\n${[...new Set(entries)].join('\n')}`;
}

function licenceOf(folder: string): string {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!FREE.includes(license)) throw new Error(`${name} has the licence ${license}, not one of ${FREE}`);
  const files = readdirSync(folder)
    .filter(file => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8').trim());
  // A few packages have no file of it.
  const said = texts.length > 0 ? texts.join('\n\n') : `By ${author?.name ?? author ?? 'its authors'}`;
  return `== ${name} ${version}, ${license}\n\n${said}\n`;
}
