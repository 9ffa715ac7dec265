import { Settings } from './environments';
import { ServiceKey, serviceKeys, services } from './services';

/* Which image a service runs. */

/** An image that `npm run images` builds of a program of stand-ins/. */
export interface StandIn {
  /** Name of the service that it plays. */
  readonly service: string;
  /** The program: the folder of stand-ins/ that its jar is built in. */
  readonly program: 'gateway' | 'service' | 'inference';
  readonly image: string;
}

const programs = { gateway: 'gateway', spring: 'service', inference: 'inference' } as const;

/** The stand-in of a service. No registry is called localhost: the image is on the node, or the pod says that it is not. */
function standInOf(key: ServiceKey): StandIn {
  const { kind, name } = services[key];
  return { service: name, program: programs[kind], image: `localhost/stand-in/${name}:1` };
}

/** The stand-ins of all services. */
export const standIns: readonly StandIn[] = serviceKeys.map(standInOf);

/** The image of a service: the environment's own for it, or the one that `images` says. */
export function imageOf(key: ServiceKey, settings: Pick<Settings, 'images' | 'services'>): string {
  const { image } = settings.services[key];
  return image ?? (settings.images === 'stand-ins' ? standInOf(key).image : services[key].image);
}
