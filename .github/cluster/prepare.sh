#!/usr/bin/env bash
# Makes of a fresh cluster of kind the one that test/cluster needs: simulated nodes, and the definitions of the operators' kinds,
# without the operators. The API server, the scheduler and the controllers stay the real ones.
set -euo pipefail
cd "$(dirname "$0")"

# It deletes what a cluster that is used for anything else needs.
case $(kubectl config current-context) in
  kind-*) ;;
  *) echo "the current context of kubectl is no cluster of kind" >&2 && exit 2 ;;
esac

kwok=https://github.com/kubernetes-sigs/kwok/releases/download/v0.6.1

# The releases that imports/ and the document are of: the kinds and versions are the same as in cdk8s.yaml and docs/operating.md.
definitions=(
  https://github.com/kedacore/keda/releases/download/v2.11.2/keda-2.11.2.yaml
  https://github.com/prometheus-operator/prometheus-operator/releases/download/v0.71.2/bundle.yaml
  https://github.com/jaegertracing/jaeger-operator/releases/download/v1.48.0/jaeger-operator.yaml
  https://github.com/strimzi/strimzi-kafka-operator/releases/download/0.39.0/strimzi-cluster-operator-0.39.0.yaml
  https://github.com/cloudnative-pg/cloudnative-pg/releases/download/v1.22.5/cnpg-1.22.5.yaml
  https://raw.githubusercontent.com/OT-CONTAINER-KIT/redis-operator/v0.18.0/config/crd/bases/redis.redis.opstreelabs.in_redisclusters.yaml
  https://download.elastic.co/downloads/eck/2.11.1/crds.yaml
  https://raw.githubusercontent.com/external-secrets/external-secrets/v1.3.2/deploy/crds/bundle.yaml
)

# kwok runs on the one real node, which takes nothing else from then on: no image of the tests exists.
kubectl apply --filename "$kwok/kwok.yaml"
kubectl --namespace kube-system rollout status deployment/kwok-controller --timeout=180s
kubectl apply --filename "$kwok/stage-fast.yaml"
kubectl taint nodes --selector=node-role.kubernetes.io/control-plane node-role.kubernetes.io/control-plane:NoSchedule --overwrite
kubectl apply --server-side --filename nodes.yaml
kubectl wait nodes --all --for=condition=Ready --timeout=60s

# The tests make the one volume that they need; kind's own provisioner would have to run on a simulated node.
kubectl delete storageclass --all

for url in "${definitions[@]}"; do
  curl --fail --silent --show-error --location --retry 3 "$url" |
    yq 'select(.kind == "CustomResourceDefinition")' |
    kubectl apply --server-side --filename -
done
kubectl wait crd --all --for=condition=Established --timeout=120s
