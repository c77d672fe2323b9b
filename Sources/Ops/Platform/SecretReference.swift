import YAML

/// Where a secret comes from; the secret itself is never in platform.yaml.
enum SecretReference: Sendable, Equatable {
  /// A Secret that is in the namespace already, by its name.
  case existing(String)
  /// A path in the store of the External Secrets operator.
  case external(String)
  /// A file encrypted with SOPS, by its path in the repository.
  case sops(String)
  /// A path in Vault, read by its agent into a file.
  case vault(String)

  /// The keys with what each makes of its text, and what is told about it.
  private static var sources: [(String, TextForm, String, (String) -> SecretReference)] {
    [
      ("existing", .secretName, "A Secret that is in the namespace already.", { .existing($0) }),
      (
        "external", .storeEntry, "A store of External Secrets and the entry in it.",
        { .external($0) }
      ),
      (
        "sops", .encryptedFile, "A file of the repository, encrypted with SOPS, with the Secret.",
        { .sops($0) }
      ),
      ("vault", .vaultPath, "A path in Vault, read by its agent.", { .vault($0) }),
    ]
  }

  /// What is told of the keys.
  fileprivate static var fields: [FieldDescription] {
    ObjectReader.described { reader -> Void? in
      for (key, form, help, _) in sources {
        _ = reader.optional(key, FieldType<String>.text(form), help)
      }
    }
  }

  static func read(
    _ node: YAMLNode, _ decoding: Decoding, _ path: [String]
  ) -> SecretReference? {
    guard node.mapping != nil else {
      // Whatever stands here may be the secret: its text is not shown.
      decoding.report(.rule(.secretInClear), at: node.mark, path: path)
      return nil
    }
    var object = ObjectReader(node, decoding, path: path)
    let given = sources.compactMap { key, form, help, make in
      // Whoever takes this for the place of the secret itself must not find it in a log.
      object.optional(key, .text(form, shown: { _ in "[redacted]" }, parse: { $0 }), help)
        .map(make)
    }
    object.finish()
    let count = sources.count { node[$0.0].map { $0.scalar?.kind != .null } ?? false }
    // Of one that is wrong its own mistake is told.
    if count == 1 || decoding.isPartial { return given.first }
    let wanted = "exactly one of " + sources.map(\.0).joined(separator: ", ")
    decoding.report(
      .notAllowed(shown: "a mapping with \(count) of them", wanted: wanted, hint: nil),
      at: node.mark, path: path)
    return nil
  }
}

extension FieldType where Value == SecretReference {
  static var secret: FieldType {
    FieldType(.oneKey(SecretReference.fields), read: SecretReference.read)
  }
}

extension TextForm {
  fileprivate static let encryptedFile = TextForm(
    "the path of a YAML or JSON file in the repository", examples: ["secrets/production.yaml"],
    pattern: TextPattern(#"(\#(part)/)*\#(part)\.(yaml|yml|json)"#))
  /// Never `..`, which would lead out of the repository.
  private static let part = #"\.?[A-Za-z0-9_-][A-Za-z0-9_.-]*"#

  /// The name of a Secret.
  ///
  /// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
  fileprivate static let secretName = TextForm(
    "a name of a-z, 0-9, - and .", examples: ["slipway-jwt"],
    pattern: #"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"#)

  fileprivate static let storeEntry = TextForm(
    "the name of a store, a slash and the key of an entry", examples: ["vault/slipway/jwt"],
    pattern: #"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[^ ]+"#)

  /// It is put into a template, where quotes and braces would mean something.
  fileprivate static let vaultPath = TextForm(
    "a path in Vault", examples: ["secret/data/slipway/jwt"], pattern: "[A-Za-z0-9_./-]+")
}
