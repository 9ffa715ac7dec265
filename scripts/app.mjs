// The app of cdk8s.yaml: runs src/main.ts from its source. A mistake of a user is printed without a stack.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { runSource } from './run-source.mjs';

const { CDK8S_OUTDIR: folder = '' } = process.env;

try {
  await runSource('src/main.ts');
} catch (error) {
  process.exitCode = 1;
  // What esbuild can't read it has printed.
  if (!('errors' in error)) {
    const isMistake = ['InvalidInputError', 'ValidationError'].includes(error.name) || 'syscall' in error;
    console.error(isMistake ? `Error: ${error.message}` : error.stack);
  }
  if (basename(folder) === 'dist' && !existsSync(folder)) {
    console.error(
      `${folder} is gone: -o made the CLI remove it before the program started. ` +
        `Get it back with git restore ${folder}, or npx cdk8s synth without -o.`,
    );
  }
}
