import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { OrchError } from '../../shared/errors.ts';
import { OWN_CODE } from '../../shared/own-programs.ts';
import { isWithin, programPlaces } from './programs.ts';
import type { Places } from './sandbox.ts';

/** One thing that programs in a sandbox see. */
export interface Mount {
  path: string;
  /** `private` is a folder of the run's own in place of the machine's; `empty` a folder, `nothing` a file without content. */
  kind: 'read' | 'write' | 'private' | 'empty' | 'nothing';
  /** What is there really. */
  from: string;
}

export interface View {
  /** Parents before what lies in them. */
  mounts: readonly Mount[];
  /** Links of the system's root, such as `/bin` to `usr/bin`. */
  links: readonly { path: string; target: string }[];
  environment: Record<string, string>;
}

/** Top folders of a system. What they hold is for every user of the machine. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];

/** Of /etc what programs need to run. Keys, password hashes and the settings of services stay out. */
const ETC = [
  ...[
    'alternatives',
    'bash.bashrc',
    'ca-certificates',
    'ca-certificates.conf',
    'debian_version',
    'fonts',
    'gai.conf',
  ],
  ...[
    'gitattributes',
    'gitconfig',
    'group',
    'host.conf',
    'hosts',
    'inputrc',
    'java',
    'ld.so.cache',
    'ld.so.conf',
  ],
  ...[
    'ld.so.conf.d',
    'locale.alias',
    'locale.conf',
    'localtime',
    'lsb-release',
    'magic',
    'mime.types',
    'networks',
  ],
  ...[
    'nsswitch.conf',
    'os-release',
    'passwd',
    'perl',
    'profile',
    'protocols',
    'python3',
    'resolv.conf',
    'rpc',
  ],
  ...['services', 'shells', 'terminfo', 'timezone', 'xml', 'ssl/certs', 'ssl/openssl.cnf', 'pki/ca-trust'],
  ...['pki/tls/certs', 'pki/tls/cert.pem', 'pki/tls/openssl.cnf', 'crypto-policies'],
].map(name => join('/etc', name));

/** Variables that name a file or folder with certificates. */
const CERTIFICATES = [
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'],
  ...['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
];

/**
 * What the programs of a run see: the system read-only, without secrets; their own worktree and repository, a home and a
 * `/tmp` of the run's own; and what is named. All else is not there. In an image system and programs are the image's. Errors: E_SETTINGS for exposing too much.
 */
export function viewOf(places: Places, system: 'host' | 'image' = 'host'): View {
  const home = homeOf(places.environment);
  const apart = ['/', home, ...places.hidden.filter(isFolder)];
  for (const path of [...places.expose.read, ...places.expose.write]) refuseTooMuch(path, apart);
  const isHost = system === 'host';
  const programs = programPlaces(places.environment.PATH ?? '', places.command, { system: SYSTEM, apart });
  const certificates = CERTIFICATES.flatMap(name => places.environment[name]?.split(delimiter) ?? []);
  const read = [
    ...(isHost ? SYSTEM.filter(path => existsSync(path) && !lstatSync(path).isSymbolicLink()) : []),
    ...(isHost ? [...ETC, ...programs] : []),
    ...[...OWN_CODE, process.execPath],
    ...certificates.filter(isAbsolute),
    ...places.read,
    ...places.expose.read,
  ];
  const write = [...places.own, ...places.expose.write];
  const shown: Mount[] = [
    { path: '/tmp', kind: 'private', from: places.temporary },
    { path: '/var/tmp', kind: 'private', from: places.temporary },
    { path: home, kind: 'private', from: places.home },
    ...read.filter(path => existsSync(path)).map(path => mount(path, 'read')),
    ...write.filter(path => existsSync(path)).map(path => mount(path, 'write')),
  ];
  return {
    mounts: inOrder([...shown, ...masks(places.hidden, shown)]),
    links: SYSTEM.flatMap(path => {
      const isLink = (isHost && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) ?? false;
      return isLink ? [{ path, target: readlinkSync(path) }] : [];
    }),
    environment: environmentOf(places.environment, home),
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function mount(path: string, kind: Mount['kind']): Mount {
  return { path, kind, from: realpathSync(path) };
}

/** What has been shown with a folder around it goes again. */
function masks(hidden: readonly string[], shown: readonly Mount[]): Mount[] {
  const shows = (path: string) => shown.some(each => each.kind !== 'private' && isWithin(each.path, path));
  const seen = hidden.filter(path => existsSync(path) && shows(path));
  return seen.map(path => mount(path, isFolder(path) ? 'empty' : 'nothing'));
}

/** The last word on a path counts. */
function inOrder(mounts: readonly Mount[]): Mount[] {
  const byPath = new Map(mounts.map(each => [each.path, each]));
  const depth = ({ path }: Mount) => path.split('/').length;
  return [...byPath.values()].sort((a, b) => depth(a) - depth(b));
}

/** Where a daemon has no home of its own, its agents get one. */
function homeOf({ HOME = '' }: Record<string, string>): string {
  const isUsable = isAbsolute(HOME) && resolve(HOME) !== '/' && !SYSTEM.some(path => isWithin(path, HOME));
  return isUsable ? resolve(HOME) : '/home/agent';
}

/** The daemon's runtime folder and temporary folder are not there. */
function environmentOf(environment: Record<string, string>, home: string): Record<string, string> {
  const { XDG_RUNTIME_DIR: _, ...rest } = environment;
  return { ...rest, HOME: home, TMPDIR: '/tmp' };
}

function refuseTooMuch(path: string, apart: readonly string[]): void {
  const held = apart.find(each => isWithin(path, each));
  if (held === undefined) return;
  throw new OrchError(
    'E_SETTINGS',
    `An agent's \`expose\` names ${path}, which would give it all of ${held}`,
    {
      remedy: 'Name single files and folders of logins in `expose` in orch.yaml, then retry the task.',
    },
  );
}
