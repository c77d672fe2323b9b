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

  fileprivate static let sources = SecretSources<SecretReference>([
    .init("existing", .secretName, "A Secret that is in the namespace already.") { .existing($0) },
    .init("external", .storeEntry, "A store of External Secrets and the entry in it.") {
      .external($0)
    },
    .init("sops", .encryptedFile, "A file of the repository, encrypted with SOPS, with the Secret.")
    {
      .sops($0)
    },
    .init("vault", .vaultPath, "A path in Vault, read by its agent.") { .vault($0) },
  ])
}

extension FieldType where Value == SecretReference {
  static var secret: FieldType { SecretReference.sources.type }
}

extension TextForm {
  /// What is written there is YAML.
  static let encryptedFile = TextForm(
    "the path of a YAML file in the repository", examples: ["secrets/production.yaml"],
    pattern: TextPattern(#"(\#(part)/)*\#(part)\.(yaml|yml)"#))
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
