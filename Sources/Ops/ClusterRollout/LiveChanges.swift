import Core
import JSON

/// What a release would change of the objects that are there, as the API server says by pretending
/// to take them.
struct LiveChanges: Sendable {
  /// Lines that are shown.
  private static let linesMax = 24
  /// Characters of a value that are shown.
  private static let valueCharactersMax = 60

  /// What is there and whose specification would not stay as it is.
  private(set) var altered: [ClusterObject] = []
  private var new = 0
  private var changed = 0
  private var lines: [String] = []

  /// Takes in an object: as it is, nil where there is none, and as it would be.
  mutating func add(_ object: ClusterObject, live: JSONValue?, wanted: JSONValue) {
    let name = "\(object.kind.kind) \(object.name)"
    guard let live else {
      new += 1
      lines.append("\(name): new")
      return
    }
    var found = Self.differences(Self.essence(of: live), Self.essence(of: wanted), at: "")
    if object.kind == .deployment, object.json["spec"]?["replicas"] == nil {
      // They are handed over to the autoscaler first, and stay.
      found.removeAll { $0.hasPrefix("spec.replicas:") }
    }
    if !found.isEmpty { changed += 1 }
    if live["spec"] != wanted["spec"] { altered.append(object) }
    lines += found.map { "\(name): \($0)" }
  }

  var check: PreflightCheck {
    guard !lines.isEmpty else { return PreflightCheck("changes", .ok, "none") }
    let rest = lines.count - Self.linesMax
    let parts =
      ["\(counted(new, "new object")), \(counted(changed, "object")) changed"]
      + lines.prefix(Self.linesMax) + (rest > 0 ? ["and \(rest) more"] : [])
    return PreflightCheck("changes", .ok, parts.joined(separator: "; "))
  }

  /// Labels that every release changes on every object.
  private static let labelsOfReleases = ["app.kubernetes.io/version", "helm.sh/chart"]

  /// An object without what the server keeps beside it.
  private static func essence(of object: JSONValue) -> JSONValue {
    let kept = (object.members ?? []).filter { $0.name != "status" }
    return .object(
      kept.map { member in
        guard member.name == "metadata" else { return member }
        let said = (member.value.members ?? []).filter {
          ["labels", "annotations"].contains($0.name)
        }
        return JSONMember(
          "metadata",
          .object(said.map { JSONMember($0.name, withoutNotes($0.value)) }))
      })
  }

  /// Labels and annotations without those that programs write for themselves.
  private static func withoutNotes(_ map: JSONValue) -> JSONValue {
    .object(
      (map.members ?? []).filter { member in
        let isNote = ["deployment.kubernetes.io/", "kubectl.kubernetes.io/", "slipway/"]
          .contains { member.name.hasPrefix($0) }
        return !isNote && !labelsOfReleases.contains(member.name)
      })
  }

  /// `spec.replicas: 2 -> 3`, a line for each value.
  private static func differences(
    _ old: JSONValue?, _ new: JSONValue?, at path: String
  ) -> [String] {
    if old == new { return [] }
    if let left = old.flatMap(parts), let right = new.flatMap(parts) {
      let names =
        left.map(\.name)
        + right.map(\.name).filter { name in
          !left.contains { $0.name == name }
        }
      return names.flatMap { name in
        differences(
          left.first { $0.name == name }?.value, right.first { $0.name == name }?.value,
          at: path.isEmpty ? name : "\(path).\(name)")
      }
    }
    return ["\(path): \(shown(old, at: path)) -> \(shown(new, at: path))"]
  }

  /// The members of a map, or the elements of a list by their names.
  private static func parts(of value: JSONValue) -> [JSONMember]? {
    if let members = value.members { return members }
    guard let elements = value.elements else { return nil }
    return elements.enumerated().map { index, element in
      JSONMember(element["name"]?.text ?? String(index), element)
    }
  }

  private static func shown(_ value: JSONValue?, at path: String) -> String {
    guard let value else { return "nothing" }
    if isSecret(value, at: path) { return "[redacted]" }
    // Before anything is cut: half of a secret has no form by which it could be told.
    let text = Redaction(secrets: []).applied(to: value.text ?? value.written())
    let cut = text.count > valueCharactersMax
    return text.prefix(valueCharactersMax) + (cut ? "..." : "")
  }

  /// Whether it is the value of a variable that looks like a secret, or such a variable.
  private static func isSecret(_ value: JSONValue, at path: String) -> Bool {
    let names = path.split(separator: ".")
    let name =
      value["name"]?.text
      ?? (names.last == "value" ? names.dropLast().last : names.last)
      .map(String.init)
    guard names.contains("env"), let name, let text = value.text ?? value["value"]?.text else {
      return false
    }
    return SecretInClear.isLikely(name: name, value: text)
  }
}
