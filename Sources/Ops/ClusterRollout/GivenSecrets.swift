import Core
import Crypto
import JSON

/// The secrets that the pods of a release are given, read as far as that is allowed, so that they
/// can be taken out of what the pods say.
///
/// Their values are never kept or told. Where they may not be read, what is a secret by its form is
/// still found. One for all that watch a rollout: what one of them reads, all take out.
final class GivenSecrets: Sendable {
  /// The keys of each Secret that pods name; those of one that is given whole are not known.
  private let named: [String: Set<String>]
  private let client: ClusterClient
  private let namespace: String
  private let state = Guarded(State())

  private struct State {
    /// Of those that were read, of each version: pods may have been given any of them.
    var texts: [String: Set<String>] = [:]
    var denied: Set<String> = []
  }

  init(of objects: [ClusterObject], _ client: ClusterClient, in namespace: String) {
    named = Dictionary(
      objects.flatMap(Self.references).map { ($0.secret, $0.keys) },
      uniquingKeysWith: { $0.union($1) })
    self.client = client
    self.namespace = namespace
  }

  var names: [String] { named.keys.sorted() }

  /// Those that could not be read yet: not there, not allowed, or the cluster did not answer.
  var unread: [String] {
    let known = state.withLock { $0.texts }
    return names.filter { known[$0] == nil }
  }

  /// Those of them that may be read later.
  var awaited: [String] {
    let denied = state.withLock { $0.denied }
    return unread.filter { !denied.contains($0) }
  }

  /// Reads what is there now: some come later than their release, and some change beneath it.
  func look() {
    let denied = state.withLock { $0.denied }
    for name in names where !denied.contains(name) {
      do throws(ClusterFailure) {
        guard let secret = try client.get(.secret, name, in: namespace) else { continue }
        let texts = Self.texts(of: secret, keys: named[name] ?? [])
        state.withLock { $0.texts[name, default: []].formUnion(texts) }
      } catch {
        if error.reason != .forbidden { return }
        state.withLock { _ = $0.denied.insert(name) }
      }
    }
  }

  var redaction: Redaction {
    Redaction(secrets: state.withLock { $0.texts.values.flatMap(\.self) })
  }

  static func texts(of secret: JSONValue, keys: Set<String>) -> [String] {
    (secret["data"]?.members ?? []).compactMap { member in
      guard let encoded = member.value.text, let bytes = decoded(encoded) else { return nil }
      let text = String(decoding: bytes, as: UTF8.self)
      let name = member.name.replacing(".", with: "_")
      let isSecret = keys.contains(member.name) || SecretInClear.isLikely(name: name, value: text)
      return isSecret && !["true", "false"].contains(text) ? text : nil
    }
  }

  private static func decoded(_ text: String) -> [UInt8]? {
    Base64URL.decode(
      text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
  }

  private struct Reference {
    let secret: String
    let keys: Set<String>

    init?(_ name: JSONValue?, items: JSONValue?, key: JSONValue? = nil) {
      guard let secret = name?.text else { return nil }
      self.secret = secret
      keys = Set(
        (items?.elements ?? []).compactMap { $0["key"]?.text } + [key?.text].compactMap(\.self))
    }
  }

  /// What the pods of an object mount, or have as variables.
  ///
  /// https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret
  private static func references(in object: ClusterObject) -> [Reference] {
    let spec = object.json["spec"]
    let pod = (spec?["jobTemplate"]?["spec"] ?? spec)?["template"]?["spec"]
    let volumes = (pod?["volumes"]?.elements ?? []).flatMap { volume in
      let secrets = (volume["projected"]?["sources"]?.elements ?? []).map { $0["secret"] }
      return secrets.map { Reference($0?["name"], items: $0?["items"]) }
        + [Reference(volume["secret"]?["secretName"], items: volume["secret"]?["items"])]
    }
    let containers =
      (pod?["containers"]?.elements ?? []) + (pod?["initContainers"]?.elements ?? [])
    let variables = containers.flatMap { container in
      (container["env"]?.elements ?? []).map { variable in
        let reference = variable["valueFrom"]?["secretKeyRef"]
        return Reference(reference?["name"], items: nil, key: reference?["key"])
      }
        + (container["envFrom"]?.elements ?? []).map {
          Reference($0["secretRef"]?["name"], items: nil)
        }
    }
    return (volumes + variables).compactMap(\.self)
  }
}
