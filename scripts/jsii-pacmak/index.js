#!/usr/bin/env node
// The cdk8s CLI loads jsii-pacmak, and with it the whole of TypeScript, before it knows its command: a third of the time of a synth.
// Only `cdk8s init` and `cdk8s import` for other languages than TypeScript use it, and this project needs neither. So that npm puts
// this package in its place, the version is one that the CLI accepts. docs/performance.md has the figures.

// The CLI reads its settings after this: a synth asks no registry for a newer CLI, unless it is told to.
process.env.CDK8S_CHECK_UPGRADE ??= 'false';

exports.TargetName = {};
exports.toReleaseVersion = refuse;
if (require.main === module) refuse();

function refuse() {
  throw new Error(
    'this project has no jsii-pacmak: for `cdk8s init` and imports for other languages, use the CLI elsewhere',
  );
}
