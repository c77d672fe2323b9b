/// What components of a cluster mean by their words, where they have no other way to say it.
///
/// Texts of Kubernetes 1.30 to 1.36 with containerd and CRI-O.
enum PlatformText {
  /// The registry answered, and has no such image, or none for this processor.
  static func isImageNotFound(_ text: String) -> Bool {
    let words = text.lowercased()
    // A helper program that is missing on the node is not the image's fault.
    guard !words.contains("executable file not found") else { return false }
    return ["not found", "manifest unknown", "name unknown", "no match for platform"]
      .contains { words.contains($0) }
  }

  /// The node has not yet heard of a secret that is there.
  static func isCacheNotSynced(_ text: String) -> Bool {
    text.contains("failed to sync") && text.contains("cache")
  }

  /// The node has not yet heard of something that is there, or the API not yet of the node's pod.
  static func isNodeBehind(_ text: String) -> Bool {
    isCacheNotSynced(text) || text.contains("no relationship found between node")
  }

  /// The image lacks the program that the pod names.
  static func isProgramMissing(_ text: String) -> Bool {
    let words = text.lowercased()
    if words.contains("no command specified") || words.contains("executable file not found") {
      return true
    }
    return words.contains("exec: ")
      && ["no such file or directory", "permission denied", "is a directory", "exec format error"]
        .contains { words.contains($0) }
  }

  /// Why a pod could not be made, by the API's refusal.
  static func refusal(_ text: String, of owner: String) -> (cause: Cause, mayHeal: Bool) {
    let words = text.lowercased()
    if words.contains("exceeded quota") { return (.quota(owner: owner, said: text), true) }
    // A webhook that does not answer has not refused anything.
    if words.contains("failed calling webhook") {
      return (.podsNotCreated(owner: owner, said: text), true)
    }
    let rules = [
      "denied the request", "denied request", "violates podsecurity", "is invalid:",
      "per container", "per pod", "no priorityclass", "must specify limits",
      "must specify requests",
    ]
    return rules.contains { words.contains($0) }
      ? (.admission(owner: owner, said: text), false)
      : (.podsNotCreated(owner: owner, said: text), true)
  }
}
