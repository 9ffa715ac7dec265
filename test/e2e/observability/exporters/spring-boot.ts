/* A Spring Boot service: Micrometer makes a series with the first request of its kind, a probe's among them. */

import { histogram, Labels, Sample } from '../exposition';
import { Pod } from '../pod';

const BUCKETS = ['0.1', '0.5', '1.0', '+Inf'];

export function springBoot(pod: Pod): string {
  const labels = (status: string): Labels => {
    const outcome = status === '200' ? 'SUCCESS' : 'SERVER_ERROR';
    return { error: 'none', exception: 'none', method: 'GET', outcome, status, uri: '/api/items' };
  };
  const requests = [...pod.answered].map(([status, { all, slow }]) => ({
    labels: labels(status),
    all: Math.floor(all),
    slow: Math.floor(slow),
  }));
  const answered = requests.filter(({ all }) => all > 0);
  return histogram(
    'http_server_requests_seconds',
    answered.flatMap(({ labels, all, slow }) =>
      BUCKETS.map((le): Sample => [{ ...labels, le }, le === '+Inf' ? all : all - slow]),
    ),
    answered.map(({ labels, all }): Sample => [labels, all]),
  );
}
