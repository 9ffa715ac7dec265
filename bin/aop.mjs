#!/usr/bin/env node
// The package has the commands built, a clone has their source.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../lib/aop.js', import.meta.url));
const source = new URL('../scripts/run-source.mjs', import.meta.url);
const { aop } = existsSync(source)
  ? await (await import(source)).runSource('src/cli/aop.ts')
  : createRequire(import.meta.url)(built);
process.exitCode = await aop(process.argv.slice(2));
