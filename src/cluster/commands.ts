import { ClusterChoice } from './kube-api';

/** Writes commands that mean the same cluster, to be copied into a shell. */
export class Commands {
  constructor(private readonly choice: ClusterChoice) {}

  kubectl(...args: readonly string[]): string {
    return words('kubectl', ...this.flags('--context'), ...args);
  }

  helm(...args: readonly string[]): string {
    return words('helm', ...args, ...this.flags('--kube-context'));
  }

  /** `aop` with a command, which takes the flags after its name. */
  aop(command: readonly string[], ...args: readonly string[]): string {
    return words('aop', ...command, ...this.flags('--context'), ...args);
  }

  private flags(contextFlag: string): string[] {
    const { context, kubeconfig } = this.choice;
    return [
      ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
      ...(context === undefined ? [] : [contextFlag, context]),
    ];
  }
}

/** Quotes what a shell would take apart. */
function words(...args: readonly string[]): string {
  return args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`)).join(' ');
}
