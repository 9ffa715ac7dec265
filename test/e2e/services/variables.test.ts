import { beforeAll, describe, expect, test } from 'vitest';
import { plain, tableOf } from '../../docs/pages';
import { variableName } from '../../autonomous-op/variables';
import { activeProfiles, boundVariables } from './actuator';
import { machine, Release, releases, theDeployments } from './platform';
import { keysOf } from '../../../src/core/records';

// Every variable is read by a running application, as docs/variables.md says.

/** Services that have all variables between them: fms, tms and scm have what autonomous-op has. */
const keys = ['gateway', 'autonomousOp', 'mlService'] as const;

describe.skipIf(machine === undefined).each<Release>(keysOf(releases))('with Spring Boot %s', (release) => {
  const bound = new Set<string>();
  const profiles = new Set<string>();

  beforeAll(async () => {
    const deployments = await theDeployments(release);
    await deployments.have(...keys);
    for (const key of keys) {
      const pod = deployments.pod(key);
      (await boundVariables(pod)).forEach((name) => bound.add(variableName(name)));
      (await activeProfiles(pod)).forEach((profile) => profiles.add(profile));
    }
  });

  const rows = tableOf('docs/variables.md', 'Variable').map((row) => row.map(plain));
  const column = 1 + keysOf(releases).indexOf(release);

  test('those that the page calls bound are bound, and no other', () => {
    const said = rows.filter((row) => row[column] === 'bound').map(([name]) => name);
    const emitted = new Set(rows.map(([name]) => name));
    expect([...bound].filter((name) => emitted.has(name)).sort()).toEqual(said.sort());
    expect(said.length).toBeGreaterThan(20);
  });

  test('the profile is active', () => {
    expect([...profiles]).toEqual(['prod']);
  });
});
