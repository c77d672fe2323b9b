import YAML

@testable import Ops

/// Objects of every kind of list that patches know, different in every way that values make them.
struct RandomObjects {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Two forms of one object.
  mutating func pair(_ name: String) -> (base: Manifest, target: Manifest) {
    switch next(6) {
    case 0: (service(name), service(name))
    case 1: (account(name), account(name))
    case 2: (policy(name), policy(name))
    case 3: (custom(name), custom(name))
    default: (deployment(name), deployment(name))
    }
  }

  private mutating func deployment(_ name: String) -> Manifest {
    let containers = some(["app", "agent"]).map { container($0) }
    return Manifest(
      "apps/v1", "Deployment", metadata: metadata(name),
      body: [
        "spec": [
          "replicas": chance(2) ? .integer(next(5)) : nil,
          "template": [
            "metadata": ["labels": texts(["a", "b", "c"]), "annotations": texts(["x", "y"])],
            "spec": [
              "containers": .sequence([container("main")] + containers),
              "initContainers": list(some(["first", "second"]).map { container($0) }),
              "volumes": list(some(["data", "tmp", "keys"]).map { volume($0) }),
              "tolerations": list(some(["p", "q"]).map { ["key": .string($0)] }),
              "topologySpreadConstraints": list(
                some(["zone", "host"]).map { key in
                  ["topologyKey": .string(key), "maxSkew": .integer(next(3) + 1)]
                }),
              "nodeSelector": texts(["disk", "arch"]).unlessEmpty,
            ],
          ],
        ]
      ])
  }

  private mutating func container(_ name: String) -> YAMLNode {
    [
      "name": .string(name), "image": .string("\(name):\(next(2))"),
      "args": chance(2) ? .sequence(some(["a", "b", "c"]).map { .string($0) }).unlessEmpty : nil,
      "env": list(
        some(["ONE", "TWO", "THREE", "FOUR"]).map { name in
          chance(3)
            ? ["name": .string(name), "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]
            : ["name": .string(name), "value": .string("\(next(3))")]
        }),
      "ports": list(
        some([8080, 8081, 9090]).map { port in
          [
            "containerPort": .integer(port), "name": .string("p\(next(9))"),
            "protocol": chance(2) ? "TCP" : nil,
          ]
        }),
      "volumeMounts": list(
        some(["/data", "/tmp", "/run/keys"]).map { path in
          [
            "mountPath": .string(path), "name": .string("v\(next(3))"),
            "readOnly": chance(2) ? .boolean(chance(2)) : nil,
          ]
        }),
      "resources": ["limits": ["memory": .string("\(next(3))Mi")]],
    ]
  }

  private mutating func volume(_ name: String) -> YAMLNode {
    switch next(3) {
    case 0: ["name": .string(name), "emptyDir": [:]]
    case 1: ["name": .string(name), "emptyDir": ["sizeLimit": .string("\(next(3))Mi")]]
    default: ["name": .string(name), "persistentVolumeClaim": ["claimName": "claim"]]
    }
  }

  private mutating func service(_ name: String) -> Manifest {
    Manifest(
      "v1", "Service", metadata: metadata(name),
      body: [
        "spec": [
          "selector": texts(["a", "b"]),
          "ports": .sequence(
            [["name": "http", "port": .integer(80 + next(2))]]
              + some([9090, 5432]).map { port in
                ["port": .integer(port), "protocol": chance(2) ? "TCP" : nil, "name": "other"]
              }),
        ]
      ])
  }

  private mutating func account(_ name: String) -> Manifest {
    Manifest(
      "v1", "ServiceAccount", metadata: metadata(name),
      body: [
        "automountServiceAccountToken": .boolean(chance(2)),
        "imagePullSecrets": list(some(["one", "two"]).map { ["name": .string($0)] }),
      ])
  }

  private mutating func policy(_ name: String) -> Manifest {
    Manifest(
      "networking.k8s.io/v1", "NetworkPolicy", metadata: metadata(name),
      body: [
        "spec": [
          "podSelector": [:],
          "egress": list(
            some([53, 443, 5432]).map { port in
              ["ports": [["port": .integer(port)]], "to": [["podSelector": [:]]]]
            }),
        ]
      ])
  }

  private mutating func custom(_ name: String) -> Manifest {
    Manifest(
      "example.com/v1", "Deployment", metadata: metadata(name),
      body: [
        "spec": [
          "containers": list(some(["a", "b"]).map { container($0) }),
          "rules": list(some(["p", "q", "r"]).map { ["name": .string($0), "x": [:]] }),
        ]
      ])
  }

  private mutating func metadata(_ name: String) -> YAMLNode {
    [
      "name": .string(name), "labels": texts(["l", "m"]),
      "annotations": texts(["n", "o"]).unlessEmpty,
    ]
  }

  private mutating func texts(_ keys: [String]) -> YAMLNode {
    .texts(Dictionary(uniqueKeysWithValues: some(keys).map { ($0, "v\(next(3))") }))
  }

  private func list(_ nodes: [YAMLNode]) -> YAMLNode? { YAMLNode.sequence(nodes).unlessEmpty }

  /// A few of them in any order.
  private mutating func some<Element>(_ all: [Element]) -> [Element] {
    var rest = all
    var chosen: [Element] = []
    while !rest.isEmpty, !chance(4) { chosen.append(rest.remove(at: next(rest.count))) }
    return chosen
  }

  private mutating func chance(_ times: Int) -> Bool { next(times) == 0 }

  /// SplitMix64: the same objects in every run.
  private mutating func next(_ count: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((bits ^ (bits >> 31)) % UInt64(count))
  }
}
