import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { isOnPath } from '../src/shared/program.ts';
import { temporaryDirectory } from './support/temporary.ts';

const unit = readFileSync('deploy/orch.service', 'utf8');
/** The Dockerfile's instructions, continued lines joined. */
const instructions = readFileSync('deploy/Dockerfile', 'utf8')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter(line => /^[A-Z]+ /.test(line))
  .map(line => ({ verb: line.split(' ', 1)[0] as string, rest: line.slice(line.indexOf(' ') + 1).trim() }));
const of = (verb: string) => instructions.filter(each => each.verb === verb).map(({ rest }) => rest);

describe('the container file', () => {
  it('stands on the Node that the lock file pins', () => {
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(of('FROM').map(from => from.split(' ', 1)[0])).toEqual(
      Array(2).fill(`node:${devDependencies.node}-bookworm-slim`),
    );
  });

  it('does not run as root, and stops Orch as it wants to be', () => {
    expect(of('USER')).toEqual(['node']);
    expect(instructions.findIndex(({ verb }) => verb === 'USER')).toBeLessThan(
      instructions.findIndex(({ verb }) => verb === 'ENTRYPOINT'),
    );
    expect(of('ENTRYPOINT')).toEqual(['["orch"]']);
  });

  it('copies only what is there', () => {
    const own = of('COPY').filter(copy => !copy.startsWith('--from='));
    const files = own.flatMap(copy => copy.split(/\s+/).slice(0, -1));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter(file => !existsSync(file))).toEqual([]);
  });

  it('installs the programs that script/bootstrap does', () => {
    const [, wanted = ''] =
      /install_programs ((?:[a-z]+ ?)+)/.exec(readFileSync('script/bootstrap', 'utf8')) ?? [];
    const [, installed = ''] = /--no-install-recommends ([a-z -]+)/.exec(of('RUN').join('\n')) ?? [];
    const packages = wanted
      .trim()
      .split(' ')
      .map(program => (program === 'bwrap' ? 'bubblewrap' : program));
    expect(installed.split(' ')).toEqual(expect.arrayContaining([...packages, 'bubblewrap']));
  });
});

describe('the systemd unit', () => {
  it('leaves agents alone when the daemon stops, and does not run as root', () => {
    expect(unit).toMatch(/^KillMode=process$/m);
    expect(unit).toMatch(/^Restart=on-failure$/m);
    expect(unit).toMatch(/^User=(?!root)\w+$/m);
    // These would take from bubblewrap what it needs.
    expect(unit).not.toMatch(
      /^(RestrictNamespaces|PrivateUsers|ProtectProc|ProtectKernelTunables|SystemCallFilter)=/m,
    );
  });

  it.skipIf(!isOnPath('systemd-analyze', process.env.PATH ?? ''))('is one to systemd', async () => {
    await using folder = await temporaryDirectory();
    const file = `${folder.path}/orch.service`;
    // It wants the program to be there.
    writeFileSync(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    const { stdout, stderr } = await execa('systemd-analyze', ['verify', file], { reject: false });
    expect(`${stdout}${stderr}`.split('\n').filter(line => line.includes('orch.service'))).toEqual([]);
  });
});
