import Testing

/// A platform.yaml with a mistake, and what is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  let lines: [String]

  /// A whole file.
  init(_ name: String, file text: String, _ lines: String...) {
    testDescription = name
    self.text = text
    self.lines = lines
  }

  /// One environment `x` on line 3, its keys from line 4 in column 5.
  init(_ name: String, _ keys: String, target: String = "local", _ lines: String...) {
    testDescription = name
    let keys = (["target: \(target)"] + keys.split(separator: "\n").map(String.init))
      .map { "    \($0)\n" }
    text = "service: { name: a, image: b }\nenvironments:\n  x:\n" + keys.joined()
    self.lines = lines.map { $0.hasPrefix("  ") ? $0 : "platform.yaml:" + $0 }
  }

  /// An environment on a cluster: its keys from line 7.
  init(_ name: String, cluster keys: String, _ lines: String...) {
    testDescription = name
    let keys =
      ["target: helm", "context: c", "namespace: n"]
      + keys.split(separator: "\n").map(String.init)
    text =
      "service: { name: a, image: b }\nenvironments:\n  production:\n"
      + keys.map { "    \($0)\n" }.joined() + "defaults: { auth: off }\n"
    self.lines = lines.map { $0.hasPrefix("  ") ? $0 : "platform.yaml:" + $0 }
  }

  static let all =
    shape + values + clusterRules + clusterDecisions + backups + defaults + localRules + steps

  private static let shape: [Mistake] = [
    Mistake(
      "no YAML", file: "service: [",
      "platform.yaml:2:1: error: while parsing a flow node, did not find expected node content"),
    Mistake(
      "a tab",
      file: "service:\n\tname: a\n\timage: b\nenvironments:\n  x: { target: local }\n",
      "platform.yaml:2:1: error: a tab where YAML wants spaces",
      "platform.yaml:3:1: error: a tab where YAML wants spaces"),
    Mistake(
      "an empty file", file: "",
      "platform.yaml:1:1: error: the file is empty; "
        + "wanted: a mapping with the keys service and environments"),
    Mistake(
      "a list", file: "- a\n",
      "platform.yaml:1:1: error: 'a list' is not allowed; wanted: a mapping"),
    Mistake(
      "a duplicate key",
      file: "service: { name: a, image: b }\nservice: {}\nenvironments: { x: { target: local } }\n",
      "platform.yaml:2:1: error: the key 'service' is already given at 1:1"),
    Mistake(
      "an alias of nothing, in a place that must not be empty",
      file: "service: { name: *a, image: b }\nenvironments:\n  x: { target: *b }\n  y: *c\n",
      "platform.yaml:1:18: error: no anchor '&a' comes before this alias",
      "platform.yaml:3:16: error: no anchor '&b' comes before this alias",
      "platform.yaml:4:6: error: no anchor '&c' comes before this alias"),
    Mistake(
      "no environments", file: "service: { name: a, image: b }\nenvironments: {}\n",
      "platform.yaml:2:15: error: environments: 'a mapping' is not allowed; wanted: a mapping of "
        + "at least one environment"),
    Mistake(
      "no service", file: "environments: { x: { target: local } }\n",
      "platform.yaml:1:1: error: the key 'service' is missing: a mapping"),
    Mistake(
      "the port of the metrics, for clients",
      file: "service: { name: a, image: b, port: 9090 }\nenvironments: { x: { target: local } }\n",
      "platform.yaml:1:37: error: service.port: clients and metrics cannot both be served on 9090"),
    Mistake(
      "a port that needs privileges",
      file: "service: { name: a, image: b, port: 80 }\nenvironments: { x: { target: local } }\n",
      "platform.yaml:1:37: error: service.port: '80' is not allowed; wanted: a whole number from "
        + "1024 to 65535"),
    Mistake(
      "an unknown key of the file",
      file: "service: { name: a, image: b }\nenvironment: {}\n"
        + "environments: { x: { target: local } }\n",
      "platform.yaml:2:1: error: environment: unknown key", "  did you mean 'environments'?"),
    Mistake(
      "an environment's name",
      file: "service: { name: a, image: b }\nenvironments:\n"
        + "  Local_1: { target: local }\n",
      "platform.yaml:3:3: error: environments.Local_1: 'Local_1' is not allowed; wanted: a name of "
        + "a-z, 0-9 and -, at most 63 characters"),
    Mistake(
      "an empty environment", file: "service: { name: a, image: b }\nenvironments:\n  x:\n",
      "platform.yaml:3:5: error: environments.x: 'null' is not allowed; wanted: a mapping"),
    Mistake(
      "no target", file: "service: { name: a, image: b }\nenvironments:\n  x: { drain: 1s }\n",
      "platform.yaml:3:6: error: environments.x: the key 'target' is missing: local, helm, "
        + "kustomize"),
  ]

  private static let values: [Mistake] = [
    Mistake(
      "a database that is misspelt: what it would be is not judged",
      cluster: "databse: external\nreplicas: 2",
      "7:5: error: environments.production.databse: unknown key", "  did you mean 'database'?"),
    Mistake(
      "what a cluster needs, misspelt",
      file: """
        service: { name: a, image: b }
        defaults: { auth: off, replicas: 1 }
        environments:
          x: { target: helm, contxt: c, namespace: n }

        """,
      "platform.yaml:4:22: error: environments.x.contxt: unknown key",
      "  did you mean 'context'?"),
    Mistake(
      "a number of replicas that is misspelt", cluster: "database: sqlite\nreplcas: 1",
      "8:5: error: environments.production.replcas: unknown key", "  did you mean 'replicas'?"),
    Mistake(
      "a misspelt key hides only what it was meant for",
      cluster: "database: sqlite\nreplicas: 2\ndrian: 5s",
      "8:15: error: environments.production.replicas: sqlite on a volume serves one replica, not "
        + "2; set replicas: 1 without autoscale",
      "9:5: error: environments.production.drian: unknown key", "  did you mean 'drain'?"),
    Mistake(
      "an unknown key", "replica: 2",
      "5:5: error: environments.x.replica: unknown key", "  did you mean 'replicas'?"),
    Mistake(
      "a key that resembles none", "rollout: { zzz: 1 }",
      "5:16: error: environments.x.rollout.zzz: unknown key",
      "  known here: probeRate, consecutive, minReady, soak, failedMax, grace, latencyFactor, "
        + "steps, backup, notify, pushgateway"),
    Mistake(
      "a number with a leading zero", "replicas: 012",
      "5:15: error: environments.x.replicas: '012' is not allowed; wanted: a whole number from 0 "
        + "to 1000", "  readers of YAML differ on a leading zero; write 12"),
    Mistake(
      "a number in quotes", "replicas: '2'",
      "5:15: error: environments.x.replicas: '2' is not allowed; wanted: a whole number from 0 "
        + "to 1000", "  remove the quotes"),
    Mistake(
      "a misspelt choice", "database: sqlit",
      "5:15: error: environments.x.database: 'sqlit' is not allowed; wanted: sqlite, bundled, "
        + "external, cloudnative-pg", "  did you mean 'sqlite'?"),
    Mistake(
      "a database without mode", "database: { storage: 1Gi }",
      "5:15: error: environments.x.database: the key 'mode' is missing: sqlite, bundled, "
        + "external, cloudnative-pg"),
    Mistake(
      "a policy", "rollout: { backup: proven-within yesterday }",
      "5:24: error: environments.x.rollout.backup: 'proven-within yesterday' is not allowed; "
        + "wanted: skip, required, or proven-within with a duration (for example proven-within "
        + "24h)"),
    Mistake(
      "a factor below one", "rollout: { latencyFactor: 0.5 }",
      "5:31: error: environments.x.rollout.latencyFactor: '0.5' is not allowed; wanted: a number "
        + "of at least 1.0"),
    Mistake(
      "an amount of memory", "resources: { limits: { memory: 64MB } }",
      "5:36: error: environments.x.resources.limits.memory: '64MB' is not allowed; wanted: bytes "
        + "with an optional unit k, M, G, T, Ki, Mi, Gi or Ti (for example 64Mi)"),
    Mistake(
      "a variable's name", "env: { 1A: x }",
      "5:12: error: environments.x.env.1A: '1A' is not allowed; wanted: the name of an environment "
        + "variable"),
    Mistake(
      "a schedule", "backup: { schedule: '61 2 * * *', store: 's3://b/p' }",
      "5:25: error: environments.x.backup.schedule: '61 2 * * *' is not allowed; wanted: five "
        + "fields: minute, hour, day, month, weekday (for example \"17 2 * * *\")"),
    Mistake(
      "a recipient", "backup: { schedule: '1 2 * * *', store: 's3://b/p', encryptTo: [bob] }",
      "5:69: error: environments.x.backup.encryptTo.0: 'bob' is not allowed; wanted: a recipient "
        + "of age: age1... or an ssh key"),
    Mistake(
      "a secret of two sources", "secrets: { jwt: { vault: a, sops: b.yaml } }",
      "5:21: error: environments.x.secrets.jwt: 'a mapping with 2 of them' is not allowed; "
        + "wanted: exactly one of existing, external, sops, vault"),
  ]

  private static let clusterRules: [Mistake] = [
    Mistake(
      "no replicas in production", cluster: "database: bundled\nreplicas: 0",
      "8:15: error: environments.production.replicas: production cannot have 0 replicas"),
    Mistake(
      "min over max", cluster: "database: bundled\nautoscale: { min: 5, max: 3 }",
      "8:23: error: environments.production.autoscale.min: min 5 is over max 3"),
    Mistake(
      "replicas beside autoscale",
      cluster: "database: bundled\nreplicas: 2\nautoscale: { min: 1, max: 3 }",
      "8:15: error: environments.production.replicas: autoscale decides the replicas; remove one "
        + "of the two"),
    Mistake(
      "a limit under a request",
      cluster: "database: bundled\nresources: { requests: { cpu: 1 }, limits: { cpu: 500m } }",
      "8:55: error: environments.production.resources.limits.cpu: the limit 500m is under the "
        + "request 1"),
    Mistake(
      "grace under drain", cluster: "database: bundled\ndrain: 30s\ngrace: 39s",
      "9:12: error: environments.production.grace: grace 39s is too short for drain; at least 43s"),
    Mistake(
      "an address as host", cluster: "database: bundled\nhost: 10.0.0.1",
      "8:11: error: environments.production.host: '10.0.0.1' is no host name; wanted: labels of "
        + "a-z, 0-9 and - joined by dots"),
    Mistake(
      "a context without a value",
      file: """
        service: { name: a, image: b }
        environments:
          x: { target: helm, context: ~, namespace: n, auth: off, port: ~, database: bundled }

        """,
      "platform.yaml:3:6: error: environments.x: the key 'context' is missing: the target helm "
        + "needs it"),
    Mistake(
      "a port", cluster: "database: bundled\nport: 80",
      "8:11: error: environments.production.port: the target helm has no use for this key"),
    Mistake(
      "several writers on sqlite", cluster: "replicas: 2",
      "7:15: error: environments.production.replicas: sqlite on a volume serves one replica, not "
        + "2; set replicas: 1 without autoscale"),
    Mistake(
      "an external database without address", cluster: "database: external",
      "7:15: error: environments.production.database: the database is external; name its address "
        + "as secrets.database"),
    Mistake(
      "a pooler of bundled", cluster: "database: { mode: bundled, pooler: session }",
      "7:40: error: environments.production.database.pooler: a database of mode bundled has no "
        + "use for this key"),
    Mistake(
      "a port for migrations of bundled",
      cluster: "database: bundled\nmigrations: { port: 5433 }",
      "8:25: error: environments.production.migrations.port: a database of mode bundled has no "
        + "use for this key"),
    Mistake(
      "a secret whose variable is set already",
      cluster: "database: bundled\nsecrets: { http-port: { sops: a.yaml } }",
      "8:27: error: environments.production.secrets.http-port: the variable HTTP_PORT is set by "
        + "something else; give the secret another name"),
    Mistake(
      "a secret of the operator's",
      cluster: "database: cloudnative-pg\nsecrets: { database-app: { sops: a.yaml } }",
      "8:30: error: environments.production.secrets.database-app: names that begin with database- "
        + "are those of the Secrets that come with the database"),
    Mistake(
      "variables that are set already",
      cluster: "database: bundled\nsecrets: { api-key: { sops: a.yaml } }\n"
        + "env: { HTTP_PORT: 99, API_KEY_FILE: /a }",
      "9:23: error: environments.production.env.HTTP_PORT: the database, a secret, or where the "
        + "service listens and how it ends set this variable",
      "9:41: error: environments.production.env.API_KEY_FILE: the database, a secret, or where the "
        + "service listens and how it ends set this variable"),
    Mistake(
      "a toleration of any value with a value",
      cluster: "database: bundled\n"
        + "pod: { tolerations: [{ key: a, operator: Exists, value: b }] }",
      "8:61: error: environments.production.pod.tolerations.0.value: a toleration with the "
        + "operator Exists has no value; remove one of the two"),
    Mistake(
      "a policy without backups", cluster: "database: bundled\nrollout: { backup: required }",
      "8:24: error: environments.production.rollout.backup: the policy 'required' needs a "
        + "'backup' section in this environment"),
    Mistake(
      "two environments on one host",
      file: """
        service: { name: a, image: b }
        defaults: { target: helm, context: c, namespace: n, database: bundled, auth: off }
        environments:
          x: { host: api.example.com }
          y: { host: api.example.com, namespace: o }

        """,
      "platform.yaml:5:14: error: environments.y.host: the environment 'x' has api.example.com "
        + "already"),
    Mistake(
      "two environments in one namespace",
      file: """
        service: { name: a, image: b }
        defaults: { target: helm, context: c, namespace: n, database: bundled, auth: off }
        environments:
          x: { namespace: o }
          y: {}
          z: { namespace: o }
          v: { context: d }
          w: { replicas: 1 }

        """,
      "platform.yaml:6:19: error: environments.z.namespace: the environment 'x' has the namespace "
        + "o of c already",
      "platform.yaml:8:6: error: environments.w: the environment 'y' has the namespace n of c "
        + "already"),
    Mistake(
      "a mistake of the defaults, once",
      file: """
        service: { name: a, image: b }
        defaults: { target: local, drain: soon }
        environments:
          x: { port: 1 }
          y: { port: 2 }

        """,
      "platform.yaml:2:35: error: defaults.drain: 'soon' is not allowed; wanted: a whole number "
        + "with a unit: ms, s, m, h or d (for example 500ms, 10s)"),
  ]

  private static let defaults: [Mistake] = [
    Mistake(
      "a mistake of the defaults that no environment takes up",
      file: """
        service: { name: a, image: b }
        defaults: { rollout: fast, tls: { secrt: x }, secrets: { a: {} } }
        environments:
          x: { target: local, rollout: { soak: 1s }, tls: ~, secrets: { a: { sops: f.yaml } } }

        """,
      "platform.yaml:2:22: error: defaults.rollout: 'fast' is not allowed; wanted: a mapping",
      "platform.yaml:2:35: error: defaults.tls.secrt: unknown key", "  did you mean 'secret'?")
  ]

  private static let localRules: [Mistake] = [
    Mistake(
      "a context", "context: c",
      "5:14: error: environments.x.context: the target local has no use for this key"),
    Mistake(
      "a host to listen on", "host: example.com",
      "5:11: error: environments.x.host: 'example.com' is no address to listen on; wanted: an "
        + "IPv4 or IPv6 address, or localhost"),
    Mistake(
      "no replicas", "replicas: 0",
      "5:15: error: environments.x.replicas: a local environment cannot have 0 replicas"),
    Mistake(
      "a database of a cluster", "database: bundled",
      "5:15: error: environments.x.database: the target local cannot have a database of mode "
        + "bundled"),
    Mistake(
      "a secret in clear", "secrets: { jwt: hunter2 }",
      "5:21: error: environments.x.secrets.jwt: a secret in clear; name where it comes from under "
        + "'secrets' instead"),
    Mistake(
      "a password among the variables", "env: { A_TOKEN: hunter2 }",
      "5:21: error: environments.x.env.A_TOKEN: a secret in clear; name where it comes from under "
        + "'secrets' instead"),
    Mistake(
      "backups of which none is kept",
      "backup: { schedule: '1 2 * * *', store: 's3://b/p', keep: { last: 0 } }",
      "5:63: error: environments.x.backup.keep: keeps no backup at all"),
    Mistake(
      "two local environments on one port",
      file: """
        service: { name: a, image: b }
        environments:
          x: { target: local }
          y: { target: local, port: 8080 }

        """,
      "platform.yaml:4:29: error: environments.y.port: the environment 'x' has 127.0.0.1:8080 "
        + "already"),
  ]
}
