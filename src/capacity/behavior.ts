import { z } from 'zod';

const policy = z.object({
  type: z.enum(['Pods', 'Percent']),
  value: z.number(),
  periodSeconds: z.number(),
});

const rules = (window: number, policies: readonly z.output<typeof policy>[]) =>
  z
    .object({
      stabilizationWindowSeconds: z.number().default(window),
      selectPolicy: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
      policies: z.array(policy).readonly().default(policies),
    })
    .prefault({});

/** `behavior` of an HPA. What is left out is what the API server fills in: at once up by 4 pods or to the double, slowly down. */
export const behavior = z.object({
  scaleUp: rules(0, [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]),
  scaleDown: rules(300, [{ type: 'Percent', value: 100, periodSeconds: 15 }]),
});

/** How fast an HPA may add and take away pods. */
export type Behavior = z.output<typeof behavior>;

/** One direction of it. */
export type ScalingRules = Behavior['scaleUp'];
