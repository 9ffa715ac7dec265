import { Chart } from 'cdk8s';
import { k8s, ServiceAccount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { POD_SECURITY_LABEL } from '../../core/names';
import { logNamespace, namespace } from '../names';

/** The namespaces, and what autonomous-op may do with the Kubernetes API. */
export class FoundationChart extends Chart {
  /** The account of autonomous-op, the one service that uses the Kubernetes API. */
  readonly account: ServiceAccount;

  constructor(scope: Construct, id: string, environment: string) {
    super(scope, id);
    this.addNamespace(namespace, environment, 'restricted');
    this.addNamespace(logNamespace, environment, 'privileged');
    this.account = new ServiceAccount(this, 'account', { metadata: { name: 'autonomous-op-sa', namespace } });
    this.allowReading('autonomous-op-role', 'autonomous-op-rolebinding');
  }

  private addNamespace(name: string, environment: string, podSecurity: 'restricted' | 'privileged'): void {
    new k8s.KubeNamespace(this, name, {
      metadata: { name, labels: { name, environment, [POD_SECURITY_LABEL]: podSecurity } },
    });
  }

  private allowReading(roleName: string, bindingName: string): void {
    const verbs = ['get', 'watch', 'list'];
    new k8s.KubeRole(this, 'role', {
      metadata: { name: roleName, namespace },
      rules: [
        { apiGroups: [''], resources: ['pods', 'services', 'endpoints'], verbs },
        { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs },
      ],
    });
    new k8s.KubeRoleBinding(this, 'role-binding', {
      metadata: { name: bindingName, namespace },
      subjects: [{ kind: 'ServiceAccount', name: this.account.name, namespace }],
      roleRef: { kind: 'Role', name: roleName, apiGroup: 'rbac.authorization.k8s.io' },
    });
  }
}
