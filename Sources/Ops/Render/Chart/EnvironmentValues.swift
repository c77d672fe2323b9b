import Core
import YAML

/// The values of the chart for one environment of platform.yaml.
struct EnvironmentValues {
  let service: Service
  let environment: Environment
  let image: ImageReference

  /// What stands in `charts/slipway/values/<env>.yaml`.
  var node: YAMLNode {
    [
      "environment": .string(environment.settings.rawValue),
      "fullnameOverride": .string(service.name),
      "labels": YAMLNode.texts(environment.labels).unlessEmpty,
      "annotations": YAMLNode.texts(environment.annotations).unlessEmpty,
      "image": imageValues,
      "replicas": environment.autoscale == nil
        ? .integer(environment.replicas) : nil,
      "autoscale": autoscale, "resources": resources(environment.resources), "shutdown": shutdown,
      "rollout": rollout,
      "ports": ["http": .integer(service.port)], "ingress": ingress, "gateway": gateway,
      "auth": .string(environment.auth.rawValue),
      "env": YAMLNode.texts(environment.variables).unlessEmpty, "database": database,
      "secrets": YAMLNode.mapping(
        environment.secrets.filter { !environment.database.mode.hasNoUse(of: $0.key) }
          .sorted { $0.key < $1.key }.map { ($0.key, $0.value.node) }
      ).unlessEmpty,
      "externalSecrets": externalSecrets, "vault": vault,
      "migrations": [
        "deadlineSeconds": .integer(environment.migrations.deadline.wholeSeconds),
        "port": environment.database.mode == .external
          ? environment.migrations.port.map { .integer($0) } : nil,
      ],
      "backup": environment.backup.map { BackupSection($0, environment).node },
      "network": network, "pod": pod.unlessEmpty, "serviceAccount": serviceAccount.unlessEmpty,
      "monitoring": monitoring,
    ]
  }

  private var imageValues: YAMLNode {
    [
      "repository": .string(image.repository), "tag": image.tag.map { .string($0) },
      "digest": image.digest.map { .string($0) },
    ]
  }

  private var autoscale: YAMLNode? {
    environment.autoscale.map { scale in
      [
        "enabled": true, "min": .integer(scale.min), "max": .integer(scale.max),
        "cpu": .integer(scale.processor),
      ]
    }
  }

  private func resources(_ resources: Resources?) -> YAMLNode? {
    func amounts(_ amounts: Resources.Amounts?) -> YAMLNode? {
      let node: YAMLNode = [
        "cpu": (amounts?.processor).map { .string($0.text) },
        "memory": (amounts?.memory).map { .string($0.text) },
      ]
      return node.unlessEmpty
    }
    let node: YAMLNode = [
      "requests": amounts(resources?.requests), "limits": amounts(resources?.limits),
    ]
    return node.unlessEmpty
  }

  private var shutdown: YAMLNode {
    [
      "preStopSeconds": .integer(Environment.preStop.wholeSeconds),
      "closeSeconds": .integer(Environment.closing.wholeSeconds),
      "drainSeconds": .integer(environment.drain.wholeSeconds),
      "graceSeconds": .integer(environment.grace.wholeSeconds),
    ]
  }

  /// A deadline that leaves every pod as long for its start as one that has not to stay ready.
  private var rollout: YAMLNode {
    let ready = environment.rollout.minReady.wholeSeconds
    return [
      "minReadySeconds": .integer(ready),
      "progressDeadlineSeconds": .integer(ready + RolloutValues.progressDeadlineDefault),
    ]
  }

  private var ingress: YAMLNode? {
    guard environment.gateway == nil, let host = environment.host else { return nil }
    return [
      "enabled": true, "host": .string(host),
      "class": (environment.ingress?.className).map { .string($0) },
      "tlsSecret": (environment.tls?.secret).map { .string($0) },
      "annotations": YAMLNode.texts(environment.ingress?.annotations ?? [:]).unlessEmpty,
    ]
  }

  private var gateway: YAMLNode? {
    guard let gateway = environment.gateway, let host = environment.host else { return nil }
    return [
      "enabled": true, "host": .string(host),
      "name": .string(gateway.name), "namespace": gateway.namespace.map { .string($0) },
      "section": gateway.section.map { .string($0) },
    ]
  }

  private var database: YAMLNode {
    let database = environment.database
    let mode = database.mode
    return [
      "mode": .string(mode.rawValue), "image": database.image.map { .string($0) },
      "storage": mode == .external ? nil : .string(database.storage.text),
      "storageClass": database.storageClass.map { .string($0) },
      "resources": resources(database.resources),
      "parameters": YAMLNode.texts(database.parameters).unlessEmpty,
      "instances": mode == .cloudNativePG ? .integer(database.instances) : nil,
      "port": mode == .external ? .integer(database.port) : nil,
      "pooler": .string(database.pooler.rawValue),
      "poolerParameters": YAMLNode.texts(database.poolerParameters).unlessEmpty,
      "snapshots": database.snapshots.flatMap(snapshots),
    ]
  }

  private func snapshots(_ snapshots: SnapshotValues) -> YAMLNode? {
    let node: YAMLNode = [
      "schedule": snapshots.schedule.map { .string($0) },
      "class": snapshots.className.map { .string($0) },
    ]
    return node.unlessEmpty
  }

  private var externalSecrets: YAMLNode? {
    guard environment.secrets.values.contains(where: { $0.source == "external" }) else {
      return nil
    }
    let external = environment.externalSecrets
    return [
      "storeKind": .string(external.storeKind.rawValue),
      "refreshInterval": .string(external.refreshInterval),
    ]
  }

  private var vault: YAMLNode? {
    guard environment.secrets.values.contains(where: { $0.source == "vault" }) else { return nil }
    let vault = environment.vault
    return ["role": vault.role.map { .string($0) }, "namespace": .string(vault.namespace)]
  }

  private var network: YAMLNode {
    let rules = environment.network
    func list(_ texts: [String]) -> YAMLNode { .sequence(texts.map { .string($0) }) }
    return [
      "clientsFrom": list(rules.clientsFrom), "metricsFrom": list(rules.metricsFrom),
      "upstreams": list(rules.upstreams), "databases": list(rules.databases),
      "operatorsFrom": list(rules.operatorsFrom),
      "apiServerPorts": .sequence(rules.apiServerPorts.map { .integer($0) }),
    ]
  }

  private var pod: YAMLNode {
    let pod = environment.pod
    return [
      "labels": YAMLNode.texts(pod.labels).unlessEmpty,
      "annotations": YAMLNode.texts(pod.annotations).unlessEmpty,
      "nodeSelector": YAMLNode.texts(pod.nodeSelector).unlessEmpty,
      "tolerations": YAMLNode.sequence(pod.tolerations.map(\.node)).unlessEmpty,
      "priorityClass": pod.priorityClass.map { .string($0) },
      "pullSecrets": YAMLNode.sequence(pod.pullSecrets.map { .string($0) }).unlessEmpty,
    ]
  }

  private var serviceAccount: YAMLNode {
    ["annotations": YAMLNode.texts(environment.serviceAccount.annotations).unlessEmpty]
  }

  private var monitoring: YAMLNode? {
    environment.monitoring.map { monitoring in
      [
        "enabled": true, "interval": .string(monitoring.interval),
        "labels": YAMLNode.texts(monitoring.labels).unlessEmpty,
        "runbooks": .string(monitoring.runbooks),
      ]
    }
  }
}

extension Pod.Toleration {
  /// As a pod has it.
  var node: YAMLNode {
    [
      "key": .string(key), "operator": .string(`operator`.rawValue),
      "value": value.map { .string($0) }, "effect": (effect?.rawValue).map { .string($0) },
    ]
  }
}

extension SecretReference {
  /// The key that says where it comes from.
  var source: String { node.mapping?.first?.key ?? "" }

  /// As platform.yaml and the values of the chart have it.
  var node: YAMLNode {
    switch self {
    case .existing(let name): ["existing": .string(name)]
    case .external(let path): ["external": .string(path)]
    case .sops(let path): ["sops": .string(path)]
    case .vault(let path): ["vault": .string(path)]
    }
  }
}

extension Duration {
  /// Seconds, a part of one counted as a whole.
  var wholeSeconds: Int {
    Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0)
  }
}
