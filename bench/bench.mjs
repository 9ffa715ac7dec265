// npm run bench             what a synth takes, beside bare Node.js and beside the `yaml` package with the same objects
// npm run bench -- --quick  the same in fewer runs
// Fails if a ratio or a growth is over its limit, and never on a time, which says more of the machine than of the program.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const quick = process.argv.includes('--quick');
const rounds = quick ? 5 : 11;
// A process of 0.06 s is measured least well: in few rounds, on a machine that does other things as well, its ratios need some room.
const room = quick ? 1.2 : 1;
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const node = process.execPath;
const program = join(folder, 'fleet.cjs');
const objectsOf = (services) => join(folder, `${services}.json`);
const fleet = (how, services, size) => `${node} ${program} ${how} ${services} ${size} ${join(folder, 'manifests')}`;
const plain = (services) => `${node} bench/plain.mjs ${objectsOf(services)} ${join(folder, 'plain.yaml')}`;
const synth = 'npx cdk8s synth --check-upgrade=false -o dist-bench';

/** What is measured, by its name in the table; in each round in this order. */
const commands = {
  'node -e 0': `${node} -e 0`,
  'the app of cdk8s.yaml': `${node} scripts/app.mjs`,
  'the app, after a change': `sh -c 'rm -rf node_modules/.cache/autonomous-op-cdk8s; ${node} scripts/app.mjs'`,
  'npx cdk8s synth': synth,
  'npx cdk8s synth, no app': `${synth} -a 'mkdir dist-bench'`,
  'yaml, 0 services': plain(0),
  'yaml, 100 services': plain(100),
  'yaml, 1000 services': plain(1000),
  'no service': fleet('ours', 0, 1),
  '100 in one chart': fleet('ours', 100, 100),
  '1000 in one chart': fleet('ours', 1000, 1000),
  '100 in charts of 10': fleet('ours', 100, 10),
  '1000 in charts of 10': fleet('ours', 1000, 10),
  '100 by app.synth()': fleet('cdk8s', 100, 100),
  '1000 by app.synth()': fleet('cdk8s', 1000, 1000),
};

const names = Object.keys(commands);
/** CPU and wall clock of each round in seconds, by the name of the command. */
const runs = Object.fromEntries(names.map((name) => [name, []]));
const cpu = (name) => median(runs[name].map((run) => run.user + run.system));
const wall = (name) => median(runs[name].map((run) => run.mean));

/** What must hold: a text, a number, and what it must stay under. */
const limits = [
  // Later versions of Node.js start bare in less than half of the time: there is no limit for their ratio.
  ...(process.version.startsWith('v20.')
    ? [ratio('the app of cdk8s.yaml', 'node -e 0', 6 * room), ratio('npx cdk8s synth', 'node -e 0', 24 * room)]
    : []),
  ratio('1000 in one chart', 'yaml, 1000 services', 3),
  ratio('1000 by app.synth()', 'yaml, 1000 services', 3),
  growth('100 in one chart', '1000 in one chart', 11),
  growth('100 in charts of 10', '1000 in charts of 10', 11),
  growth('100 by app.synth()', '1000 by app.synth()', 11),
  peak('1000 in one chart', 400),
  peak('1000 by app.synth()', 400),
];

function ratio(one, other, limit) {
  return { what: `CPU of "${one}" / "${other}"`, value: () => cpu(one) / cpu(other), limit };
}

function growth(small, large, limit) {
  const start = 'no service';
  const value = () => (cpu(large) - cpu(start)) / (cpu(small) - cpu(start));
  return { what: `CPU of "${large}" / "${small}", without "${start}"`, value, limit };
}

/** The program itself says what it has used, in KiB. */
function peak(name, limit) {
  const value = () => Number(execFileSync('sh', ['-c', commands[name]], { encoding: 'utf8' })) / 1024;
  return { what: `peak MiB of "${name}"`, value, limit };
}

try {
  await prepare();
  measure();
  for (const name of names) runs[name] = [];
  for (let number = 0; number < rounds; number++) measure();
  // A machine that is busy with something else for a while slows one command more than another: more rounds even that out.
  for (let number = 0; number < rounds && results().some(({ failed }) => failed); number++) measure();
  printTable();
  for (const { what, value, limit, failed } of results()) {
    console.log(`${failed ? 'FAIL' : 'ok  '} ${what}: ${value.toFixed(2)}, limit ${Number(limit.toFixed(2))}`);
    if (failed) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync('dist-bench', { recursive: true, force: true });
}

async function prepare() {
  await build({ entryPoints: ['bench/fleet.ts'], bundle: true, platform: 'node', outfile: program, logLevel: 'error' });
  for (const services of [0, 100, 1000]) {
    const args = [program, 'objects', services, Math.max(services, 1)];
    writeFileSync(objectsOf(services), execFileSync(node, args, { maxBuffer: 2 ** 30 }));
  }
}

/** One round, every command once: what else the machine does meanwhile, it does to all of them. */
function measure() {
  const report = join(folder, 'report.json');
  const options = ['--shell=none', '--runs=1', '--style=none', `--export-json=${report}`];
  execFileSync('hyperfine', [...options, ...Object.values(commands)], {
    env: { ...process.env, CDK8S_OUTDIR: 'dist-bench' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { results } = JSON.parse(readFileSync(report, 'utf8'));
  results.forEach((result, index) => runs[names[index]].push(result));
}

function results() {
  return limits.map(({ what, value: valueOf, limit }) => {
    const value = valueOf();
    return { what, value, limit, failed: !(value < limit) };
  });
}

/** The middle one of an odd number of numbers, or the lower of the two. */
function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[(numbers.length - 1) >> 1];
}

function printTable() {
  console.log(`Medians of ${runs['node -e 0'].length} interleaved runs, Node.js ${process.version}.\n`);
  printRow('', 'CPU s', 'wall s', '/ node -e 0', '/ yaml');
  for (const name of names) {
    const [, services] = /^(no|100|1000) /.exec(name) ?? [];
    const yaml = services ? cpu(name) / cpu(`yaml, ${services === 'no' ? 0 : services} services`) : undefined;
    const bare = cpu(name) / cpu('node -e 0');
    printRow(name, cpu(name).toFixed(2), wall(name).toFixed(2), bare.toFixed(1), yaml?.toFixed(1) ?? '');
  }
  console.log();
}

function printRow(name, ...cells) {
  console.log(name.padEnd(25) + cells.map((cell) => cell.padStart(12)).join(''));
}
